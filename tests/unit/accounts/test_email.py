"""Which addresses can name an account."""

import pytest

from staffetta.accounts.email import Email
from staffetta.accounts.errors import InvalidEmail


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("anna@example.com", "anna@example.com"),
        ("  Anna.Rossi+SMS@Example.COM ", "anna.rossi+sms@example.com"),
        ("o'neil_1@mail.example.co.uk", "o'neil_1@mail.example.co.uk"),
        ("a@1.2", "a@1.2"),
    ],
)
def test_an_address_is_kept_in_lower_case(raw: str, address: str) -> None:
    assert Email.parse(raw).text == address


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "anna",
        "anna@",
        "@example.com",
        "anna@example",
        "anna@@example.com",
        "an na@example.com",
        "anna@exa mple.com",
        "anna@example.com\nx",
        "anna\x00@example.com",
        "anna:x@example.com",
        ".anna@example.com",
        "anna..rossi@example.com",
        "anna@-example.com",
        "anna@example-.com",
        "anna@example..com",
        "änna@example.com",
        "anna@exämple.com",
        "Anna <anna@example.com>",
        "a" * 65 + "@example.com",
        "anna@" + "a" * 64 + ".com",
        "anna@" + "a.bc" * 70 + ".com",
    ],
)
def test_anything_else_is_refused_with_an_example(raw: str) -> None:
    with pytest.raises(InvalidEmail, match=r"anna@example\.com"):
        Email.parse(raw)
