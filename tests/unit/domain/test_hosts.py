"""What is taken for a host, and what stands for one that is none."""

import pytest

from staffetta.domain.hosts import host_asked_for, is_host


@pytest.mark.parametrize(
    "host",
    ["localhost", "a.example", "my_host:8080", "127.0.0.1:80", "[2001:db8::1]", "[::1]:65535", "x"],
)
def test_a_host(host: str) -> None:
    assert is_host(host)


@pytest.mark.parametrize(
    "host",
    [
        *("", ":80", "a:", "a:0", "a:65536", "a:99999", "a:b", "a b", "a/b", "a'b", 'a"b', "a;b"),
        *(
            "$(id)",
            "`id`",
            "-a",
            "a-",
            ".a",
            "a" * 254,
            "[1.2]",
            "[:::]",
            "[1.2.3.4]",
            "[::1",
            "::1",
        ),
        *("[fe80::1%eth0]", "a\n", "é", "a\x00b", "[]", "a:٣"),
    ],
)
def test_no_host(host: str) -> None:
    assert not is_host(host)
    assert host_asked_for(host, ("10.0.0.1", 8080)) == "10.0.0.1:8080"


def test_the_socket_stands_for_a_host_that_is_none() -> None:
    assert host_asked_for("", ("::1", 80)) == "[::1]:80"
    assert host_asked_for("", ("/run/socket", None)) == "/run/socket"
    assert host_asked_for("", None) == "localhost"
    assert host_asked_for("a.example", ("10.0.0.1", 80)) == "a.example"
