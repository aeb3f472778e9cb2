"""A delivery report as the steps know it: what it says, and the keys its message may be kept under.

Pure. Owns how an id becomes keys, given what is known of its carrier's spelling.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from staffetta.messaging.connector import Report
from staffetta.smpp.message_ids import Reading, Source, Spelling, candidate_keys, key_in_way

# Carriers tell local times in zones they did not name, and dates that are none: what lies ahead of
# the clock, or long before any message that can still be reported, is not taken for a time.
_DONE_AHEAD_MAX: Final = timedelta(minutes=5)
_DONE_AGO_MAX: Final = timedelta(days=60)
_SET_ENDING: Final = f"/{Spelling.SET}"
_AS_WRITTEN: Final = frozenset({Spelling.SET, Spelling.SAME})


class KnownReport(msgspec.Struct, frozen=True):
    """A delivery report as the database keeps it."""

    id: bytes
    connector_id: int
    smsc_id: str
    smsc_key: str  # the likeliest
    report_state: str
    report_error: str | None
    report_event: str | None  # None while nothing is decided
    done_at: datetime | None
    destination: str
    sender: str = ""
    text_id: str = ""
    error_words: str | None = None
    error_reason: str | None = None
    keys: Mapping[str, str] | None = None  # by the name of each way of reading; None: only one
    is_certain: bool = True  # whether the likeliest key is the only one to believe
    is_sniffed: bool = False  # nothing but its text says that it is a report

    @property
    def addresses(self) -> tuple[str, str]:
        """The numbers it names."""
        return self.destination, self.sender

    @property
    def said(self) -> "Said":
        """What it says."""
        return Said(self.report_event, self.report_error, self.done_at)

    def repeats(self, said: "Said") -> bool:
        """Whether a message whose report `said` that learns nothing more from it.

        Any other may be the first of another message, whose answer, with an id that is used again,
        is on its way.
        """
        return self.report_event is None or self.said.is_like(said)

    @property
    def detail(self) -> str:
        """The carrier's words, for people."""
        if not (self.report_error or "").strip("0"):  # no error, or the number of none
            return self.report_state
        said = f"{self.report_state}, error {self.report_error}"
        return f"{said}: {self.error_words}" if self.error_words else said


class Said(NamedTuple):
    """What a report says, that one to the same phone with the same id may say again."""

    event: str | None
    error: str | None
    done_at: datetime | None

    def is_like(self, other: "Said") -> bool:
        """Whether another says the same, as far as both say something."""
        is_same_end = self.event == other.event
        is_same_error = _differ_not((self.error or "").strip("0"), (other.error or "").strip("0"))
        return is_same_end and is_same_error and _differ_not(self.done_at, other.done_at)


def _differ_not(one: object, other: object) -> bool:
    return not one or not other or one == other


def known_report(report: Report, report_id: bytes, reading: Reading, now: datetime) -> KnownReport:
    """A report as it came, read as far as it is known how its carrier spells ids."""
    event = report.meaning.event
    key = _known_key(report, reading)
    is_certain = key is not None or (report.id_form is not None and len(set(_ids(report))) == 1)
    return KnownReport(
        id=report_id,
        connector_id=report.connector_id,
        smsc_id=report.smsc_id,
        smsc_key=key or report.smsc_key,
        report_state=report.state_word,
        report_error=report.error or None,
        report_event=None if event is None else event.value,
        done_at=_believed(report.done_at, now),
        destination=report.destination,
        sender=report.sender,
        text_id=report.text_id,
        error_words=report.error_words or None,
        error_reason=report.error_reason or None,
        keys=None if is_certain else keys_of(report),
        is_certain=is_certain,
        is_sniffed=report.is_sniffed,
    )


def known_again(kept: KnownReport, reading: Reading) -> KnownReport:
    """A report that was kept, read as its carrier's ids are by now."""
    keys = kept.keys or {}
    for way in (reading.tlv, reading.text):
        if way is not None and (key := keys.get(way.name)) is not None:
            return msgspec.structs.replace(kept, smsc_key=key, is_certain=True)
    return kept


def is_set(keys: Mapping[str, str] | None) -> bool:
    """Whether keys were made of the form that an operator set."""
    return keys is not None and any(name.endswith(_SET_ENDING) for name in keys)


def keys_of(report: Report) -> Mapping[str, str]:
    """Every key that a report's message may be kept under, by the name of the way of reading."""
    tlv_id, text_id = _ids(report)
    keys = candidate_keys(tlv_id, text_id, report.id_form)
    # The key of the report is that of its first id as it stands.
    firsts = {Source.TLV if tlv_id else Source.TEXT}
    if tlv_id == text_id:
        firsts.add(Source.TEXT)
    return {
        way.name: report.smsc_key if way.spelling in _AS_WRITTEN and way.source in firsts else key
        for way, key in keys.items()
        if text_id or way.source is Source.TLV
    }


def _ids(report: Report) -> tuple[str, str]:
    """The ids of its TLV and its text; where it was not told which, the one counts as both."""
    if report.tlv_id or report.text_id:
        return report.tlv_id, report.text_id
    return report.smsc_id, report.smsc_id


def _known_key(report: Report, reading: Reading) -> str | None:
    """The key of a report whose carrier's spelling is known; None where it cannot be spelled so."""
    if reading.tlv is None and reading.text is None:
        return None
    tlv_id, text_id = _ids(report)
    if tlv_id and reading.tlv is not None:
        if reading.tlv.spelling in _AS_WRITTEN:
            return report.smsc_key
        return key_in_way(reading.tlv, tlv_id, report.id_form) or None
    if text_id and reading.text is not None:
        return key_in_way(reading.text, text_id, report.id_form) or None
    return None


def _believed(done_at: datetime | None, now: datetime) -> datetime | None:
    if done_at is None or not now - _DONE_AGO_MAX <= done_at <= now + _DONE_AHEAD_MAX:
        return None
    return done_at
