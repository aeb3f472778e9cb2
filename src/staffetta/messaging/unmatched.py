"""How many of a carrier's reports find no message: when it is most of them, somebody must look.

Owns what this process counts, for about a minute, and when it is too much. Whether a report still
waits is asked of the database: its answer may have come since, in whatever process.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from staffetta.domain.ids import lowest_id

UNMATCHED_MIN: Final = 20  # in a minute, and over half of all
# Younger ones may only be ahead of their answers, or of what is to be learned of their spelling.
_AGE_MIN: Final = timedelta(seconds=15)
_AGE_MAX: Final = _AGE_MIN + timedelta(minutes=1)
_KEPT_MAX: Final = 2_000  # of a connector: the newest


class Verdict(msgspec.Struct, frozen=True):
    """What a minute of one connector's reports showed."""

    connector_id: int
    came_count: int
    unmatched_count: int

    @property
    def is_alarming(self) -> bool:
        """Whether somebody must look."""
        is_many = self.unmatched_count > UNMATCHED_MIN
        return is_many and self.unmatched_count * 2 > self.came_count


class UnmatchedCounts:
    """The reports of the last minute, by connector."""

    def __init__(self) -> None:
        self._came: dict[int, deque[tuple[datetime, int]]] = {}  # by second
        self._kept: dict[int, deque[bytes]] = {}

    def came(self, connector_id: int, count: int, now: datetime) -> None:
        """So many reports were stored."""
        second = now.replace(microsecond=0)
        seconds = self._came.setdefault(connector_id, deque())
        if seconds and seconds[-1][0] == second:
            count += seconds.pop()[1]
        seconds.append((second, count))

    def kept(self, connector_id: int, report_id: bytes) -> None:
        """One of them found no message."""
        self._kept.setdefault(connector_id, deque(maxlen=_KEPT_MAX)).append(report_id)

    def kept_ids(self, now: datetime) -> list[bytes]:
        """Those that should have found theirs by now, and that nobody asked about for too long."""
        until = lowest_id(now - _AGE_MIN)
        self._forget(now)
        return [one for ids in self._kept.values() for one in ids if one < until]

    def verdicts(self, unmatched: Mapping[int, int], now: datetime) -> Iterable[Verdict]:
        """What is to be said of every connector that reported something."""
        until = now - _AGE_MIN
        for connector_id, seconds in self._came.items():
            came_count = sum(count for at, count in seconds if at <= until)
            if came_count:
                yield Verdict(connector_id, came_count, unmatched.get(connector_id, 0))

    def _forget(self, now: datetime) -> None:
        since, oldest_id = now - _AGE_MAX, lowest_id(now - _AGE_MAX)
        for seconds in self._came.values():
            while seconds and seconds[0][0] < since:
                seconds.popleft()
        for ids in self._kept.values():
            while ids and ids[0] < oldest_id:
                ids.popleft()
