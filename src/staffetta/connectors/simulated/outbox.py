"""What waits for the ESMEs of one system_id, and the binds it may go out on.

Owns the order of reports and the choice of a bind. It never holds more than the exchange lets in.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from staffetta.connectors.simulated.deliveries import Delivery
from staffetta.smpp.bind_states import BindState
from staffetta.smpp.session import Session

_RECEIVING: Final = frozenset({BindState.BOUND_RX, BindState.BOUND_TRX})


class Outbox:
    """The reports for one system_id."""

    def __init__(self, system_id: bytes) -> None:
        self.system_id = system_id
        self.waiting: deque[Delivery] = deque()
        self.open_count = 0  # messages and reports that are not yet through
        self.bind_count = 0
        self._receivers: deque[Esme] = deque()

    @property
    def is_idle(self) -> bool:
        """Whether nobody would miss it."""
        return not self.open_count and not self.bind_count

    def join(self, esme: "Esme") -> None:
        """A bind began."""
        self.bind_count += 1
        if esme.receives:
            self._receivers.append(esme)

    def leave(self, esme: "Esme") -> None:
        """A bind ended."""
        self.bind_count -= 1
        if esme.receives:
            self._receivers.remove(esme)

    def send_waiting(self, now: float) -> None:
        """Send as many reports as the windows have room for, each time from another bind on."""
        if not self.waiting or not self._receivers:
            return
        self._receivers.rotate(-1)
        for esme in self._receivers:
            esme.send_from(self.waiting, now)


class Esme:
    """One bind: its session, and how to have written what it holds."""

    def __init__(self, session: Session, outbox: Outbox, flush_soon: Callable[[], None]) -> None:
        self.session = session
        self.outbox = outbox
        self.receives = session.state in _RECEIVING
        self.is_writable = True  # False while the peer does not read
        self._flush_soon = flush_soon

    @property
    def room(self) -> int:
        """How many reports may go out on it now."""
        return self.session.room if self.receives and self.is_writable else 0

    def send_from(self, waiting: deque[Delivery], now: float) -> None:
        """Send the first of `waiting`, as many as there is room for."""
        count = min(self.room, len(waiting))
        for _ in range(count):
            self.send(waiting.popleft(), now)
        if count:
            self._flush_soon()

    def send(self, delivery: Delivery, now: float) -> None:
        """Send one report. Its context comes back with the answer."""
        assert delivery.report is not None, "a report is made before it is queued"
        self.session.send(delivery.report, delivery, now)
