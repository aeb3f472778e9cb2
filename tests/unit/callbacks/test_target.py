"""Where a callback may go, and how."""

from collections.abc import Mapping

import pytest

from staffetta.callbacks.addresses import AllowedNetworks
from staffetta.callbacks.target import CallbackTarget, kept_target, parse_callback
from staffetta.domain.errors import InvalidCallback

_URL = "https://example.com/sms"


def _with(**fields: object) -> Mapping[str, object]:
    return {"url": _URL, **fields}


def test_the_least_that_can_be_given_is_a_url() -> None:
    target = parse_callback(_with())

    assert target == CallbackTarget(_URL, "example.com", "JSON", "data", None, {}, None)


def test_an_absent_retry_is_kept_absent() -> None:
    assert parse_callback(_with()).kept()["retry"] is None


@pytest.mark.parametrize("retry", [0, 3])
def test_a_given_retry_is_kept(retry: int) -> None:
    assert parse_callback(_with(retry=retry)).kept()["retry"] == retry


def test_what_is_kept_makes_the_same_target_again() -> None:
    target = parse_callback(
        _with(method="post", field="f", retry=2, headers={"X-Secret": "s"}, custom={"a": [1]})
    )

    assert kept_target(target.kept(), target.host) == target


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://Example.COM:8080/a?b#c", "example.com"),
        ("https://example.com./", "example.com"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("http://receiver_1:9000", "receiver_1"),
        ("http://[2606:4700::1]:80/", "2606:4700::1"),
        ("http://8.8.8.8/", "8.8.8.8"),
        ("http://localhost/", "localhost"),  # a name: looked at when it is connected to
    ],
)
def test_the_host_names_the_lane(url: str, host: str) -> None:
    assert parse_callback({"url": url}).host == host


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        5,
        "ftp://example.com/",
        "example.com/x",
        "/x",
        "http://",
        "http:///x",
        "http://exa mple.com/",
        "http://example.com/\n",
        "http://example.com/\x00",
        "http://example.com\\@127.0.0.1/",
        "http://%31%32%37.0.0.1/",
        "http://[::1",
        "http://[::1]x/",
        "http://[fe80::1%25eth0]/",
        "http://a..b/",
        "http://-a.example/",
        f"http://{'a' * 64}.example/",
        f"http://{'a.' * 130}example/",
        "http://example.com:0/",
        "http://example.com:65536/",
        "http://example.com:x/",
        "http://user@example.com/",
        "http://user:pass@example.com/",
        "https://example.com/" + "x" * 2048,
    ],
)
def test_a_url_that_cannot_be_called_is_refused(url: object) -> None:
    with pytest.raises(InvalidCallback, match=r"callback\.url"):
        parse_callback({"url": url})


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1.",
        "10.0.0.1:8080",
        "169.254.169.254",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[fd00:ec2::254]",
        "①②⑦.0.0.1",
        "127。0。0。1",
    ],
)
def test_a_literal_address_that_is_not_public_is_refused_naming_the_setting(host: str) -> None:
    with pytest.raises(InvalidCallback, match="STAFFETTA_CALLBACKS_ALLOW_NETWORKS"):
        parse_callback({"url": f"http://{host}/"})


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "0x7f000001"])
def test_an_address_in_an_unusual_form_is_refused(host: str) -> None:
    with pytest.raises(InvalidCallback, match="not an IP address"):
        parse_callback({"url": f"http://{host}/"}, AllowedNetworks().with_loopback())


def test_a_literal_address_in_an_allowed_network_is_accepted() -> None:
    networks = AllowedNetworks.parse("10.1.0.0/16")

    assert parse_callback({"url": "http://10.1.2.3/"}, networks).host == "10.1.2.3"


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "content-length",
        "Transfer-Encoding",
        "CONNECTION",
        "Keep-Alive",
        "Expect",
        "Upgrade",
        "TE",
        "Trailer",
        "Proxy-Authorization",
        "Proxy-Connection",
        "Webhook-Signature",
        "webhook-id",
        "WEBHOOK-anything",
        "Content-Encoding",
    ],
)
def test_headers_that_are_ours_cannot_be_given(name: str) -> None:
    with pytest.raises(InvalidCallback, match=name):
        parse_callback(_with(headers={name: "x"}))


def test_a_content_type_may_say_what_is_sent_anyway() -> None:
    parse_callback(_with(headers={"Content-Type": "application/json; charset=utf-8"}))
    with pytest.raises(InvalidCallback, match="Content-Type"):
        parse_callback(_with(headers={"Content-Type": "text/plain"}))
    with pytest.raises(InvalidCallback, match="Content-Type"):
        parse_callback(_with(method="POST", headers={"Content-Type": "application/json"}))


@pytest.mark.parametrize(
    "headers",
    [
        [],
        {"a b": "x"},
        {"": "x"},
        {"X": "a\r\nHost: evil"},
        {"X": "ä"},
        {"X": 5},
        {"X": "x" * 1025},
        {"X:": "x"},
        {f"X-{number}": "x" for number in range(21)},
        {f"X-{number}": "x" * 1000 for number in range(9)},
    ],
)
def test_headers_that_would_break_the_request_are_refused(headers: object) -> None:
    with pytest.raises(InvalidCallback, match=r"callback\.headers"):
        parse_callback(_with(headers=headers))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("method", "GET"),
        ("method", 1),
        ("field", ""),
        ("field", "x" * 101),
        ("retry", -1),
        ("retry", 6),
        ("retry", True),
        ("retry", "3"),
        ("custom", []),
        ("custom", {"x": "y" * 16_384}),
    ],
)
def test_a_part_that_cannot_be_used_is_named(field: str, value: object) -> None:
    with pytest.raises(InvalidCallback, match=rf"callback\.{field}"):
        parse_callback(_with(**{field: value}))
