"""Numbers as people and spreadsheets write them, made E.164.

Owns: what stands between digits, 00 for the plus, and national numbers of a country that is named
beside them. What may receive an SMS is decided by `phones` and `dashed_numbers`, not here.
"""

import re
from functools import cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneMetadata

CHARACTERS_MAX: Final = 40  # longer ones are no numbers
_BETWEEN_DIGITS: Final = re.compile(r"[\s().\-/\u2010-\u2015\u200e\u200f\u202a-\u202e]+")
# What a spreadsheet puts after a number that it took for a quantity: nothing of the number's own.
_FRACTION: Final = re.compile(r"(?<=[0-9]{6})[.,](0+|[0-9])$", re.ASCII)
_DIGITS: Final = re.compile(r"\+?[0-9]+", re.ASCII)


def e164_of(raw: str, country: str | None = None) -> str | None:
    """A number with its plus; None where none can be read.

    `country` (ISO 3166) is that of numbers written without one. Whether the result is a number that
    can get messages is for others to say.
    """
    text = raw.strip().lstrip("'")  # a spreadsheet's sign that a cell is a text
    if len(text) > CHARACTERS_MAX:
        return None
    fraction = _FRACTION.search(text)
    if fraction is not None:
        text = text[: fraction.start()]
        # It may be dropped where it says nothing; its digits must never lengthen a number.
        if fraction[1].strip("0") or _DIGITS.fullmatch(text) is None:
            return None
    digits = _BETWEEN_DIGITS.sub("", text)
    if _DIGITS.fullmatch(digits) is None:
        return None
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    if digits.startswith("+"):
        return digits
    return None if country is None else _national(digits, country)


def dashed_of(e164: str) -> str | None:
    """A number as v1 writes it, its calling code apart; None where no country has that code."""
    for end in (2, 3, 4):
        code = e164[1:end]
        if code.isdigit() and int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return f"+{code}-{e164[end:]}"
    return None


def _national(digits: str, country: str) -> str | None:
    code, prefix = _plan(country)
    if digits[0] != "0" and not digits.startswith(code) and not (prefix and prefix.match(digits)):
        return f"+{code}{digits}"  # nothing to strip: a tenth of what the library takes
    try:
        number = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return None
    national = phonenumbers.national_significant_number(number)
    return f"+{number.country_code}{national}"


@cache  # one entry a country
def _plan(country: str) -> tuple[str, re.Pattern[str] | None]:
    """The calling code of a country, and what may stand before its national numbers."""
    metadata = PhoneMetadata.metadata_for_region(country)
    prefix = None if metadata is None else metadata.national_prefix_for_parsing
    code = str(phonenumbers.country_code_for_region(country))
    return code, None if prefix is None else re.compile(prefix)


@cache
def countries() -> frozenset[str]:
    """The countries (ISO 3166) whose national numbers can be read."""
    return frozenset(phonenumbers.SUPPORTED_REGIONS)
