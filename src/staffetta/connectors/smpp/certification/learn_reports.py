"""The form of a carrier's reports, and the zone of their dates.

Pure. Dates in reports name no zone: it is what lies between the carrier's clock and ours, in
quarters of an hour, because a report comes seconds after what it tells and zones differ by quarters
of an hour.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from types import MappingProxyType
from typing import Final

from staffetta.connectors.smpp.certification.findings import ReportFinding
from staffetta.connectors.smpp.certification.learn_ids import ids_of, text_of
from staffetta.connectors.smpp.certification.observed import Heard, Sent
from staffetta.connectors.smpp.printable import printable_text
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.smpp import pdus
from staffetta.smpp.report_text import read_report_text
from staffetta.smpp.reports import is_report, read_report, read_report_date
from staffetta.smpp.tlvs import Tag, find

_LABEL: Final = re.compile(r"(?<![0-9A-Za-z])([A-Za-z]+(?: date)?) ?:", re.ASCII)
_LABELS_MAX: Final = 20
_QUARTER_MINUTES: Final = 15
_ZONE_MINUTES_MAX: Final = 14 * 60
# The zones that are no whole hours, as far as networks are there; the others are Etc/GMT±n.
_ODD_ZONES: Final = MappingProxyType(
    {
        -570: "Pacific/Marquesas",
        -210: "America/St_Johns",
        210: "Asia/Tehran",
        270: "Asia/Kabul",
        330: "Asia/Kolkata",
        345: "Asia/Kathmandu",
        390: "Asia/Yangon",
        525: "Australia/Eucla",
        570: "Australia/Darwin",
        765: "Pacific/Chatham",
    }
)


def learn_reports(
    heard: Sequence[Heard], matched: Sequence[tuple[Sent, Heard]]
) -> ReportFinding | None:
    """The form of the reports of ours; None when none came."""
    ours = [one for one in heard if one.is_ours]
    if not ours:
        return None
    texts = [text_of(one.pdu) for one in ours]
    states = [
        printable_text(read.state_word)
        for one in ours
        if (read := read_report(one.pdu, sniff=True))
    ]
    return ReportFinding(
        count=len(ours),
        has_text=any(texts),
        has_tlv_id=any(ids_of(one.pdu)[0] for one in ours),
        has_tlv_state=any(find(one.pdu.tlvs, Tag.MESSAGE_STATE) for one in ours),
        is_in_payload=any(_speaks_in_payload(one) for one in ours),
        unmarked_count=sum(not is_report(one.pdu) for one in ours),
        labels=next((labels_of(text) for text in texts if text), ()),
        date_digits=max((len(read_report_text(text).done_date) for text in texts), default=0),
        data_codings=tuple(sorted({one.pdu.data_coding for one in ours})),
        states=tuple(Counter(states).most_common()),
        seconds_median=_seconds(matched),
        duplicate_count=len(ours) - len({_identity(one) for one in ours}),
    )


def labels_of(text: str) -> tuple[str, ...]:
    """The labels of a report's text, up to the text it quotes."""
    labels: list[str] = []
    for match in _LABEL.finditer(text):
        labels.append(match[1])
        if match[1].lower() == "text" or len(labels) == _LABELS_MAX:
            break
    return tuple(labels)


def learn_zone(heard: Sequence[Heard]) -> int | None:
    """How many minutes the reports' dates are ahead of UTC; None when they do not say."""
    ahead = [
        (date - one.at).total_seconds() / 60
        for one in heard
        if one.is_ours and (date := _done_at(one)) is not None
    ]
    if not ahead:
        return None
    minutes = round(median(ahead) / _QUARTER_MINUTES) * _QUARTER_MINUTES
    return minutes if abs(minutes) <= _ZONE_MINUTES_MAX else None


def zone_settings(
    zone_minutes: int | None, settings: SmppSettings, now: datetime
) -> dict[str, object]:
    """The zone to set, where the one that is set is another now."""
    if zone_minutes is None:
        return {}
    if settings.report_zone.utcoffset(now) == timedelta(minutes=zone_minutes):
        return {}
    name = zone_name(zone_minutes)
    return {} if name is None else {"report_zone": name}


def zone_name(zone_minutes: int) -> str | None:
    """A zone that is always so far ahead of UTC, or is as a rule; None when there is none."""
    hours, rest = divmod(zone_minutes, 60)
    if rest:
        return _ODD_ZONES.get(zone_minutes)
    # The sign of these names is the other way round, as POSIX has it.
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


def _done_at(one: Heard) -> datetime | None:
    return read_report_date(read_report_text(text_of(one.pdu)).done_date, UTC)


def _speaks_in_payload(one: Heard) -> bool:
    in_message = isinstance(one.pdu, pdus.DeliverSm) and one.pdu.short_message
    return not in_message and find(one.pdu.tlvs, Tag.MESSAGE_PAYLOAD) is not None


def _seconds(matched: Sequence[tuple[Sent, Heard]]) -> float | None:
    # A report may come before its answer.
    seconds = [max(0.0, (report.at - sent.at).total_seconds()) for sent, report in matched]
    return median(seconds) if seconds else None


def _identity(one: Heard) -> tuple[object, ...]:
    read = read_report(one.pdu, sniff=True)
    return (ids_of(one.pdu), read.state_word if read else "")
