"""A delivery report as the steps know it: what it says, and the keys its message may be kept under.

Pure. Owns how an id becomes keys, given what is known of its carrier's spelling.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from staffetta.messaging.connector import Report
from staffetta.smpp.message_ids import Source, Spelling, Way, candidate_keys, key_by

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

    @property
    def addresses(self) -> tuple[str, str]:
        """The numbers it names."""
        return self.destination, self.sender

    @property
    def detail(self) -> str:
        """The carrier's words, for people."""
        if not self.report_error:
            return self.report_state
        said = f"{self.report_state}, error {self.report_error}"
        return f"{said}: {self.error_words}" if self.error_words else said


def known_report(report: Report, report_id: bytes, way: Way | None, now: datetime) -> KnownReport:
    """A report as it came, read in the way that is known of its carrier (None: nobody knows)."""
    event = report.meaning.event
    form = report.id_form
    is_certain = way is not None or (form is not None and not report.text_id)
    if way is None or (way.source is Source.TLV and way.spelling in _AS_WRITTEN):
        key = report.smsc_key
    else:
        key = key_by(way, report.smsc_id, report.text_id, form)
    return KnownReport(
        id=report_id,
        connector_id=report.connector_id,
        smsc_id=report.smsc_id,
        smsc_key=key,
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
    )


def known_again(kept: KnownReport, way: Way | None) -> KnownReport:
    """A report that was kept, read in the way that is known of its carrier by now."""
    if way is None or kept.keys is None:
        return kept
    key = kept.keys.get(way.name, kept.smsc_key)
    return msgspec.structs.replace(kept, smsc_key=key, is_certain=True)


def is_set(keys: Mapping[str, str] | None) -> bool:
    """Whether keys were made of the form that an operator set."""
    return keys is not None and any(name.endswith(_SET_ENDING) for name in keys)


def keys_of(report: Report) -> Mapping[str, str]:
    """Every key that a report's message may be kept under, by the name of the way of reading."""
    keys = candidate_keys(report.smsc_id, report.text_id, report.id_form)
    return {
        way.name: report.smsc_key if _is_first(way, report) else key for way, key in keys.items()
    }


def _is_first(way: Way, report: Report) -> bool:
    return way.spelling in _AS_WRITTEN and (way.source is Source.TLV or not report.text_id)


def _believed(done_at: datetime | None, now: datetime) -> datetime | None:
    if done_at is None or not now - _DONE_AGO_MAX <= done_at <= now + _DONE_AHEAD_MAX:
        return None
    return done_at
