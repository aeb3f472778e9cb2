"""Numbering plans: the kind and the region of a number are those that libphonenumber says."""

import random

import phonenumbers
import pytest
from phonenumbers import PhoneNumber, PhoneNumberType, national_significant_number

from staffetta.domain.numbering_plans import Classified, classify

CALLING_CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
VARIANTS = 40


def by_the_library(number: PhoneNumber) -> Classified:
    kind = phonenumbers.number_type(number)
    return Classified(kind, phonenumbers.region_code_for_number(number))


def by_us(number: PhoneNumber) -> Classified:
    assert number.country_code is not None
    return classify(number.country_code, national_significant_number(number))


def examples(calling_code: int) -> list[PhoneNumber]:
    """An example of every kind in every region of a calling code."""
    found = []
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[calling_code]:
        for kind in PhoneNumberType.values():
            example = (
                phonenumbers.example_number_for_non_geo_entity(calling_code)
                if region == "001"
                else phonenumbers.example_number_for_type(region, kind)
            )
            if example is not None:
                found.append(example)
    return found


@pytest.mark.parametrize("calling_code", CALLING_CODES)
def test_numbers_near_every_example_are_what_the_library_says(calling_code: int) -> None:
    chance = random.Random(calling_code)
    for example in examples(calling_code):
        assert by_us(example) == by_the_library(example)
        digits = str(example.national_number)
        for _ in range(VARIANTS):
            changed = list(digits)
            changed[chance.randrange(len(changed))] = chance.choice("0123456789")
            kept = "".join(changed)[: chance.choice((None, None, None, -1))]
            number = PhoneNumber(country_code=calling_code, national_number=int(kept or "1"))
            assert by_us(number) == by_the_library(number), number


@pytest.mark.parametrize("calling_code", [0, 999])
def test_a_calling_code_that_nobody_has_is_of_nowhere(calling_code: int) -> None:
    assert classify(calling_code, "3331234567") == Classified(PhoneNumberType.UNKNOWN, None)
