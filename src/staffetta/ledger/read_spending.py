"""What a space spent, by day: from the ledger itself, so it is exact.

Spending is what requests cost: charges, captures and penalties less refunds. Bundles are bought,
and no part of it.
"""

from datetime import UTC, date, datetime, time, timedelta

from staffetta.db.pool import Connection
from staffetta.domain.ids import lowest_id
from staffetta.ledger import spending_sql as sql


async def spending_by_day(
    connection: Connection, space_id: int, first_day: date, last_day: date
) -> dict[date, int]:
    """Micro-units by UTC day, both ends included; a day without a movement is not in it.

    Below zero on a day that brought back more than it took.
    """
    after = last_day + timedelta(days=1)
    rows = await connection.fetch(
        sql.SPENDING_BY_DAY, space_id, _first_id(first_day), _first_id(after)
    )
    return {row["day"]: row["spent_micro"] for row in rows}


def _first_id(day: date) -> bytes:
    return lowest_id(datetime.combine(day, time(), UTC))
