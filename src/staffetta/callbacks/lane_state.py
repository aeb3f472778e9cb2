"""What a deliverer knows of a lane, and how much it may claim there.

Pure. A new lane starts with a few requests at once and earns more by answers, so that a thousand
dead hosts hold little; a fast one may also be claimed ahead, so that claims come in batches worth a
transaction.
"""

from collections import deque
from typing import Final, Generic, TypeVar

from staffetta.callbacks.breaker import Breaker

FIRST_CONCURRENCY: Final = 4
AHEAD_SECONDS: Final = 0.25
CLAIMED_OF_LANE_MAX: Final = 400
_MEAN_WEIGHT: Final = 0.1  # of the newest answer, in the mean of answer times

Work = TypeVar("Work")


class LaneState(Generic[Work]):
    """One lane in one process: what waits here, what is under way, what it has earned."""

    __slots__ = (
        "_concurrency_max",
        "breaker",
        "claimed",
        "concurrency",
        "in_flight",
        "look_again",
        "mean_seconds",
        "touched_at",
        "waiting",
    )

    def __init__(self, concurrency_max: int, now: float) -> None:
        self._concurrency_max = concurrency_max
        self.breaker = Breaker()
        self.waiting: deque[Work] = deque()
        self.in_flight = 0
        self.claimed = 0  # waiting, under way, or not written yet
        self.concurrency = min(FIRST_CONCURRENCY, concurrency_max)
        self.mean_seconds: float | None = None
        self.look_again = False  # a newer state may wait for what is under way
        self.touched_at = now

    def room(self, now: float, *, has_backlog: bool) -> int:
        """How many more may be claimed; with a backlog none, until a batch fits."""
        if self.breaker.is_open(now):
            return 0
        window = 1 if self.breaker.is_probing(now) else self._window()
        free = window - self.claimed
        return 0 if has_backlog and 0 < free < window // 2 else max(0, free)

    def waiting_max(self, now: float) -> int:
        """How much of what waits may stay: nothing for a host that is down, or one as its probe."""
        if self.breaker.is_open(now):
            return 0
        if self.breaker.is_probing(now):
            return 0 if self.in_flight else 1
        return len(self.waiting)

    def workers_wanted(self, now: float) -> int:
        """How many more requests may be begun for what waits here."""
        if self.breaker.is_open(now):
            return 0
        return max(0, min(len(self.waiting), self.concurrency - self.in_flight))

    def succeeded(self, seconds: float) -> None:
        """An answer came after so many seconds that says the host is well."""
        self.breaker.succeeded()
        self.concurrency = min(self.concurrency + 1, self._concurrency_max)
        if self.mean_seconds is None:
            self.mean_seconds = seconds
        else:
            self.mean_seconds += (seconds - self.mean_seconds) * _MEAN_WEIGHT

    def failed(self, now: float) -> bool:
        """The host is not well; whether that opened the breaker."""
        self.concurrency = max(1, self.concurrency // 2)
        self.mean_seconds = None
        return self.breaker.failed(now)

    def _window(self) -> int:
        """How many may be claimed at once: what is under way, and ahead what soon will be."""
        if self.mean_seconds is None or self.concurrency < self._concurrency_max:
            return self.concurrency
        ahead = self.concurrency * AHEAD_SECONDS / max(self.mean_seconds, 0.001)
        return max(self.concurrency, min(int(ahead), CLAIMED_OF_LANE_MAX))
