"""What kind of number a national number is, by libphonenumber's plans, compiled once.

The library's own functions walk the plan three times for a number of a calling code that several
countries share, and look every pattern up again each time: 25 us for an Italian mobile. This is the
same walk, once. Owns no data: patterns, their order and their meaning are the library's.
"""

import re
from collections.abc import Callable
from functools import cache

import msgspec
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    PhoneMetadata,
    PhoneNumberDesc,
    PhoneNumberType,
)

_Matches = Callable[[str], bool]


class Classified(msgspec.Struct, frozen=True):
    """A number's kind, and whose it is."""

    kind: int  # one of PhoneNumberType; UNKNOWN exactly when the number is not valid
    region: str | None  # ISO 3166, or 001 for a calling code of no country


_NOWHERE = Classified(PhoneNumberType.UNKNOWN, None)


class _Plan(msgspec.Struct, frozen=True):
    """One region's plan."""

    general: _Matches
    special: tuple[tuple[int, _Matches], ...]  # the first that matches says the kind
    fixed_line: _Matches
    mobile: _Matches
    is_mobile_as_fixed: bool  # one pattern for both

    def kind_of(self, national: str) -> int:
        """The kind of a national number; UNKNOWN when it is not valid here."""
        if not self.general(national):
            return PhoneNumberType.UNKNOWN
        for kind, matches in self.special:
            if matches(national):
                return kind
        if self.fixed_line(national):
            if self.is_mobile_as_fixed or self.mobile(national):
                return PhoneNumberType.FIXED_LINE_OR_MOBILE
            return PhoneNumberType.FIXED_LINE
        if not self.is_mobile_as_fixed and self.mobile(national):
            return PhoneNumberType.MOBILE
        return PhoneNumberType.UNKNOWN


def classify(calling_code: int, national: str) -> Classified:
    """The kind of a national significant number (digits, its leading zeros included)."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(calling_code, ())
    if len(regions) == 1:
        return Classified(_plan(calling_code, regions[0]).kind_of(national), regions[0])
    for region in regions:
        leads = _leading_digits(calling_code, region)
        if leads is not None and leads(national) is None:
            continue
        kind = _plan(calling_code, region).kind_of(national)
        # Where leading digits tell the regions apart, they decide alone.
        if leads is not None or kind != PhoneNumberType.UNKNOWN:
            return Classified(kind, region)
    return _NOWHERE


@cache  # one entry a region, as below
def _leading_digits(calling_code: int, region: str) -> Callable[[str], object] | None:
    pattern = _metadata(calling_code, region).leading_digits
    return None if pattern is None else re.compile(pattern).match


@cache
def _plan(calling_code: int, region: str) -> _Plan:
    metadata = _metadata(calling_code, region)
    special = (
        (PhoneNumberType.PREMIUM_RATE, metadata.premium_rate),
        (PhoneNumberType.TOLL_FREE, metadata.toll_free),
        (PhoneNumberType.SHARED_COST, metadata.shared_cost),
        (PhoneNumberType.VOIP, metadata.voip),
        (PhoneNumberType.PERSONAL_NUMBER, metadata.personal_number),
        (PhoneNumberType.PAGER, metadata.pager),
        (PhoneNumberType.UAN, metadata.uan),
        (PhoneNumberType.VOICEMAIL, metadata.voicemail),
    )
    return _Plan(
        general=_matcher(metadata.general_desc),
        special=tuple((kind, _matcher(described)) for kind, described in special if described),
        fixed_line=_matcher(metadata.fixed_line),
        mobile=_matcher(metadata.mobile),
        is_mobile_as_fixed=bool(metadata.same_mobile_and_fixed_line_pattern),
    )


def _metadata(calling_code: int, region: str) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(calling_code, region)
    assert metadata is not None, "every region of a calling code has a plan"
    return metadata


def _matcher(described: PhoneNumberDesc | None) -> _Matches:
    """Whether a number has one of the lengths and the pattern of a description."""
    if described is None or not described.national_number_pattern:
        return _never
    lengths = frozenset(described.possible_length)  # none given: those of the general description
    full = re.compile(described.national_number_pattern).fullmatch

    def matches(national: str) -> bool:
        return (not lengths or len(national) in lengths) and full(national) is not None

    return matches


def _never(_national: str) -> bool:
    return False
