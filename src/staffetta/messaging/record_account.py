"""Having all traffic of a space recorded for a while: it always ends by itself."""

from datetime import datetime, timedelta
from typing import Final

from staffetta.db.pool import Connection
from staffetta.messaging.sql import recordings as sql

RECORDED_MAX: Final = timedelta(days=7)


async def record_space(connection: Connection, space_id: int, until: datetime) -> None:
    """Record all PDUs of a space's messages until a moment, in the caller's transaction.

    Processes learn it within a second; what is on its way then is not recorded.
    """
    await connection.execute(sql.RECORD_SPACE, space_id, until)


async def record_space_no_more(connection: Connection, space_id: int) -> None:
    """End it now. What was recorded stays until its time is over."""
    await connection.execute(sql.RECORD_SPACE_NO_MORE, space_id)


async def recorded_until(connection: Connection, space_id: int, now: datetime) -> datetime | None:
    """Until when a space's traffic is recorded; None: it is not."""
    until: datetime | None = await connection.fetchval(sql.READ_RECORDED_UNTIL, space_id, now)
    return until
