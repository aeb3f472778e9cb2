"""From what a certification saw to what it means: findings, settings to apply, remarks.

Pure. One place puts together what the `learn_*` modules find.
"""

import shlex
from collections.abc import Iterable, Mapping
from datetime import datetime

from staffetta.connectors.smpp.certification.findings import (
    AlphabetFinding,
    Findings,
    ReportFinding,
)
from staffetta.connectors.smpp.certification.learn_alphabet import (
    alphabet_settings,
    learn_alphabet,
)
from staffetta.connectors.smpp.certification.learn_ids import (
    id_settings,
    learn_ids,
    match_reports,
)
from staffetta.connectors.smpp.certification.learn_rate import learn_rate, rate_settings
from staffetta.connectors.smpp.certification.learn_reports import (
    learn_reports,
    learn_zone,
    zone_settings,
)
from staffetta.connectors.smpp.certification.observed import Heard, Observed
from staffetta.connectors.smpp.certification.ownership import names_one_of
from staffetta.connectors.smpp.printable import printable_text
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.connectors.smpp.shown import typed
from staffetta.domain.writing import LongMessages
from staffetta.smpp.reports import read_report
from staffetta.smpp.statuses import describe_status


def conclude(observed: Observed, settings: SmppSettings, now: datetime) -> Findings:
    """What a certification of a connector with these settings learned."""
    ids = learn_ids(observed.sent, observed.heard)
    matched = list(match_reports(observed.sent, observed.heard, ids.way if ids else None))
    reports = learn_reports(observed.heard, matched)
    zone_minutes = learn_zone(observed.heard)
    asked = dict(observed.asked)
    alphabet = learn_alphabet(matched, asked.get("alphabet"))
    rate = learn_rate(observed.burst)
    changes = {
        **dict(observed.kept),
        **id_settings(ids, settings),
        **_sniffing(reports, settings),
        **zone_settings(zone_minutes, settings, now),
        **alphabet_settings(alphabet, settings.texts.alphabet),
        **_long_form(observed, asked, settings),
        **_flash(observed),
        **rate_settings(rate, settings),
    }
    return Findings(
        observed,
        tuple({sent.answer.message_id: _state(report) for sent, report in matched}.items()),
        ids,
        reports,
        zone_minutes,
        alphabet,
        rate,
        tuple(changes.items()),
        tuple(_remarks(observed, reports, alphabet)),
    )


def _state(report: Heard) -> str:
    read = read_report(report.pdu, sniff=True)
    return printable_text(read.state_word) if read is not None else ""


def set_command(name: str, changes: Mapping[str, object]) -> str:
    """The command that applies settings, ready to be typed."""
    words = [f"{key}={typed(value)}" for key, value in changes.items()]
    return shlex.join(["staffetta", "connector", "set", name, *words])


def outcome_of(observed: Observed, step: str) -> tuple[bool, int | None] | None:
    """Whether a step was taken, and the first status when not; None when it was not sent."""
    answers = [one.answer for one in observed.sent if one.step == step]
    if not answers:
        return None
    refused = [one.command_status for one in answers if not one.is_accepted]
    return not refused, (refused[0] if refused else None)


def _is_taken(observed: Observed, step: str) -> bool:
    outcome = outcome_of(observed, step)
    return outcome is not None and outcome[0]


def _sniffing(reports: ReportFinding | None, settings: SmppSettings) -> dict[str, object]:
    unmarked = reports is not None and reports.unmarked_count > 0
    return {"sniffs_reports": True} if unmarked and not settings.sniffs_reports else {}


def _long_form(
    observed: Observed, asked: Mapping[str, str], settings: SmppSettings
) -> dict[str, object]:
    """Another form of long texts, where the one that is set is refused or arrives broken."""
    configured = settings.texts.long_messages
    taken = [form for form in LongMessages if _is_taken(observed, f"long_{form}")]
    whole = [form for form in taken if asked.get(f"long_{form}") == "whole"]
    seen = asked.get(f"long_{configured}", "unknown")
    if configured in taken and seen in ("whole", "unknown"):
        return {}
    better = whole or ([form for form in taken if form is not configured] if not asked else [])
    was_sent = outcome_of(observed, f"long_{configured}") is not None
    return {"long_messages": better[0].value} if better and was_sent else {}


def _flash(observed: Observed) -> dict[str, object]:
    if _is_taken(observed, "flash_general"):
        return {"gsm7_flash_data_coding": 0x10}
    return {"flash": "subunit"} if _is_taken(observed, "flash_subunit") else {}


def _remarks(
    observed: Observed, reports: ReportFinding | None, alphabet: AlphabetFinding
) -> Iterable[str]:
    if observed.ended:
        yield f"The carrier ended the connection meanwhile: {observed.ended}."
    if any(one.answer.is_out_of_credit for one in observed.sent):
        yield "The account at the carrier is out of credit: nothing more was sent."
    accepted_count = sum(one.answer.is_accepted for one in observed.sent)
    unknown_count = 0 if reports is not None else _unknown_ids(observed)
    if unknown_count:
        yield (
            f"{unknown_count} reports name a phone of this check, and an id that no answer had:"
            " they are of other messages, or ids are spelled in a way that is not known. Stop the"
            " connector (`staffetta connector drain --wait`) and check again to be certain."
        )
    elif accepted_count and reports is None:
        yield (
            "No delivery report came. Wait longer (--wait), and ask the carrier whether reports are"
            " on for this account and come to this bind."
        )
    strangers_count = sum(not one.is_ours for one in observed.heard)
    if strangers_count:
        yield (
            f"{strangers_count} other messages or reports came and were put off: the carrier brings"
            " them again, to the connector's own links."
        )
    unanswered_count = sum(one.answer.command_status is None for one in observed.sent)
    if unanswered_count:
        yield (
            f"{unanswered_count} segments had no answer: if it happens with a full window alone,"
            " set a smaller window."
        )
    if alphabet is AlphabetFinding.UNKNOWN and _is_taken(observed, "alphabet"):
        yield (
            "The reports do not tell how the carrier reads @£$¥: look at the phone (--ask asks"
            " what it shows)."
        )
    if alphabet is AlphabetFinding.LOST:
        yield "Characters are lost, and no alphabet explains it: ask the carrier for its default."
    yield from _refusals(observed)


def _unknown_ids(observed: Observed) -> int:
    """How many reports were put off that name a phone of this run."""
    numbers = {one.number for one in observed.sent}
    return sum(
        not one.is_ours
        and read_report(one.pdu, sniff=True) is not None
        and names_one_of(one.pdu, numbers)
        for one in observed.heard
    )


def _refusals(observed: Observed) -> Iterable[str]:
    """What was refused, a sentence for each status."""
    steps: dict[int, list[str]] = {}
    for one in observed.sent:
        status = one.answer.command_status
        if status and one.step != "burst" and one.step not in steps.setdefault(status, []):
            steps[status].append(one.step)
    for status, names in steps.items():
        meaning = describe_status(status)
        yield f"{', '.join(names)}: refused with {meaning.name} ({status:#04x}). {meaning.sentence}"
