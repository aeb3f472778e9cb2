"""Matching delivery reports with the submissions they speak of, in the caller's transaction.

A report may come before the answer to its submit is committed. Settling and reporting therefore
both look for each other, and a sweep looks again: whichever commits last, or the sweep, matches.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from staffetta.db.pool import Connection
from staffetta.domain.ids import ID_BYTES, lowest_id
from staffetta.domain.states import Event, State, advance
from staffetta.messaging.inspection import SEND_AHEAD_MAX
from staffetta.messaging.money import add_charges, captures_of, settle_money
from staffetta.messaging.sql import report as sql
from staffetta.messaging.step import Step
from staffetta.messaging.telling import owe_changes_of

# A message lives 48 hours, and carriers report days late; after that an id may be another's.
MATCH_WITHIN: Final = timedelta(days=7)
# From the making of a message until the last report of it: it may have waited a month to be due.
# One of v1 may have waited longer: its reports are matched by the sweep.
_MADE_WITHIN: Final = SEND_AHEAD_MAX + MATCH_WITHIN
_EVER: Final = bytes(ID_BYTES)
# A report that nothing was submitted for is an orphan after this; it is kept and shown.
ORPHAN_AFTER: Final = timedelta(minutes=10)


class KnownReport(msgspec.Struct, frozen=True):
    """A delivery report as the database keeps it."""

    id: bytes
    connector_id: int
    smsc_id: str
    smsc_key: str
    report_state: str
    report_error: str | None
    report_event: str | None  # None while nothing is decided
    done_at: datetime | None
    destination: str

    @property
    def detail(self) -> str:
        """The carrier's words, for people."""
        error = self.report_error
        return f"{self.report_state}, error {error}" if error else self.report_state


class Disposition:
    """What became of a report. The values are the database's."""

    MATCHED: Final = "matched"
    LATE: Final = "late"  # its segment was reported before
    WAITING: Final = "waiting"  # nothing submitted has this id yet


async def match_reports(
    step: Step, reports: Sequence[KnownReport], made_from: bytes | None = None
) -> list[str]:
    """Store what these reports say and advance their recipients; one disposition for each.

    Recipients before `made_from` are not looked at; unless given, those that only v1 can have kept
    waiting for more than a month.
    """
    found = await _find(step, reports, made_from or lowest_id(step.now - _MADE_WITHIN))
    dispositions = [Disposition.WAITING] * len(reports)
    taken: set[tuple[bytes, int, int]] = set()
    fresh: list[tuple[KnownReport, Any]] = []
    # Within a batch the first decided report of a segment counts, and an undecided one only where
    # none is decided: so decided ones are looked at first.
    for index in sorted(found, key=lambda index: reports[index].report_event is None):
        report, row = reports[index], found[index]
        segment = (row["recipient_id"], row["attempt"], row["segment"])
        if row["report_event"] is not None or segment in taken:
            dispositions[index] = Disposition.LATE
            continue
        taken.add(segment)
        dispositions[index] = Disposition.MATCHED
        fresh.append((report, row))
    if fresh:
        await _store(step, fresh)
        await _finish(step, fresh)
    return dispositions


async def match_waiting_reports(step: Step, keys: Sequence[tuple[int, str]]) -> int:
    """Match what waited for these (connector, key) pairs, just submitted."""
    if not keys:
        return 0
    rows = await step.connection.fetch(
        sql.FIND_WAITING_REPORTS, [key[0] for key in keys], [key[1] for key in keys]
    )
    return await _match_kept(step, rows)


async def sweep_waiting_reports(step: Step, limit: int) -> int:
    """Match up to `limit` waiting reports whose submission has come since.

    Or whose recipient was made long ago: what every report would cost to find, these few may.
    """
    rows = await step.connection.fetch(
        sql.FIND_MATCHABLE_REPORTS, _EVER, limit, step.now - MATCH_WITHIN
    )
    return await _match_kept(step, rows, _EVER)


