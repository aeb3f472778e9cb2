"""When spaces sent last."""

from collections.abc import Sequence
from datetime import datetime

from staffetta.db.pool import Connection
from staffetta.messaging.sql import last_messages as sql


async def find_last_messages(
    connection: Connection, space_ids: Sequence[int]
) -> dict[int, datetime]:
    """When the newest kept message of each space was accepted; a space without one is left out."""
    rows = await connection.fetch(sql.FIND_LAST_MESSAGES, list(space_ids))
    return {row["space_id"]: row["created_at"] for row in rows}
