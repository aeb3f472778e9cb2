"""What segments without an answer say of a carrier that still answers everything else.

Pure. Owns the counting alone. A carrier that never answers some segments keeps its link: it answers
others. One that answers none any more is left, because each window would be lost to it.
"""

from enum import Enum, auto
from typing import Final

_TIMEOUTS_MAX: Final = 10
_TIMEOUTS_MIN: Final = 3  # a small window needs that many rounds


class Timeout(Enum):
    """What one segment without an answer says."""

    PASSED_OVER = auto()  # others were answered since it was written
    ALONE = auto()  # nothing was answered since; too few to tell
    DEAF = auto()  # the carrier answers none any more


class Silence:
    """The segments of one connection that timed out, as against those that were answered."""

    __slots__ = ("_count", "_timeouts_max", "last_answered")

    def __init__(self, window_max: int) -> None:
        self._timeouts_max = max(_TIMEOUTS_MIN, min(_TIMEOUTS_MAX, window_max))
        self._count = 0
        # The sequence number of the newest answer. Set without a call: thousands come a second.
        self.last_answered = 0

    def timed_out(self, answered_before: int) -> Timeout:
        """A segment had no answer in time; `answered_before` is what was last when it went."""
        if answered_before != self.last_answered:
            self._count = 0
            return Timeout.PASSED_OVER
        self._count += 1
        return Timeout.DEAF if self._count >= self._timeouts_max else Timeout.ALONE
