"""Senders of v2: the table of what is taken, replaced and refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.domain.errors import InvalidSender, NumericSender
from staffetta.domain.senders import parse_sender


@pytest.mark.parametrize("raw", ["ACME", "My Company1", "abc", "12a", "1 2", " ab", "A  "])
def test_letters_digits_and_spaces_stay_as_given(raw: str):
    assert parse_sender(raw) == raw


@pytest.mark.parametrize("raw", [None, ""])
def test_nothing_means_the_default(raw: str | None):
    assert parse_sender(raw) == "Openapi"
    assert parse_sender(raw, "Example") == "Example"


@pytest.mark.parametrize("raw", ["123", "1", "12345678901", "123456789012345"])
def test_digits_alone_are_numeric_whatever_their_number(raw: str):
    with pytest.raises(NumericSender):
        parse_sender(raw)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("ab", "has 2 characters"),
        ("twelve chars", "has 12 characters"),
        ("Café", "not allowed"),
        ("A.B.C", "not allowed"),
        ("+39333", "not allowed"),
        ("ACME\n", "not allowed"),
        ("١٢٣", "not allowed"),
        ("A\tB", "not allowed"),
        ("   ", "spaces alone"),
    ],
)
def test_anything_else_is_refused_with_its_reason(raw: str, says: str):
    with pytest.raises(InvalidSender, match=says):
        parse_sender(raw)


@given(st.text(min_size=1, max_size=20))
def test_what_is_taken_is_always_short_plain_ascii(raw: str):
    try:
        sender = parse_sender(raw)
    except (InvalidSender, NumericSender):
        return
    assert sender == raw
    assert 3 <= len(sender) <= 11
    assert sender.isascii()
