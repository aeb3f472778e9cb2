"""Finding the submissions that reports speak of, in the caller's transaction.

Owns which look-ups are made. The usual report costs one, by its key, in one statement for all; only
what that does not settle is looked at again, and that in one statement too.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from staffetta.messaging.choose import Candidate, choose, choose_named, is_telling
from staffetta.messaging.known_report import KnownReport
from staffetta.messaging.sql import report as sql
from staffetta.messaging.step import Step
from staffetta.smpp.message_ids import Way, way_named


class Found(msgspec.Struct, frozen=True):
    """The submission of a report."""

    row: Any
    key: str  # under which it was found
    ways: frozenset[Way] | None = None  # what can be learned from it; None: the way was known


async def find_submissions(
    step: Step,
    reports: Sequence[KnownReport],
    made_from: bytes,
    answered_from: datetime,
    *,
    in_other_ways: bool = False,
) -> dict[int, Found]:
    """The submission of each report that has one, by the report's place.

    With `in_other_ways` a report that is not found by its certain key is looked for by the others.
    """
    found = await _find_certain(step, reports, made_from, answered_from)
    again = {
        place: keys
        for place, report in enumerate(reports)
        if (keys := _keys_to_try(report, found.get(place), in_other_ways))
    }
    if not again:
        return found
    candidates = await _find_candidates(step, reports, again, made_from, answered_from)
    for place in again:
        report = reports[place]
        known = candidates.get(place, ())
        chosen = (choose_named if report.is_certain else choose)(known, report.addresses)
        if chosen is not None:
            found[place] = Found(chosen.row, chosen.key, _ways_shown(report, chosen))
    return found


async def _find_certain(
    step: Step, reports: Sequence[KnownReport], made_from: bytes, answered_from: datetime
) -> dict[int, Found]:
    certain = [place for place, report in enumerate(reports) if report.is_certain]
    if not certain:
        return {}
    rows = await step.connection.fetch(
        sql.FIND_REPORTED,
        [reports[place].connector_id for place in certain],
        [reports[place].smsc_key for place in certain],
        made_from,
        answered_from,
    )
    found: dict[int, Found] = {}
    for row in rows:
        place = certain[row["ordinal"] - 1]
        found[place] = Found(row, reports[place].smsc_key)
    return found


def _keys_to_try(report: KnownReport, found: Found | None, in_other_ways: bool) -> frozenset[str]:
    """Under which keys a report's message is still to be looked for; mostly under none."""
    if not report.is_certain:
        return frozenset((report.keys or {}).values())
    if found is None:
        return frozenset((report.keys or {}).values()) if in_other_ways else frozenset()
    # Its message has its report already. Where a carrier uses its ids again, an older one may not.
    is_repeated = found.row["report_event"] is not None and any(report.addresses)
    return frozenset({report.smsc_key}) if is_repeated else frozenset()


async def _find_candidates(
    step: Step,
    reports: Sequence[KnownReport],
    asked: Mapping[int, frozenset[str]],
    made_from: bytes,
    answered_from: datetime,
) -> dict[int, list[Candidate]]:
    pairs = [(place, key) for place, keys in asked.items() for key in keys]
    rows = await step.connection.fetch(
        sql.FIND_CANDIDATES,
        [place for place, _ in pairs],
        [reports[place].connector_id for place, _ in pairs],
        [key for _, key in pairs],
        made_from,
        answered_from,
    )
    candidates: dict[int, list[Candidate]] = {}
    for row in rows:
        candidate = Candidate(row["smsc_key"], row["number"], row["report_event"] is not None, row)
        candidates.setdefault(row["ordinal"], []).append(candidate)
    return candidates


def _ways_shown(report: KnownReport, chosen: Candidate) -> frozenset[Way] | None:
    """The ways of reading that led to a message for sure; None where it is the known one."""
    if report.is_certain and chosen.key == report.smsc_key:
        return None
    if not is_telling(chosen, report.addresses):
        return frozenset()
    ways = [way_named(name) for name, key in (report.keys or {}).items() if key == chosen.key]
    return frozenset(way for way in ways if way is not None)
