"""Amounts read and written exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.domain.money import (
    AMOUNT_MICRO_MAX,
    InvalidAmount,
    as_number,
    format_amount,
    parse_amount,
    parse_typed_amount,
)


@pytest.mark.parametrize(
    ("text", "micro"),
    [
        ("10", 10_000_000),
        ("0.03", 30_000),
        (" 0.035 ", 35_000),
        ("-1.5", -1_500_000),
        ("1e2", 10**8),
    ],
)
def test_decimal_text_becomes_micro_units(text: str, micro: int) -> None:
    assert parse_amount(text) == micro


@pytest.mark.parametrize("text", ["", "ten", "1,5", "NaN", "inf", "0.0000001", "1" + "0" * 20])
def test_what_cannot_be_kept_exactly_is_refused(text: str) -> None:
    with pytest.raises(InvalidAmount):
        parse_amount(text)


@pytest.mark.parametrize(
    ("text", "micro"),
    [
        ("0,50", 500_000),
        ("0,035", 35_000),
        ("-1,5", -1_500_000),
        ("1.000", 1_000_000),
        ("1,0000", 1_000_000),
        ("1000", 1_000_000_000),
    ],
)
def test_people_may_type_a_decimal_comma(text: str, micro: int) -> None:
    assert parse_typed_amount(text) == micro


@pytest.mark.parametrize("text", ["1,000", "-12,500", "1,000,000", "1,000.50", "1.000,50", "0,5,0"])
def test_what_may_mean_thousands_is_refused(text: str) -> None:
    with pytest.raises(InvalidAmount):
        parse_typed_amount(text)


@given(st.integers(-AMOUNT_MICRO_MAX, AMOUNT_MICRO_MAX))
def test_writing_and_reading_an_amount_changes_nothing(micro: int) -> None:
    assert parse_amount(format_amount(micro)) == micro


def test_json_numbers_carry_no_noise() -> None:
    assert repr(as_number(70_000)) == "0.07"
    assert repr(as_number(30_000 * 3)) == "0.09"
