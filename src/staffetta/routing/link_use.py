"""What links do at this moment, as the processes that hold them tell: for people to look at.

Nothing is decided by it. It is a second old at most while something happens, and stays as it was
while nothing does.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from staffetta.db.pool import Connection
from staffetta.routing import state_sql as sql


class LinkUse(msgspec.Struct, frozen=True):
    """What one link does. Counts are of segments, within the last minute."""

    connector_id: int
    number: int  # of the link, from 1
    open_count: int  # written, and not answered yet
    open_max: int  # the window that holds now
    per_second: float  # segments written, of late
    per_second_max: float | None  # the rate that holds now; None: no limit
    submit_count: int
    report_count: int
    throttle_count: int  # how often the carrier asked to slow down


async def store_uses(
    connection: Connection, owner: int, uses: Sequence[LinkUse], now: datetime
) -> None:
    """Store what these links of `owner` do, in one statement; connectors that are gone have none.

    Give them in the order of connector and number, as everybody does.
    """
    await connection.execute(
        sql.STORE_USES,
        owner,
        now,
        [one.connector_id for one in uses],
        [one.number for one in uses],
        [one.open_count for one in uses],
        [one.open_max for one in uses],
        [one.per_second for one in uses],
        [one.per_second_max for one in uses],
        [one.submit_count for one in uses],
        [one.report_count for one in uses],
        [one.throttle_count for one in uses],
    )
