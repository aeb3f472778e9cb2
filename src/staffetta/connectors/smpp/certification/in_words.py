"""A certification in words: each thing as it happens, and what it all means.

Pure. What a carrier wrote is shown as `printable` has it, so that it cannot steer a terminal.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from types import MappingProxyType
from typing import Final

from staffetta.connectors.smpp.certification.certify import Progress
from staffetta.connectors.smpp.certification.conclude import set_command
from staffetta.connectors.smpp.certification.findings import (
    AlphabetFinding,
    Findings,
    IdFinding,
    RateFinding,
    ReportFinding,
)
from staffetta.connectors.smpp.certification.learn_ids import ids_of
from staffetta.connectors.smpp.certification.observed import (
    Answer,
    Burst,
    Greeting,
    Heard,
    Sent,
    TlsSeen,
)
from staffetta.connectors.smpp.certification.script import Step, script_for
from staffetta.connectors.smpp.printable import printable_text
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.smpp.message_ids import Source, Spelling
from staffetta.smpp.reports import read_report
from staffetta.smpp.statuses import describe_status

_SPELLINGS: Final[Mapping[Spelling, str]] = MappingProxyType(
    {
        Spelling.SAME: "as in the answers",
        Spelling.DECIMAL: "in decimal, where the answers write hexadecimal",
        Spelling.HEXADECIMAL: "in hexadecimal, where the answers write decimal",
        Spelling.OLDER: "as in the answers",
        Spelling.SET: "as set",
    }
)
_ALPHABETS: Final[Mapping[AlphabetFinding, str]] = MappingProxyType(
    {
        AlphabetFinding.AS_SENT: "characters are understood as they are meant",
        AlphabetFinding.READ_AS_LATIN_1: "the carrier reads them as Latin-1: @ and $ are swapped",
        AlphabetFinding.READ_AS_GSM_7: "the carrier reads them as GSM-7: @ and $ are swapped",
        AlphabetFinding.LOST: "characters are lost on the way",
        AlphabetFinding.UNKNOWN: "not known",
    }
)


@dataclass(frozen=True, slots=True)
class ShownReport:
    """The rows of a report, and the line to type."""

    rows: tuple[tuple[str, str], ...]
    command: str  # "" where nothing is to be set
    proposal: str  # another one, for somebody who knows more than we; "" for none
    is_whole: bool  # whether it came to its end


def progress_line(progress: Progress) -> str:
    """One thing that happened, as a line; "" for what is told elsewhere."""
    match progress:
        case Greeting():
            return "\n".join(f"{name:<14}{value}" for name, value in greeting_rows(progress))
        case Step():
            return f"\n{progress.title}"
        case Sent():
            return f"  to {progress.number}{_part(progress)}: {answer_words(progress.answer)}"
        case Heard():
            return _heard_line(progress)
        case Burst():
            return f"\n{len(progress.answers)} at once are answered"


def greeting_rows(greeting: Greeting) -> Iterable[tuple[str, str]]:
    """From nothing to bound, a row for each thing."""
    where = f"{greeting.host}:{greeting.port}"
    if greeting.connect_seconds is not None:
        yield "connection", f"{where} in {_milliseconds(greeting.connect_seconds)}"
    if greeting.tls is not None:
        tls = greeting.tls
        yield "TLS", f"{tls.version}, {tls.cipher}"
        yield "certificate", _certificate_words(tls)
    for bind in greeting.binds:
        version = "3.3 or older" if bind.smsc_version is None else f"{bind.smsc_version:#04x}"
        tlvs = ", ".join(f"{tag:#06x}={value.hex() or 'empty'}" for tag, value in bind.tlvs)
        yield (
            "bind",
            (
                f"{bind.kind} to {bind.smsc_system_id or 'an unnamed SMSC'}, interface version"
                f" {version}, TLVs {tlvs or 'none'}, in {_milliseconds(bind.seconds)}"
            ),
        )
    if greeting.enquire_seconds is not None:
        yield "enquire_link", f"answered in {_milliseconds(greeting.enquire_seconds)}"
    if greeting.obstacle is not None:
        yield "stopped", greeting.obstacle.what
        if greeting.obstacle.to_do:
            yield "what to do", greeting.obstacle.to_do


def _certificate_words(tls: TlsSeen) -> str:
    dates = ""
    if tls.valid_from is not None and tls.valid_until is not None:
        dates = f", valid from {tls.valid_from:%Y-%m-%d} until {tls.valid_until:%Y-%m-%d}"
    trust = "" if tls.is_trusted else "; not trusted"
    return f"{tls.subject or 'unreadable'}{dates}{trust}; SHA-256 {tls.sha256}"


def answer_words(answer: Answer) -> str:
    """An answer by its status's name."""
    if answer.command_status is None:
        return answer.detail or "no answer"
    if answer.is_accepted:
        return f"accepted as {answer.message_id or '(no id)'} in {_milliseconds(answer.seconds)}"
    meaning = describe_status(answer.command_status)
    return f"refused with {meaning.name} ({meaning.code:#04x}): {meaning.sentence}"


