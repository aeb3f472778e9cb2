"""Times as SMPP writes them: 16 characters, absolute or relative (3.4 section 7.1.1).

Owns the two forms, both ways. All datetimes are aware.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from staffetta.smpp.errors import InvalidField

RELATIVE_SECONDS_MAX: Final = 30 * 86_400
_TIME: Final = re.compile(rb"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d)(\d\d)([R+-])")
_QUARTERS_MAX: Final = 48
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_SECONDS_MAX: Final = 256  # that are kept as written


def relative_time(seconds: int) -> bytes:
    """`seconds` from now; raises InvalidField over 30 days.

    Longer spans would need months, which no two SMSCs count alike. Hours stop at 23: two days are
    written as two days.
    """
    if not 0 < seconds <= RELATIVE_SECONDS_MAX:
        raise InvalidField("time", f"is not between 1 second and 30 days: {seconds} seconds")
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    return b"0000%02d%02d%02d%02d000R" % (day, hour, minute, second)


def absolute_time(at: datetime) -> bytes:
    """`at` in UTC, which every SMSC reads the same."""
    seconds = (at - _EPOCH) // _SECOND
    return b"%b%d00+" % (_second_written(seconds), at.microsecond // 100_000)


# Messages go out in crowds, and those of a crowd end in the same seconds.
@lru_cache(_SECONDS_MAX)
def _second_written(seconds: int) -> bytes:
    utc = _EPOCH + timedelta(seconds=seconds)
    return b"%02d%02d%02d%02d%02d%02d" % (
        utc.year % 100,
        utc.month,
        utc.day,
        utc.hour,
        utc.minute,
        utc.second,
    )


def read_time(value: bytes, now: datetime) -> datetime | None:
    """The time that `value` means at `now`; None when it is no time.

    A relative month counts 30 days, a relative year 365.
    """
    match = _TIME.fullmatch(value)
    if match is None:
        return None
    year, month, day, hour, minute, second, tenth, quarters = map(int, match.groups()[:8])
    if match[9] == b"R":
        days = year * 365 + month * 30 + day
        return now + timedelta(days=days, hours=hour, minutes=minute, seconds=second)
    if quarters > _QUARTERS_MAX:
        return None
    offset = timedelta(minutes=15 * (quarters if match[9] == b"+" else -quarters))
    try:
        return datetime(
            2000 + year, month, day, hour, minute, second, tenth * 100_000, timezone(offset)
        )
    except ValueError:
        return None
