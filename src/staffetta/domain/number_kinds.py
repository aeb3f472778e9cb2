"""What a number is, whether or not it can receive an SMS: for people who ask about one.

Acceptance reads recipients with `phones`; here nothing is refused but what is no number at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberType, national_significant_number

from staffetta.domain.numbering_plans import classify

_CHARACTERS_MAX: Final = 40


class NumberKind(StrEnum):
    """What a number is for, by its country's plan."""

    MOBILE = "mobile"
    FIXED = "fixed"
    FIXED_OR_MOBILE = "fixed_or_mobile"  # the plan does not tell them apart
    TOLL_FREE = "toll_free"
    PREMIUM = "premium"
    SHARED_COST = "shared_cost"
    VOIP = "voip"
    PERSONAL = "personal"
    PAGER = "pager"
    COMPANY = "company"
    VOICEMAIL = "voicemail"
    INVALID = "invalid"  # no number of the plan


_KINDS: Final[Mapping[int, NumberKind]] = MappingProxyType(
    {
        PhoneNumberType.MOBILE: NumberKind.MOBILE,
        PhoneNumberType.FIXED_LINE: NumberKind.FIXED,
        PhoneNumberType.FIXED_LINE_OR_MOBILE: NumberKind.FIXED_OR_MOBILE,
        PhoneNumberType.TOLL_FREE: NumberKind.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE: NumberKind.PREMIUM,
        PhoneNumberType.SHARED_COST: NumberKind.SHARED_COST,
        PhoneNumberType.VOIP: NumberKind.VOIP,
        PhoneNumberType.PERSONAL_NUMBER: NumberKind.PERSONAL,
        PhoneNumberType.PAGER: NumberKind.PAGER,
        PhoneNumberType.UAN: NumberKind.COMPANY,
        PhoneNumberType.VOICEMAIL: NumberKind.VOICEMAIL,
    }
)


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """One number."""

    e164: str  # with its plus
    calling_code: str
    country: str | None  # ISO 3166, 001 for a calling code of no country; None: not known
    kind: NumberKind


def describe_number(raw: str) -> NumberFacts | None:
    """What a number with its plus is; None for a text that is none."""
    if len(raw) > _CHARACTERS_MAX:
        return None
    try:
        number = phonenumbers.parse(raw)
    except phonenumbers.NumberParseException:
        return None
    code, national = number.country_code, national_significant_number(number)
    assert code is not None, "it was read with its calling code"
    classified = classify(code, national)
    kind = _KINDS.get(classified.kind, NumberKind.INVALID)
    return NumberFacts(f"+{code}{national}", str(code), classified.region, kind)
