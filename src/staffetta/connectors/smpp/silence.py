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

    __slots__ = ("_answered_at_last", "_count", "last_answered")

    def __init__(self) -> None:
        self._count = 0  # in a row, with no answer between
        self._answered_at_last = 0  # the newest answer when the last of them timed out
        # The sequence number of the newest answer. Set without a call: thousands come a second.
        self.last_answered = 0

    def timed_out(self, answered_before: int, window_max: int) -> Timeout:
        """A segment had no answer in time; `answered_before` is what was last when it went.

        `window_max` is how many may be open now: so many at most are lost at once.
        """
        answered, self._answered_at_last = self._answered_at_last, self.last_answered
        if answered != self.last_answered:
            self._count = 0
        if answered_before != self.last_answered:
            return Timeout.PASSED_OVER
        self._count += 1
        timeouts_max = max(_TIMEOUTS_MIN, min(_TIMEOUTS_MAX, window_max))
        return Timeout.DEAF if self._count >= timeouts_max else Timeout.ALONE
