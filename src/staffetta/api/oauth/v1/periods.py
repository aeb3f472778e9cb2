"""The dates of counters: /day/2026-03-14, /month/2026-03, /year/2026. Pure; days are UTC."""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from staffetta.api.oauth.v1.errors import WrongDate

Days = tuple[date, date]
"""The first and the last day."""

EVER: Final[Days] = (date(1970, 1, 1), date(9999, 12, 31))


def _day(year: int, month: int, day: int) -> Days:
    return date(year, month, day), date(year, month, day)


def _month(year: int, month: int) -> Days:
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _year(year: int) -> Days:
    return date(year, 1, 1), date(year, 12, 31)


# By the path's word: how its date is written, and which days it means.
_PERIODS: Final[Mapping[str, tuple[str, re.Pattern[str], Callable[..., Days]]]] = MappingProxyType(
    {
        "day": ("YYYY-MM-DD", re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII), _day),
        "month": ("YYYY-MM", re.compile(r"(\d{4})-(\d\d)", re.ASCII), _month),
        "year": ("YYYY", re.compile(r"(\d{4})", re.ASCII), _year),
    }
)
PERIODS: Final = tuple(_PERIODS)


def days_of(period: str, text: str) -> Days:
    """The days that a date means, `period` being one of PERIODS; raises WrongDate."""
    form, pattern, make = _PERIODS[period]
    match = pattern.fullmatch(text)
    try:
        if match is not None:
            return make(*map(int, match.groups()))
    except ValueError:
        pass  # shaped like a date, and none: month 13, year 0
    raise WrongDate(f"wrong date: write a {period} as {form}")
