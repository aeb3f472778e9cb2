"""How many of a carrier's reports find no message: when it is most of them, somebody must look.

Owns what this process counts, for about a minute, and when it is too much. Whether a report still
waits is asked of the database: its answer may have come since, in whatever process.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.domain.ids import lowest_id
from staffetta.messaging.sql import report as sql
from staffetta.routing.alarms import AlarmChange, AlarmKind

UNMATCHED_MIN: Final = 20  # in a minute, and over half of all
# Younger ones may only be ahead of their answers, or of what is to be learned of their spelling.
_AGE_MIN: Final = timedelta(seconds=15)
_AGE_MAX: Final = _AGE_MIN + timedelta(minutes=1)
_KEPT_MAX: Final = 2_000  # of a connector: the newest
# Another process may see the carrier's other reports: it ends an alarm that nobody renews.
_RENEWED_WITHIN: Final = timedelta(seconds=30)


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

    @property
    def sentence(self) -> str:
        """What is so, and what to do."""
        return (
            f"{self.unmatched_count} of {self.came_count} reports within a minute name no message"
            " that was sent: `staffetta connector reports` shows them. If the carrier spells its"
            " ids in a way of its own, set report_ids; if another system sends on the same account,"
            " ask for one alone"
        )


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


class UnmatchedWatch:
    """Tells when it is too much, and when most reports find their messages again."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        counts: UnmatchedCounts,
        alarmed: Callable[[AlarmChange], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._counts = counts
        self._alarmed = alarmed
        self._alarming: set[int] = set()  # connectors of which this process told

    async def watch_once(self) -> int:
        """Look at the last minute; answers of how many connectors was told anew."""
        now = self._clock.now()
        unmatched = await self._count_unmatched(now)
        new_count = 0
        for one in self._counts.verdicts(unmatched, now):
            self._alarmed(_change_of(one, now))
            if one.is_alarming:
                new_count += one.connector_id not in self._alarming
                self._alarming.add(one.connector_id)
            else:
                self._alarming.discard(one.connector_id)
        return new_count

    async def _count_unmatched(self, now: datetime) -> Mapping[int, int]:
        report_ids = self._counts.kept_ids(now)
        if not report_ids:
            return {}
        async with self._database.acquire() as connection:
            rows = await connection.fetch(sql.COUNT_UNMATCHED, report_ids)
        return {row["connector_id"]: row["unmatched_count"] for row in rows}


def _change_of(verdict: Verdict, now: datetime) -> AlarmChange:
    kind = AlarmKind.UNMATCHED_REPORTS
    if verdict.is_alarming:
        return AlarmChange(verdict.connector_id, kind, verdict.sentence)
    return AlarmChange(verdict.connector_id, kind, None, quiet_since=now - _RENEWED_WITHIN)
