"""The Authorization header of HTTP Basic."""

import base64

import pytest

from staffetta.api.oauth.basic import read_basic, read_bearer
from staffetta.api.oauth.errors import WrongCredentials


def basic(pair: bytes, scheme: bytes = b"Basic") -> bytes:
    return scheme + b" " + base64.b64encode(pair)


@pytest.mark.parametrize("scheme", [b"Basic", b"basic", b"BASIC"])
def test_user_and_password_are_divided_at_the_first_colon(scheme: bytes) -> None:
    assert read_basic(basic(b"anna@example.com:a:b", scheme)) == ("anna@example.com", "a:b")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (None, "missing"),
        (b"", "not of the type Basic"),
        (b"Bearer abc", "not of the type Basic"),
        (b"Basic", "no password"),
        (b"Basic !!!", "cannot be read"),
        (b"Basic YTp", "cannot be read"),
        (basic(b"anna@example.com"), "no password"),
        (b"Basic " + b"A" * 5000, "no password"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(header: bytes | None, words: str) -> None:
    with pytest.raises(WrongCredentials, match=words):
        read_basic(header)


def test_a_bearer_is_another_header() -> None:
    assert read_bearer(b"Bearer abc") == "abc"
    assert read_bearer(b"bearer  abc ") == "abc"
    assert read_bearer(b"Basic abc") is None
    assert read_bearer(None) is None
