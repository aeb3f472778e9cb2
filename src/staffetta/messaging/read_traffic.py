"""Reading statistics of an account's traffic, with connections that may not hinder anybody.

Owns what was read lately: who looks again at once sees the same, and costs nothing. What takes
longer to read is kept longer.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from staffetta.db.pool import Connection, Database, Row
from staffetta.domain.clock import Clock
from staffetta.domain.ids import lowest_id
from staffetta.domain.states import State
from staffetta.messaging.failures import Cause, Fate, cause_of
from staffetta.messaging.sql import traffic as sql
from staffetta.messaging.traffic import (
    CLASSES_PER_E,
    STANDS,
    Country,
    Counts,
    Delay,
    Span,
    Step,
    Traffic,
    Trouble,
    Window,
    delay_of,
)

KEPT_SECONDS_MIN: Final = 3.0
KEPT_FOR_EACH_SECOND: Final = 20.0  # of reading
KEPT_MAX: Final = 1_000
FAILURES_LOOKED_AT_MAX: Final = 20_000
_FAILURE_GROUPS_MAX: Final = 1_000


async def read_traffic(connection: Connection, space_id: int, span: Span) -> Traffic:
    """What became of the recipients that a space's messages of a span had.

    Troubles are those of the newest failures, FAILURES_LOOKED_AT_MAX at most.
    """
    ids = [lowest_id(start) for start in span.starts]
    bounds = (space_id, ids[0], lowest_id(span.end))
    rows = await connection.fetch(sql.COUNT_TRAFFIC, *bounds, ids, CLASSES_PER_E)
    failures = await connection.fetch(
        sql.COUNT_FAILURES, *bounds, FAILURES_LOOKED_AT_MAX, _FAILURE_GROUPS_MAX
    )
    steps = _steps(span, rows)
    return Traffic(
        span=span,
        steps=steps,
        counts=sum((step.counts for step in steps), Counts()),
        delay=_whole_delay(rows),
        countries=_countries(rows),
        troubles=_troubles(failures),
    )


class TrafficReader:
    """Statistics for whoever looks, read once for everybody who looks at the same."""

    def __init__(self, reports: Database, clock: Clock) -> None:
        """`reports` has few connections and little patience."""
        self._reports = reports
        self._clock = clock
        self._kept: dict[tuple[int, Window], _Kept] = {}

    async def read(self, space_id: int, window: Window, now: datetime) -> Traffic:
        """What became of a space's messages in a window that ends now.

        Raises TryAgain when there is too much to count, NotConnected when others count too much.
        """
        if len(self._kept) >= KEPT_MAX:
            self._kept.clear()
        kept = self._kept.setdefault((space_id, window), _Kept())
        async with kept.lock:
            if kept.traffic is None or self._clock.monotonic() >= kept.until:
                begun = self._clock.monotonic()
                kept.traffic = await self._read(space_id, Span.until(now, window))
                ended = self._clock.monotonic()
                kept.until = ended + max(KEPT_SECONDS_MIN, (ended - begun) * KEPT_FOR_EACH_SECOND)
            return kept.traffic

    async def _read(self, space_id: int, span: Span) -> Traffic:
        async with self._reports.transaction(
            isolation="repeatable_read", readonly=True
        ) as connection:
            return await read_traffic(connection, space_id, span)


class _Kept:
    """What was read, and until when it is good enough."""

    __slots__ = ("lock", "traffic", "until")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.traffic: Traffic | None = None
        self.until = 0.0


def _steps(span: Span, rows: Sequence[Row]) -> Sequence[Step]:
    counts: dict[int, Counts] = {}
    classes: dict[int, dict[int, int]] = {}
    for row in rows:
        number = row["step"]
        if row["is_by_delay"] and row["delay_class"] is not None:
            classes.setdefault(number, {})[row["delay_class"]] = row["count"]
        elif row["state"] is not None and not row["is_by_country"]:
            counts[number] = counts.get(number, Counts()) + _counts(row)
    return [
        Step(begins_at, counts.get(number, Counts()), delay_of(classes.get(number, {})))
        for number, begins_at in enumerate(span.starts)
    ]


def _whole_delay(rows: Sequence[Row]) -> Delay | None:
    classes: dict[int, int] = {}
    for row in rows:
        if row["is_by_delay"] and row["delay_class"] is not None:
            classes[row["delay_class"]] = classes.get(row["delay_class"], 0) + row["count"]
    return delay_of(classes)


def _countries(rows: Sequence[Row]) -> Sequence[Country]:
    counts: dict[str, Counts] = {}
    for row in rows:
        if row["is_by_country"]:
            code = row["country"]
            counts[code] = counts.get(code, Counts()) + _counts(row)
    countries = [Country(code, one) for code, one in counts.items()]
    return sorted(countries, key=lambda one: (-one.counts.total, one.code))


def _counts(row: Row) -> Counts:
    stand = STANDS[State(row["state"])]
    return Counts(**{stand: row["count"]}) if stand else Counts()


def _troubles(rows: Sequence[Row]) -> Sequence[Trouble]:
    counts: dict[tuple[Cause, str], int] = {}
    for row in rows:
        fate = Fate(
            state=State(row["state"]),
            **{name: row[name] for name in _OF_FATE},
        )
        key = (cause_of(fate), row["detail"] or "")
        counts[key] = counts.get(key, 0) + row["count"]
    troubles = [Trouble(cause, said, count) for (cause, said), count in counts.items()]
    return sorted(troubles, key=lambda one: (-one.count, one.cause, one.said))


_OF_FATE: Final = (
    *("refused_as", "command_status", "was_tried", "was_sent"),
    *("was_reported", "report_error", "report_reason"),
)
