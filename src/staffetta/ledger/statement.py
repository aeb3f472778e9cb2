"""A statement: what an account had, what moved it, and what it has, over a period.

Where a month's entries were dropped, its closing speaks for it: with its sums when the whole month
is in the period, else the statement begins after it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from staffetta.db.kept_months import kept_in, read_kept_from
from staffetta.db.pool import Connection
from staffetta.ledger import statement_sql as sql
from staffetta.ledger.closing import Closing, KindSum, add_up, begin_of
from staffetta.ledger.period import Period

ENTRIES_MAX: Final = 10_000  # the export has no limit


class Line(msgspec.Struct, frozen=True):
    """One entry. Money in micro-units, into the wallet if positive."""

    sequence: int
    id: bytes
    at: datetime
    kind: str
    amount_micro: int
    balance_after_micro: int
    counter_account: str
    message_id: bytes | None
    recipient_id: bytes | None
    note: str


class Statement(msgspec.Struct, frozen=True):
    """A period of a wallet. Money in micro-units."""

    period: Period
    opening_micro: int
    closings: Sequence[Closing]  # of dropped months in it, before the first line
    lines: Sequence[Line]  # in order; the first ENTRIES_MAX
    entry_count: int  # of the period, those of its closings included
    sums: Sequence[KindSum]  # by kind and counter-account
    closing_micro: int
    held_micro: int | None  # at the end of the period; None: not known any more
    is_partial: bool  # a part of a dropped month is asked for, and left out


async def read_statement(
    connection: Connection, space_id: int, period: Period, limit: int = ENTRIES_MAX
) -> Statement:
    """Read it on one snapshot: the caller's transaction must be repeatable read."""
    kept_from = await read_kept_from(connection)
    gone = await gone_closings(connection, space_id, kept_in(kept_from, "ledger_entry"))
    closings = [one for one in gone if _is_inside(one, period)]
    span = (space_id, period.first_id, period.after_id)
    sums = _join(closings, await connection.fetch(sql.SUM_UP_PERIOD, *span))
    lines = await connection.fetch(sql.READ_PERIOD, *span, min(limit, ENTRIES_MAX))
    opening_micro = await _opening_micro(connection, space_id, period, gone, closings)
    held_micro = None
    if period.after_id > kept_in(kept_from, "hold"):
        held_micro = await connection.fetchval(sql.READ_HELD_AT, space_id, begin_of(period.end))
    return Statement(
        period=period,
        opening_micro=opening_micro,
        closings=closings,
        lines=[Line(**row) for row in lines],
        entry_count=sum(one.entry_count for one in sums),
        sums=sums,
        closing_micro=opening_micro + sum(one.amount_micro for one in sums),
        held_micro=held_micro,
        is_partial=any(_is_cut(one, period) for one in gone),
    )


async def gone_closings(
    connection: Connection, space_id: int, entries_from: bytes
) -> Sequence[Closing]:
    """The closings whose entries were dropped, oldest first."""
    rows = await connection.fetch(sql.READ_GONE_CLOSINGS, space_id, entries_from)
    return [msgspec.convert(dict(row.items()), Closing) for row in rows]


async def _opening_micro(
    connection: Connection,
    space_id: int,
    period: Period,
    gone: Sequence[Closing],
    closings: Sequence[Closing],
) -> int:
    """The balance before the first closing or line that the statement shows."""
    if closings:
        first = closings[0]
        return first.balance_after_micro - sum(one.amount_micro for one in first.sums)
    row = await connection.fetchrow(sql.FIND_ENTRY_BEFORE, space_id, period.first_id)
    if row is not None:
        return int(row["balance_after_micro"])
    earlier = [one for one in gone if one.first_id < period.after_id]
    return earlier[-1].balance_after_micro if earlier else 0


def _is_inside(closing: Closing, period: Period) -> bool:
    return period.first_id <= closing.first_id and closing.last_id < period.after_id


def _is_cut(closing: Closing, period: Period) -> bool:
    overlaps = closing.first_id < period.after_id and closing.last_id >= period.first_id
    return overlaps and not _is_inside(closing, period)


def _join(closings: Sequence[Closing], rows: Sequence[Any]) -> Sequence[KindSum]:
    sums = [one for closing in closings for one in closing.sums]
    return add_up([*sums, *(KindSum(**row) for row in rows)])
