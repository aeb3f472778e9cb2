"""A breaker: stops trying a host that is down, and probes it now and then.

Pure. While it is open nothing is claimed for its lane, so an outage uses up no attempts: it only
makes callbacks late.
"""

import math
from typing import Final

FAILURES_MAX: Final = 5
OPEN_SECONDS: Final = 30.0
OPEN_SECONDS_MAX: Final = 600.0


class Breaker:
    """Closed while attempts succeed; open after FAILURES_MAX failures in a row.

    When its time is over one probe may pass: its success closes the breaker, its failure opens it
    again for twice as long. Times are monotonic seconds.
    """

    __slots__ = ("_down_since", "_failures", "_open_seconds", "_open_until")

    def __init__(self) -> None:
        self._failures = 0
        self._open_seconds = 0.0
        self._open_until = -math.inf
        self._down_since = math.inf

    def is_open(self, now: float) -> bool:
        """Whether nothing may be tried."""
        return now < self._open_until

    def is_probing(self, now: float) -> bool:
        """Whether one attempt may be tried, to see."""
        return self._open_seconds > 0 and not self.is_open(now)

    def down_seconds(self, now: float) -> float:
        """How long ago it opened without a success since; -inf where it did not."""
        return now - self._down_since

    @property
    def open_until(self) -> float:
        """When the next probe may be made; -inf when it was never open."""
        return self._open_until

    def succeeded(self) -> None:
        """The host answered."""
        self._failures = 0
        self._open_seconds = 0.0
        self._open_until = -math.inf
        self._down_since = math.inf

    def failed(self, now: float) -> bool:
        """The host did not answer, or says that it is broken; whether that opened the breaker.

        What was under way when it opened may fail after it: that is the same news.
        """
        if self.is_open(now):
            return False
        self._failures += 1
        if self._failures < FAILURES_MAX and self._open_seconds == 0:
            return False
        self._down_since = min(self._down_since, now)
        self._open_seconds = min(max(OPEN_SECONDS, self._open_seconds * 2), OPEN_SECONDS_MAX)
        self._open_until = now + self._open_seconds
        return True
