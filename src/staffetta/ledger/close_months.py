"""Closing the months that are over, wallet by wallet, so that their entries may be dropped one day.

First the wallet is sealed, under its lock: entries to come get ids past the month's end, whatever
the clock of the transaction that writes them says. Then nothing can be added to the month, its
entries never change, and they are summed up without a lock, in pieces.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from staffetta.db.pool import Connection, Database
from staffetta.domain.ids import id_time, lowest_id
from staffetta.ledger import closing_sql as sql
from staffetta.ledger.closing import (
    Closing,
    KindSum,
    Mark,
    Part,
    begin_of,
    closed_before,
    make_closing,
    month_of,
    next_month,
)

_STEP_MAX: Final = 20  # wallets
_PIECE_MAX: Final = 200_000  # entries that one statement sums up
_NOTHING: Final = Mark(date(1969, 12, 1), 0, 0)  # no id is older than what follows


class Obstacle(StrEnum):
    """Why a month of a wallet stays open."""

    CHANGED = "its entries are not as they were written: run `staffetta ledger verify`"
    MIXED = "its entries stand among those of the next month: it is closed together with that one"


# Is told of a wallet and a month that is over and stays open.
TellNotClosed = Callable[[int, date, Obstacle], None]


class MonthCloser:
    """Closes the months that are over, walking through the wallets again and again.

    Several processes may do it at once: they come to the same sums, and each month is written once.
    A month without entries has no closing.
    """

    def __init__(self, database: Database, tell_not_closed: TellNotClosed) -> None:
        self._database = database
        self._tell = tell_not_closed
        self._after_space_id = 0

    async def close_once(self, now: datetime) -> int:
        """Go on until some wallets got further; answers how many: 0 at the end of a walk.

        A wallet that cannot be closed keeps its mark, and is looked at once a walk.
        """
        until = closed_before(now)
        while space_ids := await self._seal_some(until):
            moved = [await self._close(space_id, until, now) for space_id in space_ids]
            self._after_space_id = max(space_ids)
            if any(moved):
                return sum(moved)
        self._after_space_id = 0
        return 0

    async def _seal_some(self, until: date) -> list[int]:
        async with self._database.transaction() as connection:
            rows = await connection.fetch(
                sql.SEAL_WALLETS,
                until,
                lowest_id(begin_of(until)),
                _STEP_MAX,
                self._after_space_id,
            )
        return [row["space_id"] for row in rows]

    async def _close(self, space_id: int, until: date, now: datetime) -> bool:
        """Close what can be closed of a wallet that is sealed; answers whether it got further."""
        async with self._database.acquire() as connection:
            closed_until = await _close(connection, space_id, until, now, self._tell)
            done = await connection.execute(sql.MARK_CLOSED, space_id, closed_until)
        return done == "UPDATE 1"


async def _close(
    connection: Connection, space_id: int, until: date, now: datetime, tell: TellNotClosed
) -> date:
    """Write the closings of one wallet that is sealed up to `until`, the oldest first.

    Answers up to where it is closed: `until`, or the end of its newest closing when it stops there.
    A month that is marked as closed may be dropped.
    """
    newest = await connection.fetchrow(sql.FIND_NEWEST_CLOSING, space_id)
    mark = _NOTHING if newest is None else Mark(**newest)
    end_id = lowest_id(begin_of(until))
    while next_id := await connection.fetchval(
        sql.FIND_NEXT_ENTRY, space_id, mark.sequence, end_id
    ):
        month = max(month_of(id_time(next_id)), next_month(mark.month))
        end = await _find_end(connection, space_id, mark, month, until)
        if end is None:
            tell(space_id, month, Obstacle.MIXED)
            return next_month(mark.month)
        closing = make_closing(space_id, mark, end, await _sum_up(connection, space_id, mark, end))
        if closing is None or await connection.fetchval(sql.IS_CUT_OFF, space_id, end.sequence):
            tell(space_id, end.month, Obstacle.CHANGED)
            return next_month(mark.month)
        await _insert(connection, closing, now)
        mark = end
    if await connection.fetchval(sql.IS_CUT_OFF, space_id, mark.sequence):
        tell(space_id, month_of(begin_of(until) - timedelta(days=1)), Obstacle.CHANGED)
        return next_month(mark.month)
    return until


async def _find_end(
    connection: Connection, space_id: int, mark: Mark, month: date, until: date
) -> Mark | None:
    """The end of a month that has entries and is over; None when it cannot be closed yet.

    Where a month's entries are no run of the sequence it is taken together with the next one.
    """
    while month < until:
        end_id = lowest_id(begin_of(next_month(month)))
        row = await connection.fetchrow(sql.FIND_LAST_ENTRY, space_id, mark.sequence, end_id)
        assert row is not None, "the month has the entry that it was found by"
        end = Mark(month, row["sequence"], row["balance_after_micro"])
        mixed = await connection.fetchval(
            sql.IS_MIXED, space_id, mark.sequence, end.sequence, end_id
        )
        if not mixed:
            return end
        month = next_month(month)
    return None


async def _sum_up(connection: Connection, space_id: int, mark: Mark, end: Mark) -> list[Part]:
    parts: list[Part] = []
    for begin in range(mark.sequence, end.sequence, _PIECE_MAX):
        piece_end = min(begin + _PIECE_MAX, end.sequence)
        rows = await connection.fetch(sql.SUM_UP_ENTRIES, space_id, begin, piece_end)
        parts.extend(_part(row) for row in rows)
    return parts


def _part(row: Any) -> Part:
    amount_micro = int(row["amount_micro"])
    return Part(
        KindSum(row["kind"], row["counter_account"], row["entry_count"], amount_micro),
        row["first_id"],
        row["last_id"],
        row["changed_count"],
    )


async def _insert(connection: Connection, closing: Closing, now: datetime) -> None:
    await connection.execute(
        sql.INSERT_CLOSING,
        closing.space_id,
        closing.month,
        closing.first_sequence,
        closing.sequence,
        closing.first_id,
        closing.last_id,
        closing.balance_after_micro,
        closing.sums,
        now,
    )
