"""A stretch of time to look at entries of: whole UTC days, the last one not included.

An entry belongs to the day of its id, as months of entries are kept, closed and dropped by ids.
"""

from datetime import date
from typing import Final, Self

import msgspec

from staffetta.domain.ids import lowest_id
from staffetta.ledger.closing import begin_of, next_month
from staffetta.ledger.errors import InvalidPeriod

_FIRST_DAY: Final = date(1970, 1, 1)
_LAST_DAY: Final = date(2106, 1, 1)  # ids have 32 bits of seconds


class Period(msgspec.Struct, frozen=True):
    """From the first moment of a day up to that of another. Raises InvalidPeriod."""

    begin: date
    end: date

    def __post_init__(self) -> None:
        """Check the order."""
        if self.end <= self.begin:
            raise InvalidPeriod(
                f"a period ends after it begins: {self.begin} to {self.end} has no day in it"
            )
        if not _FIRST_DAY <= self.begin <= self.end <= _LAST_DAY:
            raise InvalidPeriod(f"a period is between {_FIRST_DAY} and {_LAST_DAY}")

    @classmethod
    def always(cls) -> Self:
        """Everything."""
        return cls(_FIRST_DAY, _LAST_DAY)

    @classmethod
    def of_month(cls, month: date) -> Self:
        """A month, by any day of it."""
        first = month.replace(day=1)
        return cls(first, next_month(first))

    @property
    def first_id(self) -> bytes:
        """The smallest id in it."""
        return lowest_id(begin_of(self.begin))

    @property
    def after_id(self) -> bytes:
        """The smallest id after it."""
        return lowest_id(begin_of(self.end))
