"""Messages on their way, and the moments at which they move on.

Owns the values and the order of what falls due. It reads no clock and sets no timer: there is one
queue for each length of time, already in order, instead of a timer for each message.
"""

from collections import deque
from collections.abc import Iterator
from math import inf

from msgspec import Struct

from staffetta.connectors.simulated.behaviours import Ending
from staffetta.smpp.pdus import DeliverSm, SubmitSm


class Delivery(Struct, gc=False):
    """A message between the submit and the last answer to its report.

    gc=False keeps them out of the cycle collector, which is safe: nothing they hold leads back.
    """

    pdu: SubmitSm
    system_id: bytes  # whose message it is
    message_id: bytes  # as the answer spells it
    report_id: bytes  # as the report does
    ending: Ending
    submitted_at: float  # seconds of the loop's clock
    due_at: float
    is_shown: bool  # the handset is still to show it
    report_count: int  # how many times its report is still to come
    weight: int = 1  # what it counts in the limits: more than one when its TLVs are long
    report: DeliverSm | None = None  # made when the message ends; brought again as it is


class Schedule:
    """Deliveries by when they fall due."""

    def __init__(self) -> None:
        self._queues: dict[float, deque[Delivery]] = {}  # by how long their entries wait

    @property
    def next_due(self) -> float:
        """When the first one falls due; infinity when none waits."""
        return min((queue[0].due_at for queue in self._queues.values() if queue), default=inf)

    def add(self, delivery: Delivery, seconds: float, now: float) -> None:
        """Let `delivery` fall due in `seconds`, of which there are few different values."""
        delivery.due_at = now + seconds
        queue = self._queues.get(seconds)
        if queue is None:
            queue = self._queues[seconds] = deque()
        queue.append(delivery)

    def take_due(self, now: float) -> Iterator[Delivery]:
        """What fell due until `now`, each queue in its order."""
        for queue in self._queues.values():
            while queue and queue[0].due_at <= now:
                yield queue.popleft()
