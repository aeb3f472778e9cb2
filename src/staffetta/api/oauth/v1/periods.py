"""The dates of counters: /day/2026-03-14, /month/2026-03, /year/2026. Pure; days are UTC."""

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from staffetta.api.oauth.periods import Days, days_in
from staffetta.api.oauth.v1.errors import WrongDate

EVER: Final[Days] = (date(1970, 1, 1), date(9999, 12, 31))


# By the path's word: how its date is written, and which days it means.
_PERIODS: Final[Mapping[str, tuple[str, re.Pattern[str]]]] = MappingProxyType(
    {
        "day": ("YYYY-MM-DD", re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)),
        "month": ("YYYY-MM", re.compile(r"(\d{4})-(\d\d)", re.ASCII)),
        "year": ("YYYY", re.compile(r"(\d{4})", re.ASCII)),
    }
)
PERIODS: Final = tuple(_PERIODS)


def days_of(period: str, text: str) -> Days:
    """The days that a date means, `period` being one of PERIODS; raises WrongDate."""
    form, pattern = _PERIODS[period]
    match = pattern.fullmatch(text)
    try:
        if match is not None:
            return days_in(*map(int, match.groups()))
    except ValueError:
        pass  # shaped like a date, and none: month 13, year 0
    raise WrongDate(f"wrong date: write a {period} as {form}")
