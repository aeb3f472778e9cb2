"""Realtime messages: one a minute for each account, by the time of queueing (contract section 4).

A place is taken by what is sent now for now, and by what is sent later for its time. The caller
holds the wallet's lock, so two requests of one space never look at once.
"""

from datetime import datetime, timedelta
from typing import Final

from staffetta.db.pool import Connection
from staffetta.messaging.bulk import sql
from staffetta.messaging.bulk.errors import RealtimeTooSoon

REALTIME_PAUSE: Final = timedelta(minutes=1)


async def take_realtime(
    connection: Connection, space_id: int, message_id: bytes, due_at: datetime, now: datetime
) -> None:
    """Take a place for a message that is queued at `due_at`, instead of one that it has already.

    Raises RealtimeTooSoon when another is queued less than a minute before or after.
    """
    await connection.execute(
        sql.FREE_REALTIME, space_id, message_id, min(due_at, now) - REALTIME_PAUSE
    )
    taken = await connection.fetchval(
        sql.TAKE_REALTIME, space_id, message_id, due_at, REALTIME_PAUSE
    )
    if taken is None:
        raise RealtimeTooSoon(
            "'options.realtime' may be used once a minute: send it without, or later"
        )


async def free_realtime(
    connection: Connection, space_id: int, message_id: bytes, now: datetime
) -> None:
    """Give back the place of a message that will not be queued."""
    await connection.execute(sql.FREE_REALTIME, space_id, message_id, now - REALTIME_PAUSE)