async def _match_kept(step: Step, rows: Iterable[Any], made_from: bytes | None = None) -> int:
    reports = [KnownReport(**row) for row in rows]
    if not reports:
        return 0
    dispositions = await match_reports(step, reports, made_from)
    await step.connection.execute(
        sql.CLOSE_REPORTS, [report.id for report in reports], dispositions
    )
    return len(reports)


async def _find(step: Step, reports: Sequence[KnownReport], made_from: bytes) -> dict[int, Any]:
    rows = await step.connection.fetch(
        sql.FIND_REPORTED,
        [report.connector_id for report in reports],
        [report.smsc_key for report in reports],
        made_from,
        step.now - MATCH_WITHIN,
    )
    return {row["ordinal"] - 1: row for row in rows}


async def _store(step: Step, fresh: Sequence[tuple[KnownReport, Any]]) -> None:
    await step.connection.execute(
        sql.STORE_REPORTS,
        [row["space_id"] for _, row in fresh],
        [row["recipient_id"] for _, row in fresh],
        [row["attempt"] for _, row in fresh],
        [row["segment"] for _, row in fresh],
        [report.report_state for report, _ in fresh],
        [report.report_error for report, _ in fresh],
        [report.report_event for report, _ in fresh],
        [report.done_at for report, _ in fresh],
        step.now,
    )


async def _finish(step: Step, fresh: Sequence[tuple[KnownReport, Any]]) -> None:
    """Advance the recipients that these reports decide."""
    ends: dict[tuple[int, bytes], tuple[State, str]] = {}
    long_ones: dict[tuple[int, bytes], tuple[int, str]] = {}
    for report, row in fresh:
        if report.report_event is None:
            continue
        key = (row["space_id"], row["recipient_id"])
        if row["segment_total"] == 1:
            ends[key] = (_state_of(report.report_event), report.detail)
        else:
            long_ones[key] = (row["segment_total"], report.detail)
    if long_ones:
        ends.update(await _ends_of_long(step.connection, long_ones))
    if not ends:
        return
    rows = await step.connection.fetch(
        sql.FINISH,
        [space_id for space_id, _ in ends],
        [recipient_id for _, recipient_id in ends],
        [state for state, _ in ends.values()],
        [detail for _, detail in ends.values()],
        step.now,
    )
    paid = await _capture_overtaken(step, rows)
    await owe_changes_of(step, rows, paid)


def _state_of(event: str) -> State:
    return advance(State.SUBMITTED, Event(event))


async def _ends_of_long(
    connection: Connection, long_ones: Mapping[tuple[int, bytes], tuple[int, str]]
) -> dict[tuple[int, bytes], tuple[State, str]]:
    """Delivered when all segments are, failed when one is; else not decided yet."""
    asked = (
        [space_id for space_id, _ in long_ones],
        [recipient_id for _, recipient_id in long_ones],
    )
    await connection.execute(sql.LOCK_REPORTED, *asked)
    rows = await connection.fetch(sql.COUNT_REPORTED_SEGMENTS, *asked)
    ends: dict[tuple[int, bytes], tuple[State, str]] = {}
    for row in rows:
        key = (row["space_id"], row["recipient_id"])
        segment_total, detail = long_ones[key]
        if row["failed_event"] is not None:
            ends[key] = (_state_of(row["failed_event"]), detail)
        elif row["delivered_count"] == segment_total:
            ends[key] = (State.DELIVERED, detail)
    return ends


async def _capture_overtaken(step: Step, rows: Sequence[Any]) -> dict[bytes, int]:
    """A report that ends a message not charged yet: the carrier had it, so its hold is captured.

    It happens when the answer was lost or late, and the report was not. What costs nothing has a
    hold to be given back all the same, where another route would have cost something. Answers what
    each of these recipients paid.
    """
    paid = await settle_money(step, captures_of(rows), [])
    await add_charges(step.connection, rows, paid)
    return paid
