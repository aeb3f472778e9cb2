"""What was spent in a step of time and what there was before it, from the ledger."""

from datetime import datetime

import msgspec

from staffetta.db.pool import Connection
from staffetta.domain.ids import lowest_id
from staffetta.ledger import spending_sql as sql
from staffetta.ledger.read_spending import SPENDING


class Mark(msgspec.Struct, frozen=True):
    """A place between two entries of a wallet."""

    sequence: int  # of the entry before it; 0: there is none
    balance_micro: int


class SummedStep(msgspec.Struct, frozen=True):
    """A step that ends at a mark."""

    spent_micro: int  # below 0 when more came back than was taken
    before: Mark  # where it begins


async def read_newest_mark(connection: Connection, space_id: int) -> Mark:
    """Where a space's wallet is now; a wallet that does not exist is at nothing."""
    row = await connection.fetchrow(sql.READ_NEWEST_MARK, space_id)
    return Mark(0, 0) if row is None else Mark(row["sequence"], row["balance_micro"])


async def sum_up_step(
    connection: Connection, space_id: int, begin: datetime, after: Mark
) -> SummedStep:
    """The entries from `begin` up to a mark; an entry belongs to the moment of its id.

    Sequences and ids grow together, so it looks at those entries and no others.
    """
    row = await connection.fetchrow(
        sql.SUM_UP_STEP, space_id, lowest_id(begin), after.sequence, list(SPENDING)
    )
    assert row is not None, "sums are always one row"
    if row["before_balance_micro"] is not None:
        balance_micro = row["before_balance_micro"]
    else:  # its first entry is the first of all, or the first that is kept
        balance_micro = after.balance_micro - row["moved_micro"]
    return SummedStep(row["spent_micro"], Mark(row["before_sequence"], balance_micro))
