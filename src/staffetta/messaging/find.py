"""Finding the submissions that reports speak of, in the caller's transaction.

Owns which look-ups are made. The usual report costs one, by its key, in one statement for all; only
what that does not settle is looked at again, and that in one statement too: short ids, which are
soon used again, messages that have their report already, and what only reads like a report.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from staffetta.messaging.choose import (
    Candidate,
    choose,
    choose_known,
    has_numbers,
    is_telling,
    is_telling_key,
    names_others,
)
from staffetta.messaging.known_report import KnownReport, Said
from staffetta.messaging.sql import report as sql
from staffetta.messaging.step import Step
from staffetta.smpp.message_ids import Way, way_named

_NO_KEYS: Final[frozenset[str]] = frozenset()
_NO_WAYS: Final[frozenset[Way]] = frozenset()


class Found(msgspec.Struct, frozen=True):
    """The submission of a report."""

    row: Any
    key: str  # under which it was found
    # What can be learned from it; None: it confirms the known way.
    ways: frozenset[Way] | None = None
    is_repeat: bool = False  # the report says once more what the message's says


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
        chosen = _choose(reports[place], candidates.get(place, ()))
        if chosen is not None:
            found[place] = _found_again(reports[place], chosen)
        else:
            found.pop(place, None)
    return found


def _choose(report: KnownReport, candidates: Sequence[Candidate]) -> Candidate | None:
    must_name = report.is_sniffed
    if report.is_certain:
        return choose_known(candidates, report.addresses, report.smsc_key, must_name=must_name)
    return choose(candidates, report.addresses, must_name=must_name)


def _found_again(report: KnownReport, chosen: Candidate) -> Found:
    row = chosen.row
    is_repeat = (
        chosen.is_reported
        and not names_others(report.addresses, chosen)
        and report.repeats(Said(row["report_event"], row["report_error"], row["done_at"]))
    )
    return Found(row, chosen.key, _ways_shown(report, chosen), is_repeat)


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
        key = reports[place].smsc_key
        found[place] = Found(row, key, None if is_telling_key(key) else _NO_WAYS)
    return found


def _keys_to_try(report: KnownReport, found: Found | None, in_other_ways: bool) -> frozenset[str]:
    """Under which keys a report's message is still to be looked for; mostly under none."""
    if not report.is_certain:
        return frozenset((report.keys or {}).values())
    others = frozenset((report.keys or {}).values()) if in_other_ways else _NO_KEYS
    if found is None:
        return others
    is_in_doubt = (
        found.row["report_event"] is not None
        or report.is_sniffed
        or (not is_telling_key(report.smsc_key) and has_numbers(report.addresses))
    )
    return others | {report.smsc_key} if is_in_doubt else _NO_KEYS


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
        is_reported = row["report_event"] is not None
        candidate = Candidate(row["smsc_key"], row["number"], is_reported, row, row["sender"])
        candidates.setdefault(row["ordinal"], []).append(candidate)
    return candidates


def _ways_shown(report: KnownReport, chosen: Candidate) -> frozenset[Way] | None:
    """The ways of reading that led to a message for sure; None where it is the known one."""
    if not is_telling(chosen, report.addresses):
        return _NO_WAYS
    if report.is_certain and chosen.key == report.smsc_key:
        return None
    ways = [way_named(name) for name, key in (report.keys or {}).items() if key == chosen.key]
    return frozenset(way for way in ways if way is not None)
