"""What a space spent: from the ledger and its closings, so it is exact.

Spending is what requests cost: charges, captures and penalties less refunds. Bundles are bought,
and no part of it.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from staffetta.db.pool import Connection
from staffetta.domain.ids import lowest_id
from staffetta.ledger import spending_sql as sql
from staffetta.ledger.book import EntryKind

SPENDING: Final = (EntryKind.CHARGE, EntryKind.CAPTURE, EntryKind.PENALTY, EntryKind.REFUND)


async def read_spent(connection: Connection, space_id: int, first_day: date, last_day: date) -> int:
    """Micro-units spent in some UTC days, both ends included.

    Below zero when more came back than was taken. Of a month whose entries were dropped only the
    whole is known: a part of it counts as nothing.
    """
    after = last_day + timedelta(days=1)
    spent_micro: int = await connection.fetchval(
        sql.READ_SPENT, space_id, _first_id(first_day), _first_id(after), list(SPENDING)
    )
    return spent_micro


def _first_id(day: date) -> bytes:
    return lowest_id(datetime.combine(day, time(), UTC))
