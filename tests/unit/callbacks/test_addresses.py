"""Which addresses may be reached."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis.strategies import ip_addresses

from staffetta.callbacks.addresses import AllowedNetworks, allowed_networks, literal_address

_NONE = AllowedNetworks()

_REFUSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",  # IPv4-compatible
    "::808:808",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",  # translated
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::8.8.8.8",  # of a local network
    "100::1",
    "2001::1",
    "2001:0:a9fe:a9fe:0:0:f7f7:f7f7",  # Teredo: server 169.254.169.254, client 8.8.8.8
    "2001:0:808:808:0:0:80ff:fffe",  # Teredo: server 8.8.8.8, client 127.0.0.1
    "2001:2::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
_PERMITTED = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2001:0:808:808:0:0:f7f7:f7f7",  # Teredo: server 8.8.8.8, client 8.8.8.8
    "2002:808:808::1",
    "2606:4700:4700::1111",
    "2a00:1450:4001:80b::200e",
]


@pytest.mark.parametrize("text", _REFUSED)
def test_what_is_not_public_is_refused(text: str) -> None:
    assert not _NONE.permits(ip_address(text))


@pytest.mark.parametrize("text", _PERMITTED)
def test_what_is_public_is_permitted(text: str) -> None:
    assert _NONE.permits(ip_address(text))


@given(ip_addresses())
def test_nothing_is_permitted_that_the_standard_library_calls_private_or_special(
    address: object,
) -> None:
    checked = ip_address(str(address))

    if _NONE.permits(checked) and not _embeds_ipv4(str(checked)):
        assert checked.is_global
        assert not checked.is_multicast


def _embeds_ipv4(text: str) -> bool:
    return text.startswith(("2002:", "2001:", "64:ff9b:", "::ffff:"))


def test_an_allowed_network_is_permitted_and_its_neighbours_are_not() -> None:
    allowed = AllowedNetworks.parse("10.1.0.0/16, fd00:1::/32")

    assert allowed.permits(ip_address("10.1.2.3"))
    assert allowed.permits(ip_address("::ffff:10.1.2.3"))
    assert allowed.permits(ip_address("fd00:1::9"))
    assert not allowed.permits(ip_address("10.2.0.1"))
    assert not allowed.permits(ip_address("::ffff:10.2.0.1"))
    assert not allowed.permits(ip_address("fd00:2::9"))


@pytest.mark.parametrize("text", ["10.0.0.1/8", "ten", "10.0.0.0/33", "10.0.0.0/8;11.0.0.0/8"])
def test_networks_that_are_none_are_told(text: str) -> None:
    with pytest.raises(ValueError, match="CIDR"):
        AllowedNetworks.parse(text)


def test_no_networks_are_written_as_nothing() -> None:
    assert AllowedNetworks.parse("") == _NONE


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost", "LOCALHOST"])
def test_a_server_on_loopback_may_call_back_to_loopback(host: str) -> None:
    allowed = allowed_networks(_NONE, host)

    assert allowed.permits(ip_address("127.0.0.1"))
    assert allowed.permits(ip_address("::1"))
    assert not allowed.permits(ip_address("10.0.0.1"))
    assert not allowed.permits(ip_address("0.0.0.0"))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "sms.example.org"])
def test_a_server_that_others_reach_may_not(host: str) -> None:
    assert not allowed_networks(_NONE, host).permits(ip_address("127.0.0.1"))


@pytest.mark.parametrize("host", ["example.com", "localhost", "1.example", "0x7f.example", "a.b1"])
def test_a_name_is_no_literal(host: str) -> None:
    assert literal_address(host) is None


@pytest.mark.parametrize(
    "host",
    ["2130706433", "127.1", "0x7f.1", "0177.0.0.1", "0x7f000001", "1.2.3.4.5", "256.1.1.1", "1.0x"],
)
def test_an_address_written_unusually_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        literal_address(host)


def test_full_stops_at_the_end_hide_no_address() -> None:
    assert literal_address("127.0.0.1.") == ip_address("127.0.0.1")
