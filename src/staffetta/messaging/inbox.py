"""What connectors handed back and the database does not have yet.

Bounded and in memory: a settlement that is lost with the process leaves a claim of a dead owner,
which becomes uncertain; a report that is lost was never acknowledged, so the carrier brings it
again.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from staffetta.messaging.connector import Report, Settlement

REPORTS_WAITING_MAX: Final = 10_000
# A batch of them: behind it nothing more is claimed. A backlog that goes out faster than answers
# are written has its reports come before its submissions, which costs them twice the work, and
# fills the carrier's own queue with reports.
SETTLEMENTS_WAITING_MAX: Final = 500


class WaitingReport:
    """A report, and the one to tell what became of it."""

    __slots__ = ("_stored", "_told", "report")

    def __init__(self, report: Report, stored: Callable[[bool], None]) -> None:
        self.report = report
        self._stored = stored
        self._told = False

    def tell(self, durable: bool) -> None:
        """Say whether it is durable. The first word counts: a carrier is answered once."""
        if not self._told:
            self._told = True
            self._stored(durable)


class MemoryInbox:
    """Takes what connectors say, wakes the step that writes it."""

    def __init__(self) -> None:
        self.settlements: deque[Settlement] = deque()
        self.reports: deque[WaitingReport] = deque()
        self.answers_came = asyncio.Event()  # cleared by whoever waits for it, before looking
        self._room: dict[int, asyncio.Event] = {}
        self._emptied: set[int] = set()  # connectors whose queue had nothing left

    def room_of(self, connector_id: int) -> asyncio.Event:
        """The event that a connector's dispatch loop waits for."""
        return self._room.setdefault(connector_id, asyncio.Event())

    def ready(self, connector_id: int) -> None:
        """A connector may take more; of use only where the last claim may have left something."""
        if connector_id not in self._emptied:
            self.room_of(connector_id).set()

    def rung(self, connector_id: int) -> None:
        """A connector has something new to claim."""
        self.room_of(connector_id).set()

    def note_queue(self, connector_id: int, *, is_empty: bool) -> None:
        """Say what is known of a queue: while it is empty, room alone is no reason to look again.

        Each answered submit makes room, and most would wake a claim that finds nothing.
        """
        if is_empty:
            self._emptied.add(connector_id)
        else:
            self._emptied.discard(connector_id)

    @property
    def is_behind(self) -> bool:
        """Whether so much waits to be written that nothing more should be claimed."""
        return len(self.settlements) >= SETTLEMENTS_WAITING_MAX

    def written(self) -> None:
        """Some settlements are durable: whoever waited for that may claim again."""
        if not self.is_behind:
            for connector_id in self._room:
                self.ready(connector_id)

    def settled(self, settlement: Settlement) -> None:
        """Take the outcome of a claim."""
        self.settlements.append(settlement)
        self.answers_came.set()

    def reported(self, report: Report, stored: Callable[[bool], None]) -> bool:
        """Take a delivery report, unless too many wait already."""
        if len(self.reports) >= REPORTS_WAITING_MAX:
            return False
        self.reports.append(WaitingReport(report, stored))
        self.answers_came.set()
        return True
