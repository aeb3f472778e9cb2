"""A closing: a wallet's month in a few sums, which stay when the month's entries are dropped.

Pure. A closing covers entries by their sequence: those after the closing before it, up to its own.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import msgspec

# Closing waits a little, so that what was decided before midnight is booked under its own day.
# Nothing depends on it: see `close_months`.
CLOSES_AFTER: Final = timedelta(hours=1)


class KindSum(msgspec.Struct, frozen=True):
    """The entries of one kind against one counter-account."""

    kind: str
    counter_account: str
    entry_count: int
    amount_micro: int  # into the wallet if positive


class Closing(msgspec.Struct, frozen=True):
    """What a wallet's entries come to at the end of a month."""

    space_id: int
    month: date  # its first day
    first_sequence: int
    sequence: int
    first_id: bytes
    last_id: bytes
    balance_after_micro: int
    sums: tuple[KindSum, ...]  # of the entries that it adds, by kind and counter-account


class Mark(msgspec.Struct, frozen=True):
    """Where a month ends in a wallet's entries."""

    month: date  # its first day
    sequence: int  # of its last entry
    balance_after_micro: int


class Part(msgspec.Struct, frozen=True):
    """Some entries of one kind, as the database sums them up; ids in hexadecimal."""

    sum: KindSum
    first_id: str
    last_id: str
    changed_count: int  # whose checksum does not fit


def month_of(moment: datetime) -> date:
    """The UTC month that a moment is in, by its first day."""
    return moment.astimezone(UTC).date().replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month + timedelta(days=31)).replace(day=1)


def begin_of(month: date) -> datetime:
    """Its first moment."""
    return datetime.combine(month, time(), UTC)


def closed_before(now: datetime) -> date:
    """The first month that cannot be closed yet: it runs, or has just ended."""
    return month_of(now - CLOSES_AFTER)


def add_up(sums: Iterable[KindSum]) -> tuple[KindSum, ...]:
    """One sum for each kind and counter-account, in their order."""
    totals: dict[tuple[str, str], tuple[int, int]] = {}
    for one in sums:
        count, micro = totals.get((one.kind, one.counter_account), (0, 0))
        totals[one.kind, one.counter_account] = (
            count + one.entry_count,
            micro + one.amount_micro,
        )
    return tuple(
        KindSum(kind, counter_account, count, micro)
        for (kind, counter_account), (count, micro) in sorted(totals.items())
    )


def make_closing(space_id: int, before: Mark, end: Mark, parts: Sequence[Part]) -> Closing | None:
    """The closing of the entries that `parts` sum up; None when they are not as they were written.

    They are those after `before`, up to `end`. What is not whole is not closed: a closing must
    never hide that an entry is missing.
    """
    sums = add_up(part.sum for part in parts)
    whole = (
        sum(one.entry_count for one in sums) == end.sequence - before.sequence
        and sum(one.amount_micro for one in sums)
        == end.balance_after_micro - before.balance_after_micro
        and all(part.changed_count == 0 for part in parts)
    )
    if not whole:
        return None
    return Closing(
        space_id=space_id,
        month=end.month,
        first_sequence=before.sequence + 1,
        sequence=end.sequence,
        first_id=bytes.fromhex(min(part.first_id for part in parts)),
        last_id=bytes.fromhex(max(part.last_id for part in parts)),
        balance_after_micro=end.balance_after_micro,
        sums=sums,
    )
