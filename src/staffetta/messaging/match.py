"""Matching delivery reports with the submissions they speak of, in the caller's transaction.

A report may come before the answer to its submit is committed. Settling and reporting therefore
both look for each other, and a sweep looks again: whichever commits last, or the sweep, matches.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from staffetta.db.pool import Connection
from staffetta.domain.ids import ID_BYTES, id_time, lowest_id
from staffetta.domain.states import Event, State, advance
from staffetta.messaging.find import Found, find_submissions
from staffetta.messaging.inspection import SEND_AHEAD_MAX
from staffetta.messaging.known_report import KnownReport, is_set, known_again
from staffetta.messaging.learning import Learning
from staffetta.messaging.money import add_charges, captures_of, settle_money
from staffetta.messaging.sql import report as sql
from staffetta.messaging.step import Step
from staffetta.messaging.telling import owe_changes_of
from staffetta.smpp.message_ids import Way

# A message lives 48 hours, and carriers report days late; after that an id may be another's.
MATCH_WITHIN: Final = timedelta(days=7)
# From the making of a message until the last report of it: it may have waited a month to be due.
# One of v1 may have waited longer: its reports are matched by the sweep.
_MADE_WITHIN: Final = SEND_AHEAD_MAX + MATCH_WITHIN
EVER: Final = bytes(ID_BYTES)
# A report that nothing was submitted for is an orphan after this; it is kept and shown.
ORPHAN_AFTER: Final = timedelta(minutes=10)
# How long a report waits for the answer of its message, before its id is read in other ways than
# the one its carrier is known for.
_OTHER_WAYS_AFTER: Final = timedelta(seconds=5)


class Disposition:
    """What became of a report. The values are the database's."""

    MATCHED: Final = "matched"
    LATE: Final = "late"  # its segment was reported before
    WAITING: Final = "waiting"  # nothing submitted has this id yet, or only what it cannot mean
    ORPHAN: Final = "orphan"  # nothing ever had, or it names no message


class Matching(msgspec.Struct, frozen=True):
    """What became of a batch of reports, and what it showed of how carriers spell ids."""

    dispositions: list[str]  # one for each
    keys: list[str]  # one for each: under which its message is kept, or likely to be
    shown: list[tuple[int, frozenset[Way]]]  # connector, and the ways that led to a message
    confirmed: set[int]  # connectors whose known way led to a message
    heard: set[int]  # places of what waits although its id is that of a message with a report

    def teach(self, learning: Learning) -> None:
        """Tell what was shown, once it is committed."""
        for connector_id in self.confirmed:
            learning.confirmed(connector_id)
        for connector_id, ways in self.shown:
            learning.saw(connector_id, ways)


def made_since(now: datetime) -> bytes:
    """The lowest id of what a report that comes now is looked for in."""
    return lowest_id(now - _MADE_WITHIN)


async def match_reports(
    step: Step,
    reports: Sequence[KnownReport],
    made_from: bytes | None = None,
    *,
    in_other_ways: bool = False,
) -> Matching:
    """Store what these reports say and advance their recipients.

    Recipients before `made_from` are not looked at; unless given, those that only v1 can have kept
    waiting for more than a month. With `in_other_ways`, what a carrier's known spelling does not
    find is looked for by the others.
    """
    found = await find_submissions(
        step,
        reports,
        made_from or made_since(step.now),
        step.now - MATCH_WITHIN,
        in_other_ways=in_other_ways,
    )
    matching = Matching(
        [Disposition.WAITING] * len(reports),
        [report.smsc_key for report in reports],
        [],
        set(),
        set(),
    )
    fresh = _take_fresh(reports, found, matching)
    if fresh:
        await _store(step, fresh)
        await _finish(step, fresh)
    return matching


def _take_fresh(
    reports: Sequence[KnownReport], found: Mapping[int, Found], matching: Matching
) -> list[tuple[KnownReport, Any]]:
    """The reports that say something new, each with its submission; notes what became of all."""
    taken: dict[tuple[bytes, int, int], KnownReport] = {}
    fresh: list[tuple[KnownReport, Any]] = []
    for place in sorted(found, key=lambda place: _turn(reports[place], place)):
        report, row = reports[place], found[place].row
        matching.keys[place] = found[place].key
        segment = (row["recipient_id"], row["attempt"], row["segment"])
        first = taken.get(segment)
        if row["report_event"] is not None or first is not None:
            is_repeat = found[place].is_repeat if first is None else report.repeats(first.said)
            if is_repeat:
                matching.dispositions[place] = Disposition.LATE
            else:
                matching.heard.add(place)
            continue
        taken[segment] = report
        matching.dispositions[place] = Disposition.MATCHED
        fresh.append((report, row))
        ways = found[place].ways
        if ways is None:
            matching.confirmed.add(report.connector_id)
        else:
            matching.shown.append((report.connector_id, ways))
    return fresh


def _turn(report: KnownReport, place: int) -> tuple[bool, int]:
    """Within a batch the first decided report of a segment counts, else the last undecided one."""
    is_undecided = report.report_event is None
    return is_undecided, -place if is_undecided else place


async def match_waiting_reports(
    step: Step, keys: Sequence[tuple[int, str]], learning: Learning
) -> Matching | None:
    """Match what waited for these (connector, key) pairs, just submitted; None when nothing did."""
    if not keys:
        return None
    rows = await step.connection.fetch(
        sql.FIND_WAITING_REPORTS, [key[0] for key in keys], [key[1] for key in keys]
    )
    reports = read_kept(rows, learning)
    return await match_kept(step, reports) if reports else None


def read_kept(rows: Iterable[Any], learning: Learning) -> list[KnownReport]:
    """Reports that were kept, as what is known by now reads them."""
    kept = [KnownReport(**row) for row in rows]
    return [
        known_again(one, learning.reading_of(one.connector_id, is_set=is_set(one.keys)))
        for one in kept
    ]


async def match_kept(
    step: Step, reports: Sequence[KnownReport], made_from: bytes | None = None
) -> Matching:
    """Match reports that were kept, and note what became of those that wait no more."""
    matching = Matching([], [], [], set(), set())
    if not reports:
        return matching
    waited_since = step.now - _OTHER_WAYS_AFTER
    old = [report for report in reports if id_time(report.id) <= waited_since]
    new = [report for report in reports if id_time(report.id) > waited_since]
    for part, in_other_ways in ((old, True), (new, False)):
        if part:
            one = await match_reports(step, part, made_from, in_other_ways=in_other_ways)
            matching.dispositions.extend(one.dispositions)
            matching.keys.extend(one.keys)
            matching.shown.extend(one.shown)
            matching.confirmed.update(one.confirmed)
    closed = [
        (report.id, disposition, key)
        for report, disposition, key in zip(
            [*old, *new], matching.dispositions, matching.keys, strict=True
        )
        if disposition != Disposition.WAITING
    ]
    await step.connection.execute(
        sql.CLOSE_REPORTS,
        [report_id for report_id, _, _ in closed],
        [disposition for _, disposition, _ in closed],
        [key for _, _, key in closed],
    )
    return matching


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
        [report.error_reason for report, _ in fresh],
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
        _segment_total, detail = long_ones[key]
        if row["failed_event"] is not None:
            ends[key] = (_state_of(row["failed_event"]), detail)
        elif row["is_delivered"]:
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
