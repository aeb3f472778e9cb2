"""Spending and balance over time, step by step, from the ledger."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from staffetta.db.pool import Connection
from staffetta.domain.ids import lowest_id
from staffetta.ledger import spending_sql as sql
from staffetta.ledger.read_spending import SPENDING
from staffetta.ledger.statement_sql import FIND_ENTRY_BEFORE


class MoneyStep(msgspec.Struct, frozen=True):
    """One step of time, in micro-units."""

    begins_at: datetime
    spent_micro: int  # below 0 when more came back than was taken
    balance_micro: int  # at its end


async def read_money_series(
    connection: Connection, space_id: int, starts: Sequence[datetime], end: datetime
) -> Sequence[MoneyStep]:
    """What was spent in each step and what there was at its end; `starts` ascend.

    An entry belongs to the moment of its id. The caller's transaction is repeatable read.
    """
    ids = [lowest_id(start) for start in starts]
    # Sequences and ids grow together: this walks over what is younger, and no further.
    before = await connection.fetchrow(FIND_ENTRY_BEFORE, space_id, ids[0])
    sequence = before["sequence"] if before else 0
    rows = await connection.fetch(
        sql.SUM_UP_STEPS, space_id, ids[0], lowest_id(end), sequence, ids, list(SPENDING)
    )
    if before:
        balance_micro = before["balance_after_micro"]
    else:  # the first entry, or the first that is kept
        balance_micro = rows[0]["balance_micro"] - rows[0]["moved_micro"] if rows else 0
    found = {row["step"]: row for row in rows}
    steps = []
    for number, begins_at in enumerate(starts):
        row = found.get(number)
        balance_micro = row["balance_micro"] if row else balance_micro
        steps.append(MoneyStep(begins_at, row["spent_micro"] if row else 0, balance_micro))
    return steps
