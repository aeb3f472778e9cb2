"""Numbers as people write them."""

import phonenumbers
import pytest

from staffetta.domain.dashed_numbers import parse_dashed
from staffetta.domain.written_numbers import countries, dashed_of, e164_of


@pytest.mark.parametrize(
    ("raw", "country", "found"),
    [
        ("+39 333 1234567", None, "+393331234567"),
        ("0039-333/123.45.67", None, "+393331234567"),
        ("+39 (333) 1234567", "FR", "+393331234567"),
        ("'+393331234567", None, "+393331234567"),
        ("\u202a+39\u00a0333 1234567\u202c", None, "+393331234567"),
        ("333 1234567", "IT", "+393331234567"),
        ("393331234567", "IT", "+393331234567"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("612345678", "FR", "+33612345678"),
        ("07911 123456", "GB", "+447911123456"),
        ("8 912 345-67-89", "RU", "+79123456789"),
        ("1701234567.0", "DE", "+491701234567"),
        ("393331234567,00", "IT", "+393331234567"),
        ("+393331234567.0", None, "+393331234567"),
        ("1701234567.5", "DE", None),
        ("+39 333 1234567.0", None, None),
        ("06.12.34.56.00", "FR", "+33612345600"),
        ("333 1234567", None, None),
        ("", "IT", None),
        ("hello", "IT", None),
        ("+", "IT", None),
        ("+39 333 hello", "IT", None),
        ("\u0663\u0663\u0663", "IT", None),
        ("1" * 41, "IT", None),
    ],
)
def test_a_number_is_read_however_it_is_written(raw, country, found) -> None:
    assert e164_of(raw, country) == found


@pytest.mark.parametrize("country", sorted(countries()))
def test_the_short_way_reads_national_numbers_as_the_library_does(country) -> None:
    example = phonenumbers.example_number_for_type(
        country, phonenumbers.PhoneNumberType.MOBILE
    ) or phonenumbers.example_number(country)
    assert example is not None
    national = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
    digits = phonenumbers.national_significant_number(example)
    for written in (national, digits):
        parsed = phonenumbers.parse(written, country)
        expected = f"+{parsed.country_code}{phonenumbers.national_significant_number(parsed)}"
        assert e164_of(written, country) == expected, written


@pytest.mark.parametrize(
    ("e164", "dashed"),
    [
        ("+393331234567", "+39-3331234567"),
        ("+12025550123", "+1-2025550123"),
        ("+3780549886377", "+378-0549886377"),
        ("+99912345", None),
        ("+", None),
        ("+3", None),
    ],
)
def test_the_calling_code_is_told_apart(e164, dashed) -> None:
    assert dashed_of(e164) == dashed
    if dashed is not None:
        assert parse_dashed(dashed).e164.startswith(e164[:3])
