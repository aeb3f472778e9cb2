"""Forgetting codes that nobody can use any more."""

from datetime import datetime, timedelta
from typing import Final

from staffetta.db.pool import Database
from staffetta.otp import sql

FORGET_MAX: Final = 10_000  # of each table, in one step
# Longer than idempotency keys are kept, for a repeated request is answered with its first code.
_CODES_KEPT: Final = timedelta(hours=25)
_CACHE_KEPT: Final = timedelta(minutes=10)  # for clocks that differ


async def forget_codes_once(database: Database, now: datetime) -> int:
    """Forget old codes, sent or not; answers how many rows."""
    async with database.acquire() as connection:
        count: int = await connection.fetchval(
            sql.FORGET, now - _CODES_KEPT, now - _CACHE_KEPT, FORGET_MAX
        )
    return count
