"""A number keeps its country and its end; what is no number stays."""

import pytest

from staffetta.domain.short_numbers import short_number


@pytest.mark.parametrize(
    ("written", "short"),
    [
        ("+393331234567", "+3933******67"),
        ("393331234567", "3933******67"),
        ("1234567", "1234*67"),
        ("+123456", "+123456"),
        ("40404", "40404"),
        ("ACMECORP", "ACMECORP"),
        ("", ""),
        ("+", "+"),
        ("３３３１２３４５６７", "３３３１２３４５６７"),  # digits, and of no phone
    ],
)
def test_a_number_keeps_its_country_and_its_end(written: str, short: str) -> None:
    assert short_number(written) == short
