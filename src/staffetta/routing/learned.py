"""How carriers spell message ids in their reports, as it was learned and is kept.

Apart from the connectors' rows: learning is no change of configuration, and restarts no link.
"""

from collections.abc import Mapping
from datetime import datetime

from staffetta.db.pool import Connection
from staffetta.routing import learned_sql as sql


async def read_learned(connection: Connection) -> Mapping[int, str]:
    """The name of the learned spelling, by connector."""
    rows = await connection.fetch(sql.READ_LEARNED)
    return {row["connector_id"]: row["report_spelling"] for row in rows}


async def store_learned(
    connection: Connection, connector_id: int, spelling: str, evidence_count: int, now: datetime
) -> bool:
    """Keep what so many reports agreed on; False where it is known already."""
    stored = await connection.fetchval(
        sql.STORE_LEARNED, connector_id, spelling, evidence_count, now
    )
    return stored is not None


async def forget_learned(connection: Connection, connector_id: int) -> None:
    """Another carrier stands behind a connector now: what the one before showed counts no more.

    Running servers hear of it within a second.
    """
    await connection.execute(sql.FORGET_LEARNED, connector_id)
