"""IP addresses as they are compared."""

import pytest

from staffetta.domain.ip_addresses import read_address


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::FFFF:c000:207%eth0", "192.0.2.7"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_an_address_has_one_form(text: str, read: str) -> None:
    assert str(read_address(text)) == read


@pytest.mark.parametrize("text", ["", "unix", "192.0.2", "192.0.2.7/32", "%eth0", "\0"])
def test_what_is_none_is_none(text: str) -> None:
    assert read_address(text) is None
