"""The bell of the queue: tells dispatch that a connector has something new."""

from typing import Final

from staffetta.db.bell import NotifyBell
from staffetta.db.pool import Database

CHANNEL: Final = "staffetta_queue"


class Bell:
    """Gathers rings and sends them."""

    def __init__(self, database: Database) -> None:
        self._bell = NotifyBell(database, CHANNEL)

    def ring(self, connector_id: int) -> None:
        """Say that a connector has something to claim. Never waits."""
        self._bell.ring(str(connector_id))

    async def notify_once(self) -> int:
        """Wait for a ring, send what gathered, then pause; answers how many were told."""
        return await self._bell.notify_once()
