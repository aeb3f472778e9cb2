"""The moment at which a session of a test's database waits for another's lock."""

import asyncio

from staffetta.db.pool import Database

_SOMEBODY_WAITS = """
SELECT EXISTS (SELECT FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock')
"""
_SECONDS_MAX = 60  # patience, not a promise: the machine may be busy


async def until_somebody_waits(database: Database) -> None:
    """Until any session of this database waits for a lock."""
    async with asyncio.timeout(_SECONDS_MAX):
        while True:
            async with database.acquire() as connection:
                if await connection.fetchval(_SOMEBODY_WAITS):
                    return
            await asyncio.sleep(0.01)
