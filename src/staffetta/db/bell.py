"""The bell: tells other processes that there is something new, by NOTIFY.

It only shortens a poll, so a ring may be lost. It rings after the commit, on a connection of its
own, with everything that gathered in each pause: inside the transaction NOTIFY serialises commits
(sixteen clients fell to a third, measured). What a payload means is its caller's business.
"""

import asyncio
from typing import Final

from staffetta.db.pool import Database

PAUSE_SECONDS: Final = 0.005
PAYLOADS_MAX: Final = 10_000  # what is rung past it is found by the next poll

NOTIFY = """
SELECT pg_notify($1, payload)
  FROM unnest($2::text[]) AS gathered (payload)
"""


class NotifyBell:
    """Gathers payloads for one channel and sends them, each once."""

    def __init__(self, database: Database, channel: str) -> None:
        self._database = database
        self._channel = channel
        self._payloads: set[str] = set()
        self._rung = asyncio.Event()

    def ring(self, payload: str) -> None:
        """Have `payload` told, of fewer than 8,000 bytes. Never waits."""
        if len(self._payloads) < PAYLOADS_MAX:
            self._payloads.add(payload)
            self._rung.set()

    async def notify_once(self) -> int:
        """Wait for a ring, send what gathered, then pause; answers how many were told."""
        await self._rung.wait()
        self._rung.clear()
        payloads, self._payloads = self._payloads, set()
        async with self._database.acquire() as connection:
            await connection.execute(NOTIFY, self._channel, list(payloads))
        await asyncio.sleep(PAUSE_SECONDS)
        return len(payloads)
