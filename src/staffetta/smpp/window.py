"""The requests of ours that wait for an answer, and the numbers they go under.

Owns sequence numbers, the window's size, and the knowledge of which requests may have reached the
peer. Enquiries, binds and answers are outside the window.
"""

from typing import Any, NamedTuple

from msgspec import Struct

from staffetta.smpp import pdus
from staffetta.smpp.constants import SEQUENCE_NUMBER_MAX


class OpenRequest(Struct, frozen=True, gc=False):
    """One request without an answer. The context is the caller's, and nothing to us.

    It holds no way back to itself, so the cycle collector has nothing to look for here.
    """

    context: Any
    sent_at: float
    response_type: type[pdus.Response]


class LostRequests(NamedTuple):
    """What a lost connection leaves: the contexts of all requests without an answer, in order."""

    never_sent: list[Any]  # still in our hands: the peer cannot have them
    uncertain: list[Any]  # handed to the connection: the peer may have them


class Window:
    """At most `size` open requests, in the order in which they were sent."""

    __slots__ = ("_last_sequence_number", "_open", "_undrained", "size")

    def __init__(self, size: int, last_sequence_number: int = 0) -> None:
        self.size = size
        self._last_sequence_number = last_sequence_number
        self._open: dict[int, OpenRequest] = {}
        self._undrained: list[int] = []

    def __len__(self) -> int:
        """How many requests wait for an answer."""
        return len(self._open)

    @property
    def room(self) -> int:
        """How many more requests may be sent now."""
        return max(0, self.size - len(self._open))

    def is_full(self) -> bool:
        """Whether no request may be sent now."""
        return len(self._open) >= self.size

    @property
    def oldest_sent_at(self) -> float | None:
        """When the request was sent that waits longest; None when none waits."""
        for request in self._open.values():
            return request.sent_at
        return None

    def next_sequence_number(self) -> int:
        """A number from 1 to 0x7FFFFFFF that no open request has."""
        number = self._last_sequence_number
        while True:
            number = number + 1 if number < SEQUENCE_NUMBER_MAX else 1
            if number not in self._open:
                self._last_sequence_number = number
                return number

    def add(self, sequence_number: int, request: OpenRequest) -> None:
        """A request was put into the output."""
        self._open[sequence_number] = request
        self._undrained.append(sequence_number)

    def drained(self) -> None:
        """All output so far was handed to the connection."""
        if self._undrained:
            self._undrained.clear()

    def take(self, response: pdus.Response) -> OpenRequest | None:
        """The request that `response` answers, closed; None when it answers none.

        An answer of the wrong type leaves the request open: the right one may still come.
        """
        sequence_number = response.sequence_number
        request = self._open.get(sequence_number)
        if request is None or request.response_type is not type(response):
            return None
        del self._open[sequence_number]
        return request

    def take_nacked(self, sequence_number: int, *, may_guess: bool) -> OpenRequest | None:
        """The request that a generic_nack is about, closed; None when it is about none.

        With `may_guess` one without a number is about the one open request, if there is only one.
        """
        request = self._open.pop(sequence_number, None)
        if request is None and may_guess and len(self._open) == 1:
            return self._open.popitem()[1]
        return request

    def take_overdue(self, now: float, seconds: float) -> list[tuple[int, OpenRequest]]:
        """The requests that have waited for `seconds` or longer, closed, oldest first."""
        overdue: list[tuple[int, OpenRequest]] = []
        for sequence_number, request in self._open.items():
            if request.sent_at + seconds > now:
                break
            overdue.append((sequence_number, request))
        for sequence_number, _request in overdue:
            del self._open[sequence_number]
        return overdue

    def take_all(self) -> LostRequests:
        """Every open request, closed, by whether the peer can have it."""
        undrained = set(self._undrained)
        lost = LostRequests([], [])
        for sequence_number, request in self._open.items():
            where = lost.never_sent if sequence_number in undrained else lost.uncertain
            where.append(request.context)
        self._open.clear()
        self._undrained.clear()
        return lost
