"""Closing the months that are over, wallet by wallet, so that their entries may be dropped one day.

First the wallet is sealed, under its lock: entries to come get ids past the month's end, whatever
the clock of the transaction that writes them says. Then nothing can be added to the month, its
entries never change, and they are summed up without a lock, in pieces.
"""

from collections.abc import Callable
from datetime import date, datetime
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
_NOTHING: Final = Mark(date(1970, 1, 1), 0, 0)

# Is told of a wallet and a month whose entries are not as they were written: `verify` names them.
TellNotWhole = Callable[[int, date], None]


async def close_months_once(database: Database, now: datetime, tell_not_whole: TellNotWhole) -> int:
    """Close the months that are over for some wallets; answers how many wallets were done with.

    Several processes may do it at once: they come to the same sums, and each month is written once.
    A month without entries has no closing. A month that is not whole is left to the next closing.
    """
    until = closed_before(now)
    async with database.transaction() as connection:
        rows = await connection.fetch(
            sql.SEAL_WALLETS, until, lowest_id(begin_of(until)), _STEP_MAX
        )
    for row in rows:
        async with database.acquire() as connection:
            await _close(connection, row["space_id"], until, now, tell_not_whole)
            await connection.execute(sql.MARK_CLOSED, row["space_id"], until)
    return len(rows)


async def _close(
    connection: Connection, space_id: int, until: date, now: datetime, tell: TellNotWhole
) -> None:
    """Write the closings of one wallet that is sealed up to `until`, the oldest first."""
    newest = await connection.fetchrow(sql.FIND_NEWEST_CLOSING, space_id)
    mark = _NOTHING if newest is None else Mark(**newest)
    while (end := await _find_end(connection, space_id, mark, until)) is not None:
        parts = await _sum_up(connection, space_id, mark, end)
        closing = make_closing(space_id, mark, end, parts)
        if closing is None:
            tell(space_id, end.month)
            return
        await _insert(connection, closing, now)
        mark = end


async def _find_end(connection: Connection, space_id: int, mark: Mark, until: date) -> Mark | None:
    """The end of the next month that has entries and is over; None when there is none.

    Where a month's entries are no run of the sequence it is taken together with the next one.
    """
    end_id = lowest_id(begin_of(until))
    next_id = await connection.fetchval(sql.FIND_NEXT_ENTRY, space_id, mark.sequence, end_id)
    if next_id is None:
        return None
    month = max(month_of(id_time(next_id)), next_month(mark.month))
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
