"""How much a link did of late: totals that only grow, looked at once a second.

Pure: time is an argument, in seconds of one monotonic clock. Whoever counts raises a number; all
else is done when somebody looks.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

_MINUTE_SECONDS: Final = 60.0
_OF_LATE_SECONDS: Final = 2.5  # two looks at least, however busy the process is
_LOOKS_MAX: Final = 128  # somebody who looks more often looks back less far


class LinkTotals(Struct):
    """What one link did since it was made."""

    written_count: int = 0  # segments
    report_count: int = 0  # reports heard
    throttle_count: int = 0  # how often the carrier asked to slow down


class RecentWork(Struct, frozen=True):
    """What it did of late."""

    per_second: float  # segments
    written_count: int  # within the last minute, like the others
    report_count: int
    throttle_count: int


_Look = tuple[float, int, int, int]


class Pace:
    """The looks at one link's totals within the last minute."""

    def __init__(self, now: float) -> None:
        self._looks: deque[_Look] = deque([(now, 0, 0, 0)], maxlen=_LOOKS_MAX)

    def look(self, totals: LinkTotals, now: float) -> RecentWork:
        """Note the totals as they are, and tell what changed."""
        newest = (now, totals.written_count, totals.report_count, totals.throttle_count)
        looks = self._looks
        looks.append(newest)
        while len(looks) > 2 and looks[1][0] <= now - _MINUTE_SECONDS:
            looks.popleft()
        of_late = _last_before(looks, now - _OF_LATE_SECONDS)
        seconds = now - of_late[0]
        written = newest[1] - of_late[1]
        return RecentWork(
            round(written / seconds, 1) if seconds > 0 else 0.0,
            *(new - old for new, old in zip(newest[1:], looks[0][1:], strict=True)),
        )


def _last_before(looks: Sequence[_Look], moment: float) -> _Look:
    """The last look that lies before a moment; the first one where none does."""
    return next((one for one in reversed(looks) if one[0] <= moment), looks[0])
