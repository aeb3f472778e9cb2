"""The timers of a session, as values: what falls due when, given the time.

Owns deadlines alone; nothing here reads a clock. All times are seconds of one monotonic clock,
which whoever drives the session reads and passes in.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import inf

from staffetta.smpp.bind_states import BOUND, BindState, Role


@dataclass(frozen=True, slots=True)
class Timings:
    """How long each thing may take; the defaults suit the carriers seen so far."""

    connect_seconds: float = 10.0  # for whoever opens the connection; not used in a session
    session_init_seconds: float = 10.0  # from the connection to the bind request
    bind_seconds: float = 10.0  # from our bind request to its answer
    enquire_idle_seconds: float = 30.0  # of silence before we ask whether the peer is there
    enquire_answer_seconds: float = 10.0  # of further silence before the session is dead
    response_seconds: float = 30.0  # from a request of ours to its answer
    unbind_seconds: float = 5.0  # from our unbind to its answer
    inactivity_seconds: float = inf  # without a message before we unbind; enquiries do not count


class Timer(StrEnum):
    """What can fall due."""

    SESSION_INIT = "session_init"
    BIND = "bind"
    UNBIND = "unbind"
    ENQUIRE = "enquire"
    ENQUIRE_ANSWER = "enquire_answer"
    INACTIVITY = "inactivity"
    RESPONSE = "response"


class Timers:
    """When what last happened in one session, and what follows from it."""

    __slots__ = ("_enquired_at", "_entered_at", "_heard_at", "_traffic_at", "timings")

    def __init__(self, timings: Timings, now: float) -> None:
        self.timings = timings
        self._entered_at = now
        self._heard_at = now
        self._traffic_at = now
        self._enquired_at: float | None = None

    @property
    def awaits_enquiry(self) -> bool:
        """Whether an enquire_link of ours went out and nothing came in since."""
        return self._enquired_at is not None

    def entered(self, now: float) -> None:
        """The session came to its present state."""
        self._entered_at = now
        self._traffic_at = now

    def heard(self, now: float) -> None:
        """A PDU came. Whatever it is, it shows that the peer lives."""
        self._heard_at = now
        self._enquired_at = None

    def saw_traffic(self, now: float) -> None:
        """Something other than an enquiry came or went."""
        self._traffic_at = now

    def enquired(self, now: float) -> None:
        """We asked whether the peer is there."""
        self._enquired_at = now

    def deadlines(
        self, role: Role, state: BindState, oldest_request_at: float | None
    ) -> list[tuple[float, Timer]]:
        """Everything that runs now, with the time at which it falls due."""
        timings = self.timings
        running: list[tuple[float, Timer]] = []
        if state is BindState.OPEN:
            running.append((self._entered_at + timings.session_init_seconds, Timer.SESSION_INIT))
        elif state is BindState.BINDING and role is Role.ESME:
            running.append((self._entered_at + timings.bind_seconds, Timer.BIND))
        elif state is BindState.UNBINDING:
            running.append((self._entered_at + timings.unbind_seconds, Timer.UNBIND))
        elif state in BOUND:
            running.append(self._enquiry_deadline(oldest_request_at))
            running.append((self._traffic_at + timings.inactivity_seconds, Timer.INACTIVITY))
        if oldest_request_at is not None and state is not BindState.CLOSED:
            running.append((oldest_request_at + timings.response_seconds, Timer.RESPONSE))
        return running

    def _enquiry_deadline(self, oldest_request_at: float | None) -> tuple[float, Timer]:
        """When silence leads to a question, and no answer to that to the end.

        While a request waits, they come after half its time and a third more at most: that a peer
        is gone is known before the request is merely overdue.
        """
        timings = self.timings
        enquire_at = self._heard_at + timings.enquire_idle_seconds
        answer_seconds = timings.enquire_answer_seconds
        if oldest_request_at is not None:
            silent_since = max(self._heard_at, oldest_request_at)
            enquire_at = min(enquire_at, silent_since + timings.response_seconds / 2)
            answer_seconds = min(answer_seconds, timings.response_seconds / 3)
        if self._enquired_at is None:
            return enquire_at, Timer.ENQUIRE
        return self._enquired_at + answer_seconds, Timer.ENQUIRE_ANSWER
