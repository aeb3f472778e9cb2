"""Reading statistics of an account's traffic, with connections that may not hinder anybody.

A span is counted step by step, and what was counted is kept: a step whose messages have all ended
never changes, and one of long ago changes seldom. So looking again costs little, and where there is
more to count than fits into one answer, the next one goes on.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from staffetta.db.pool import Connection, Database, Row
from staffetta.domain.clock import Clock
from staffetta.domain.ids import lowest_id
from staffetta.domain.states import State
from staffetta.messaging.failures import Fate, cause_of
from staffetta.messaging.sql import traffic as sql
from staffetta.messaging.traffic import (
    CLASSES_PER_E,
    STANDS,
    Counted,
    Counts,
    Span,
    Traffic,
    Trouble,
    Window,
    sum_up,
)

READING_SECONDS_MAX: Final = 3.0  # of one answer; the rest comes with the next one
KEPT_MAX: Final = 100  # spans; each up to some hundred kilobytes
TROUBLES_MAX: Final = 200  # of one step
# A step that is over may still get rows: a request's id is made before it is stored.
_SETTLES_AFTER: Final = timedelta(minutes=5)
_AGAIN_SECONDS_MIN: Final = 3.0
_AGAIN_FOR_EACH_SECOND_OF_READING: Final = 20.0
_AGAIN_FOR_EACH_SECOND_OF_AGE: Final = 1 / 60


async def has_traffic(connection: Connection, space_id: int) -> bool:
    """Whether a space ever sent anything, dry runs included."""
    return bool(await connection.fetchval(sql.HAS_TRAFFIC, space_id))


async def count_step(
    connection: Connection, space_id: int, begin: datetime, end: datetime
) -> Counted:
    """What became of the recipients that a space's messages of some time had."""
    rows = await connection.fetch(
        sql.COUNT_STEP, space_id, lowest_id(begin), lowest_id(end), CLASSES_PER_E
    )
    countries: dict[str, Counts] = {}
    for row in rows:
        if row["is_by_country"]:
            counts = countries.get(row["country"], Counts())
            countries[row["country"]] = counts + _counts(row)
    return Counted(
        countries=countries,
        delay_classes={
            row["delay_class"]: row["count"] for row in rows if row["delay_class"] is not None
        },
        troubles=_troubles([row for row in rows if row["failed_state"] is not None]),
    )


class TrafficReader:
    """Statistics for whoever looks; counted once for everybody who looks at the same."""

    def __init__(self, reports: Database, clock: Clock) -> None:
        """`reports` has few connections and little patience."""
        self._reports = reports
        self._clock = clock
        self._kept: OrderedDict[tuple[int, Window], _Kept] = OrderedDict()

    async def read(self, space_id: int, window: Window, now: datetime) -> Traffic:
        """What became of a space's messages in a window that ends now.

        Raises TryAgain when one step is too much to count, NotConnected when others count much.
        """
        kept = self._kept.setdefault((space_id, window), _Kept())
        self._kept.move_to_end((space_id, window))
        if len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
        span = Span.until(now, window)
        async with kept.lock:
            kept.forget_before(span.begin)
            await self._count(kept, space_id, span, now)
            return sum_up(span, {begin: one.counted for begin, one in kept.steps.items()})

    async def _count(self, kept: "_Kept", space_id: int, span: Span, now: datetime) -> None:
        """Count what is not known well enough, the newest first, as far as there is time."""
        started = self._clock.monotonic()
        wanted = [begin for begin in reversed(span.starts) if kept.is_wanted(begin, started)]
        # What was never counted goes before what was counted a while ago.
        wanted.sort(key=lambda begin: begin in kept.steps)
        if not wanted:
            return
        async with self._reports.acquire() as connection:
            for begin in wanted:
                before = self._clock.monotonic()
                if before - started > READING_SECONDS_MAX:
                    return
                counted = await count_step(connection, space_id, begin, begin + span.step)
                after = self._clock.monotonic()
                age = now - begin - span.step
                kept.steps[begin] = _KeptStep(counted, _good_until(counted, age, before, after))


class _KeptStep(msgspec.Struct, frozen=True):
    """A step as it was counted, and until when that is good enough; None: for ever."""

    counted: Counted
    good_until: float | None


class _Kept:
    """What was counted of one span."""

    __slots__ = ("lock", "steps")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.steps: dict[datetime, _KeptStep] = {}

    def is_wanted(self, begin: datetime, now_seconds: float) -> bool:
        """Whether a step must be counted, for the first time or again."""
        step = self.steps.get(begin)
        return step is None or (step.good_until is not None and now_seconds >= step.good_until)

    def forget_before(self, begin: datetime) -> None:
        """Forget the steps that a span has left behind."""
        for gone in [one for one in self.steps if one < begin]:
            del self.steps[gone]


def _good_until(counted: Counted, age: timedelta, before: float, after: float) -> float | None:
    if age >= _SETTLES_AFTER and counted.counts.is_over:
        return None
    return after + max(
        _AGAIN_SECONDS_MIN,
        (after - before) * _AGAIN_FOR_EACH_SECOND_OF_READING,
        age.total_seconds() * _AGAIN_FOR_EACH_SECOND_OF_AGE,
    )


def _counts(row: Row) -> Counts:
    stand = STANDS[State(row["state"])]
    return Counts(**{stand: row["count"]}) if stand else Counts()


def _troubles(rows: Sequence[Row]) -> Sequence[Trouble]:
    """What failed, the most frequent first; of more than TROUBLES_MAX kinds the rest by cause."""
    found = [
        Trouble(cause_of(_fate(row)), row["detail"] or "", row["count"])
        for row in sorted(rows, key=lambda row: -int(row["count"]))
    ]
    rest: dict[str, Trouble] = {}
    for one in found[TROUBLES_MAX:]:
        before = rest.get(one.cause)
        rest[one.cause] = Trouble(one.cause, "", one.count + (before.count if before else 0))
    return [*found[:TROUBLES_MAX], *rest.values()]


def _fate(row: Row) -> Fate:
    known: Mapping[str, object] = {name: row[name] for name in _OF_FATE}
    return msgspec.convert({"state": row["failed_state"], **known}, Fate)


_OF_FATE: Final = (
    *("refused_as", "command_status", "was_tried", "was_sent"),
    *("was_reported", "report_error", "report_reason"),
)
