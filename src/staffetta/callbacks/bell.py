"""The bell of callbacks: tells whoever delivers that a lane has something owed."""

from collections.abc import Iterable
from typing import Final

from staffetta.callbacks.owe import Lane
from staffetta.db.bell import NotifyBell
from staffetta.db.pool import Database

CHANNEL: Final = "staffetta_callbacks"


class CallbackBell:
    """Gathers rings and sends them."""

    def __init__(self, database: Database) -> None:
        self._bell = NotifyBell(database, CHANNEL)

    def ring(self, lanes: Iterable[Lane]) -> None:
        """Say that these lanes have something to claim, after the commit. Never waits."""
        for lane in lanes:
            self._bell.ring(f"{lane.space_id} {lane.host}")

    async def notify_once(self) -> int:
        """Wait for a ring, send what gathered, then pause; answers how many lanes were told."""
        return await self._bell.notify_once()


def lane_in(payload: str) -> Lane | None:
    """The lane that a notification names, or None when it names none."""
    space, _, host = payload.partition(" ")
    if not space.isascii() or not space.isdigit() or not host:
        return None
    return Lane(int(space), host)
