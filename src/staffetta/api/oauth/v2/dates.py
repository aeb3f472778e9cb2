"""The dates that statistics are asked for: a day, a month, a year, or everything. Pure."""

import re
from datetime import date, timedelta
from typing import Final

from staffetta.api.oauth.errors import InvalidParameter
from staffetta.api.oauth.periods import Days, days_in

_DATE: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
# What an id's four bytes of seconds can tell; nothing was counted outside of it.
_YEARS: Final = range(1970, 2106)
_FIRST_DAY: Final = date(_YEARS[0], 1, 1)
_A_DAY: Final = timedelta(days=1)


def parse_date(text: str | None, today: date) -> Days:
    """The first and the last UTC day meant; None is everything until now.

    Raises InvalidParameter.
    """
    if text is None:
        return _FIRST_DAY, today + _A_DAY  # clocks differ a little
    match = _DATE.fullmatch(text)
    if match is None or int(match[1]) not in _YEARS:
        raise _wrong()
    year, month, day = (None if part is None else int(part) for part in match.groups())
    assert year is not None, "every date has a year"
    try:
        return days_in(year, month, day)
    except ValueError:
        raise _wrong() from None


def _wrong() -> InvalidParameter:
    return InvalidParameter(
        "date must be a year, a month or a day: 2026, 2026-03 or 2026-03-14,"
        f" from {_YEARS[0]} to {_YEARS[-1]}"
    )
