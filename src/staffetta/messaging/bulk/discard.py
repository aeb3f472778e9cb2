"""Discarding transactions that were left open: each alone, so that none stops the others."""

from datetime import datetime
from typing import Any, Final

import structlog

from staffetta.db.errors import DatabaseError
from staffetta.db.pool import Database
from staffetta.messaging.bulk import sql
from staffetta.messaging.bulk.note import note_ends
from staffetta.messaging.bulk.spans import spans_of

_FOUND_MAX: Final = 1000

_log = structlog.get_logger(__name__)


async def discard_open_once(database: Database, now: datetime) -> int:
    """Discard transactions that were left open for 48 hours; answers how many.

    One that cannot be discarded now is left for the next time, and does not stop the others.
    """
    async with database.acquire() as connection:
        found = await connection.fetch(sql.FIND_DISCARDABLE, now, _FOUND_MAX)
    count = 0
    for row in found:
        try:
            count += await _discard(database, row, now)
        except DatabaseError as error:
            message_id = row["id"].hex()
            _log.warning("transaction_not_discarded", message=message_id, error=str(error))
    return count


async def _discard(database: Database, row: Any, now: datetime) -> bool:
    place = (row["space_id"], row["id"])
    async with database.transaction() as connection:
        recipient_count = await connection.fetchval(sql.LOCK_DISCARDABLE, *place, now)
        if recipient_count is None:
            return False
        for span in spans_of(recipient_count):
            await connection.execute(sql.CANCEL_RECIPIENTS, *place, *span, now)
        await connection.execute(sql.CANCEL_STATE, *place, now)
        await note_ends(connection, *place, recipient_count, now)
    return True
