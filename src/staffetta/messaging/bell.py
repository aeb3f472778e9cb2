"""The bell: tells dispatch that a connector has something new, by NOTIFY.

It only shortens a poll, so it may be lost. It rings after the commit, on a connection of its own,
at most once per connector in each pause: inside the transaction NOTIFY serialises commits (sixteen
clients fell to a third, measured).
"""

import asyncio
from typing import Final

from staffetta.db.pool import Database
from staffetta.messaging.sql import accept as sql

CHANNEL: Final = "staffetta_queue"
PAUSE_SECONDS: Final = 0.005


class Bell:
    """Gathers rings and sends them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connectors: set[int] = set()
        self._rung = asyncio.Event()

    def ring(self, connector_id: int) -> None:
        """Say that a connector has something to claim. Never waits."""
        self._connectors.add(connector_id)
        self._rung.set()

    async def notify_once(self) -> int:
        """Wait for a ring, send what gathered, then pause; answers how many were told."""
        await self._rung.wait()
        self._rung.clear()
        connectors, self._connectors = self._connectors, set()
        async with self._database.acquire() as connection:
            for connector_id in connectors:
                await connection.execute(sql.NOTIFY, CHANNEL, str(connector_id))
        await asyncio.sleep(PAUSE_SECONDS)
        return len(connectors)
