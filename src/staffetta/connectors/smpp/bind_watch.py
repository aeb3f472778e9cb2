"""A link without a bind for long: somebody is told, whatever keeps it from one.

Owns when. A refused bind has an alarm of its own at once; this one is for what looks as if it
passed, and does not.
"""

import asyncio

from staffetta.connectors.smpp.alarms import Alarms
from staffetta.routing.alarms import AlarmKind


class BindWatch:
    """The time of one link without a bind. Told of again each time as long has passed."""

    def __init__(self, number: int, alarms: Alarms, seconds: float) -> None:
        self._number = number
        self._alarms = alarms
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._since = 0.0
        self.why = "no connection was tried yet"  # how the newest bind ended, or the try of one

    def unbound(self) -> None:
        """The link is not bound, from now on or still."""
        if self._timer is None:
            self._since = self._loop.time()
            self._timer = self._loop.call_later(self._seconds, self._tell)

    def bound(self) -> None:
        """The link is bound."""
        self.stop()
        self._alarms.clear(self._number, AlarmKind.NOT_BOUND)

    def stop(self) -> None:
        """Nobody asks for a bind any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell(self) -> None:
        minutes = (self._loop.time() - self._since) / 60
        detail = f"link {self._number} has had no bind for {minutes:.0f} minutes: {self.why}"
        self._alarms.raise_(self._number, AlarmKind.NOT_BOUND, detail)
        self._timer = self._loop.call_later(self._seconds, self._tell)
