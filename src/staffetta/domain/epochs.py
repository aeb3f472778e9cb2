"""Times as milliseconds since 1970, exact both ways: a double loses one now and then."""

from datetime import UTC, datetime, timedelta
from typing import Final

_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def to_milliseconds(moment: datetime) -> int:
    """The whole milliseconds from 1970 to a moment (aware)."""
    return (moment - _START) // _MILLISECOND


def from_milliseconds(count: int) -> datetime:
    """The moment so many milliseconds after 1970; raises OverflowError past the year 9999."""
    return _START + count * _MILLISECOND
