"""X-Forwarded headers count from trusted proxies, and from nobody else."""

from typing import Any

import pytest

from staffetta.app.proxies import behind_proxies, plain_address
from staffetta.config import Settings, SettingsError, read_settings

PROXY = "10.20.0.7"
CLIENT = "203.0.113.9"


def _settings(trusted: str) -> Settings:
    return read_settings({"STAFFETTA_TRUSTED_PROXIES": trusted})


async def _seen(peer: str, trusted: str, *headers: tuple[str, str]) -> tuple[str, str, bytes]:
    """Client, scheme and Host, as the application sees them."""
    seen: list[tuple[str, str, bytes]] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append((scope["client"][0], scope["scheme"], dict(scope["headers"])[b"host"]))

    scope = {
        "type": "http",
        "client": (peer, 50000),
        "scheme": "http",
        "headers": [
            (name.lower().encode(), value.encode())
            for name, value in (("Host", "sms.openapi.com"), *headers)
        ],
    }
    serve: Any = behind_proxies(app, _settings(trusted).trusted_proxies)
    await serve(scope, None, None)
    return seen[0]


# What nginx, Caddy and HAProxy send for a client, see docs/reference/https.md.
FORWARDED = (("X-Forwarded-For", CLIENT), ("X-Forwarded-Proto", "https"))


async def test_without_the_setting_the_headers_are_ignored() -> None:
    assert await _seen(PROXY, "", *FORWARDED) == (PROXY, "http", b"sms.openapi.com")


@pytest.mark.parametrize("trusted", [PROXY, "10.20.0.0/16", "192.0.2.1, 10.20.0.0/16"])
async def test_a_trusted_proxy_tells_client_and_scheme(trusted: str) -> None:
    assert await _seen(PROXY, trusted, *FORWARDED) == (CLIENT, "https", b"sms.openapi.com")


async def test_from_anybody_else_the_headers_are_ignored() -> None:
    assert await _seen("198.51.100.1", "10.20.0.0/16", *FORWARDED) == (
        *("198.51.100.1", "http"),
        b"sms.openapi.com",
    )


@pytest.mark.parametrize(
    ("chain", "client"),
    [
        (f"1.1.1.1, {CLIENT}", CLIENT),  # what a client claims stands left of what the proxy saw
        (f"{CLIENT}, 10.20.0.8", CLIENT),  # two proxies of ours
        (f"{CLIENT}:51234", CLIENT),
        ("[2001:db8::9]:51234", "2001:db8::9"),
        ("2001:db8::9", "2001:db8::9"),
    ],
)
async def test_the_client_is_the_rightmost_address_that_is_no_proxy(
    chain: str, client: str
) -> None:
    seen = await _seen(PROXY, "10.20.0.0/16", ("X-Forwarded-For", chain))
    assert seen[:2] == (client, "http")


async def test_several_headers_are_one_chain() -> None:
    spoofed, real = ("X-Forwarded-For", "1.1.1.1"), ("X-Forwarded-For", CLIENT)
    assert (await _seen(PROXY, PROXY, spoofed, real))[0] == CLIENT


@pytest.mark.parametrize("scheme", ["gopher", "https,http", ""])
async def test_a_scheme_that_is_none_is_ignored(scheme: str) -> None:
    assert (await _seen(PROXY, PROXY, ("X-Forwarded-Proto", scheme)))[1] == "http"


async def test_the_host_passes_as_it_is() -> None:
    seen = await _seen(PROXY, PROXY, ("X-Forwarded-Host", "evil.example"))
    assert seen[2] == b"sms.openapi.com"


async def test_an_ipv4_proxy_on_a_socket_of_both_families_is_known() -> None:
    assert (await _seen(f"::ffff:{PROXY}", "10.20.0.0/16", *FORWARDED))[0] == CLIENT


def test_addresses_are_written_as_their_network_writes_them() -> None:
    assert plain_address("::ffff:192.0.2.1") == "192.0.2.1"
    assert plain_address("2001:db8::1") == "2001:db8::1"
    assert plain_address("unix") == "unix"


@pytest.mark.parametrize(
    "text",
    ["0.0.0.0/0", "::/0", "*", "proxy.example.org", "10.0.0.1/8", ",".join(["10.0.0.1"] * 101)],
)
def test_what_trusts_everybody_or_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"STAFFETTA_TRUSTED_PROXIES is .*10\.1\.0\.0/16"):
        _settings(text)