def report_of(name: str, findings: Findings, settings: SmppSettings) -> ShownReport:
    """A certification's report in words, and the command that applies it."""
    rows = [*greeting_rows(findings.observed.greeting)]
    if findings.observed.sent:
        rows += _message_rows(findings, settings)
        rows += _id_rows(findings.ids)
        rows += _report_rows(findings.reports, findings.zone_minutes)
        rows.append(("alphabet", _ALPHABETS[findings.alphabet]))
    rows += _rate_rows(findings.rate)
    rows += [("remark", remark) for remark in findings.remarks]
    obstacle = findings.observed.greeting.obstacle
    changes = dict(findings.settings)
    proposed = {} if obstacle is None else dict(obstacle.proposed)
    return ShownReport(
        tuple(rows),
        set_command(name, changes) if changes else "",
        set_command(name, proposed) if proposed else "",
        obstacle is None,
    )


def _message_rows(findings: Findings, settings: SmppSettings) -> Iterable[tuple[str, str]]:
    """A row for each step that was sent: what became of its segments."""
    states = dict(findings.states)
    for step in script_for(settings):
        sent = [one for one in findings.observed.sent if one.step == step.name]
        refused = [one.answer for one in sent if not one.answer.is_accepted]
        if refused:
            yield step.title, f"{len(refused)} of {len(sent)}: {answer_words(refused[0])}"
        elif sent:
            yield (
                step.title,
                f"accepted; {_states(states.get(one.answer.message_id) for one in sent)}",
            )


def _states(states: Iterable[str | None]) -> str:
    """How often each state was reported; None where none was."""
    counts = Counter("no report" if one is None else printable_text(one) for one in states)
    return ", ".join(f"{count} x {word}" for word, count in counts.items())


def _id_rows(ids: IdFinding | None) -> Iterable[tuple[str, str]]:
    if ids is None:
        return
    if ids.way is None:
        yield (
            "ids",
            (
                f"no report matches an answer: answered {ids.answer_example},"
                f" reported {printable_text(ids.report_example)}"
            ),
        )
        return
    place = "receipted_message_id" if ids.way.source is Source.TLV else "the text"
    yield (
        "ids",
        (
            f"{ids.matched_count} of {ids.report_count} reports match, by {place},"
            f" {_SPELLINGS[ids.way.spelling]} ({ids.answer_example} and"
            f" {printable_text(ids.report_example)})"
        ),
    )


def _report_rows(
    reports: ReportFinding | None, zone_minutes: int | None
) -> Iterable[tuple[str, str]]:
    if reports is None:
        return
    forms = [
        "a text" if reports.has_text else "",
        "receipted_message_id" if reports.has_tlv_id else "",
        "message_state" if reports.has_tlv_state else "",
        "in message_payload" if reports.is_in_payload else "",
    ]
    states = ", ".join(f"{count} {printable_text(word)}" for word, count in reports.states)
    seconds = "" if reports.seconds_median is None else f", after {reports.seconds_median:.1f} s"
    yield "reports", f"{reports.count}: {states}{seconds}"
    yield "written as", " and ".join(filter(None, forms)) or "nothing that can be read"
    if reports.labels:
        yield "labels", " ".join(f"{printable_text(label)}:" for label in reports.labels)
    if reports.unmarked_count:
        yield "esm_class", f"{reports.unmarked_count} are not marked as reports"
    if reports.duplicate_count:
        yield "twice", f"{reports.duplicate_count} reports came again"
    if zone_minutes is not None:
        sign, minutes = "-" if zone_minutes < 0 else "+", abs(zone_minutes)
        clock = f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"
        yield "dates", f"{reports.date_digits} digits, of UTC{clock}"


def _rate_rows(rate: RateFinding | None) -> Iterable[tuple[str, str]]:
    if rate is None:
        return
    median = "" if rate.answer_seconds_median is None else _milliseconds(rate.answer_seconds_median)
    yield (
        "burst",
        (
            f"{rate.accepted_count} of {rate.sent_count} accepted in {rate.seconds:.1f} s, window"
            f" {rate.window_max}, answers in {median or '-'}"
        ),
    )
    for code, count in rate.throttled:
        name = describe_status(code).name
        taken = f"after {rate.throttled_from_count} were taken"
        yield "throttled", f"{count} times with {name} ({code:#04x}), {taken}"
    if rate.ended_by_carrier:
        yield "throttled", f"by ending the connection: {rate.ended_by_carrier}"
    if rate.is_throttled:
        yield "rate", f"about {int(rate.accepted_per_second)} a second are taken"


def _heard_line(heard: Heard) -> str:
    read = read_report(heard.pdu, sniff=True)
    if read is None:
        return "  a message from a phone came and was put off"
    ids = [one for one in ids_of(heard.pdu) if one]
    name = printable_text(ids[0]) if ids else "(no id)"
    word = printable_text(read.state_word) or "(no state)"
    at = heard.at.astimezone(UTC)
    if not heard.is_ours:
        return f"  {at:%H:%M:%S} a report of somebody else's {name} was put off"
    return f"  {at:%H:%M:%S} report: {name} {word}"


def _part(sent: Sent) -> str:
    return f", part {sent.part} of {sent.part_total}" if sent.part_total > 1 else ""


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
