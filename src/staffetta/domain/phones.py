"""Phone numbers: what may receive an SMS, and the country it belongs to.

Owns: the reading of a recipient (contract section 5, codes 2011 and 2013). The plan of every
country is libphonenumber's; the geocoder and carrier data of that library are never loaded.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import phonenumbers
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    PhoneMetadata,
    PhoneNumber,
    PhoneNumberType,
    national_significant_number,
)

from staffetta.domain.environments import Market
from staffetta.domain.errors import InvalidRecipient, WrongCountry
from staffetta.domain.numbering_plans import classify

DIGITS_MAX: Final = 15
_CACHED_MAX: Final = 65_536
_E164: Final = re.compile(r"\+[0-9]{1,15}")
_MOBILE_TYPES: Final = frozenset(
    {
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.PERSONAL_NUMBER,
    }
)
_COUNTRY_NAMES: Final = {Market.ITALY: "Italy", Market.SPAIN: "Spain"}


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that can receive an SMS."""

    e164: str  # with its plus
    country: str  # ISO 3166, or 001 for a calling code that belongs to no country
    calling_code: str  # digits


@lru_cache(maxsize=_CACHED_MAX)
def parse_mobile(raw: str) -> Phone:
    """Read a recipient; raises InvalidRecipient, whose text says what is wrong.

    What libphonenumber reads although it is not E.164 (a trunk zero after the calling code) becomes
    the number that is meant. Refusals are not cached, so the cache holds short texts alone.
    """
    if _E164.fullmatch(raw) is None:
        raise InvalidRecipient(_what_is_wrong(raw))
    number = _read_literally(raw) or _read(raw)
    calling_code, national = number.country_code, national_significant_number(number)
    assert calling_code is not None, "it was read with its calling code"
    classified = classify(calling_code, national)
    if classified.kind not in _MOBILE_TYPES:
        raise InvalidRecipient(
            f"{raw} is not a valid phone number: a digit is wrong, missing or too many"
            if classified.kind == PhoneNumberType.UNKNOWN
            else f"{raw} is a valid phone number, but not a mobile one"
        )
    assert classified.region is not None, "a number with a kind has a region"
    return Phone(f"+{calling_code}{national}", classified.region, str(calling_code))


def _read(raw: str) -> PhoneNumber:
    try:
        return phonenumbers.parse(raw)
    except phonenumbers.NumberParseException:
        raise InvalidRecipient(f"{raw} does not begin with a country's calling code") from None


def _read_literally(raw: str) -> PhoneNumber | None:
    """What `_read` gives, in a tenth of its 10 us, where nothing could be stripped; else None.

    The library strips a trunk prefix where the country has one and it matches, and counts leading
    zeros; neither can happen to the numbers that are read here.
    """
    for end in (2, 3, 4):
        code = int(raw[1:end])
        if code in COUNTRY_CODE_TO_REGION_CODE and raw[1] != "0":
            break
    else:
        return None
    national = raw[end:]
    if not national or national[0] == "0":
        return None
    prefix = _trunk_prefix(code)
    if prefix is not None and prefix.match(national):
        return None
    return PhoneNumber(country_code=code, national_number=int(national))


@cache  # one entry a calling code
def _trunk_prefix(code: int) -> re.Pattern[str] | None:
    region = phonenumbers.region_code_for_country_code(code)
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    assert metadata is not None, "every calling code has a plan"
    pattern = metadata.national_prefix_for_parsing
    return None if pattern is None else re.compile(pattern)


def _what_is_wrong(raw: str) -> str:
    expected = "write it in E.164, a plus and digits only, like +393331234567"
    if raw == "":
        return f"the recipient is empty: {expected}"
    if not raw.startswith("+"):
        return f"the recipient does not begin with a plus: {expected}"
    digits = raw[1:]
    if digits.isascii() and digits.isdigit():
        return f"the recipient has {len(digits)} digits, and {DIGITS_MAX} are the most: {expected}"
    return f"after the plus of the recipient only digits may stand: {expected}"


def require_country(phone: Phone, market: Market) -> None:
    """Raise WrongCountry unless the market takes this number's country.

    Italy means region IT alone: San Marino's and the Vatican's numbers go by the world's endpoint.
    """
    name = _COUNTRY_NAMES.get(market)
    if name is not None and phone.country != market.value:
        raise WrongCountry(
            f"{phone.e164} is not a number of {name} ({phone.country}): "
            "send it through /WW-messages"
        )


def warm_up(countries: Iterable[str]) -> None:
    """Load the plans of these countries (ISO 3166) now: each costs its first number 1 to 3 ms."""
    for country in countries:
        example = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
        if example is not None and example.country_code is not None:
            classify(example.country_code, national_significant_number(example))
