"""Recipients as v1 writes them: `+39-3331234567`, the calling code and a hyphen in front.

Owns: that reading alone (contract section 4). Unlike v2 it takes every number that is possible, not
only those that are mobile today: a plan that changed must not stop a campaign.
"""

import re
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import ValidationResult

from staffetta.domain.errors import InvalidRecipient
from staffetta.domain.phones import Phone, parse_mobile

_DASHED: Final = re.compile(r"\+([1-9][0-9]{0,2})-([0-9]{1,14})")
_PLAIN: Final = re.compile(r"\+[0-9]{1,15}")
_CACHED_MAX: Final = 1024
_POSSIBLE: Final = frozenset({ValidationResult.IS_POSSIBLE})


def parse_dashed(raw: str) -> Phone:
    """Read a recipient; raises InvalidRecipient, whose text says what is wrong."""
    match = _DASHED.fullmatch(raw)
    if match is None:
        raise InvalidRecipient(
            f"{raw[:50]!r} is not written like +39-3331234567:"
            " a plus, the calling code, a hyphen, digits"
        )
    calling_code, national = match.groups()
    e164 = f"+{calling_code}{national}"
    try:
        phone = parse_mobile(e164)
    except InvalidRecipient:
        phone = _parse_possible(e164)
    if phone.calling_code != calling_code:
        raise InvalidRecipient(
            f"{raw[:50]}: the number's calling code is {phone.calling_code}, not {calling_code}"
        )
    return phone


def parse_dashed_or_not(raw: str) -> Phone:
    """Read a number in a path, which may lack the hyphen; raises InvalidRecipient."""
    if _PLAIN.fullmatch(raw) is None:
        return parse_dashed(raw)
    try:
        return parse_mobile(raw)
    except InvalidRecipient:
        return _parse_possible(raw)


def dashed(e164: str, calling_code: str) -> str:
    """A number as v1 shows it."""
    return f"+{calling_code}-{e164[1 + len(calling_code) :]}"


@lru_cache(maxsize=_CACHED_MAX)
def _parse_possible(e164: str) -> Phone:
    """A number that may exist, though no plan says that it is mobile."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        raise InvalidRecipient(f"{e164} does not begin with a country's calling code") from None
    if phonenumbers.is_possible_number_with_reason(number) not in _POSSIBLE:
        raise InvalidRecipient(f"{e164} has too few or too many digits for its country")
    assert number.country_code is not None, "it was read with its calling code"
    country = phonenumbers.region_code_for_number(
        number
    ) or phonenumbers.region_code_for_country_code(number.country_code)
    return Phone(
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        country,
        str(number.country_code),
    )
