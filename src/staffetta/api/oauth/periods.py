"""The days of a day, a month or a year: what counters and statistics are asked for. Pure."""

from calendar import monthrange
from datetime import date

Days = tuple[date, date]
"""The first and the last UTC day."""


def days_in(year: int, month: int | None = None, day: int | None = None) -> Days:
    """The days of a year, of one of its months, or one day; raises ValueError for no such day."""
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is None:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)
