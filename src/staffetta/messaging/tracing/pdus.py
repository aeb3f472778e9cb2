"""Recorded PDUs as events, decoded. Pure.

What is shown of a text depends on two things: whether it was kept, and whether it is asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from staffetta.domain.short_numbers import short_number
from staffetta.messaging.recordings import Reason
from staffetta.messaging.tracing.rows import Row, TraceRows
from staffetta.messaging.tracing.timeline import Event
from staffetta.smpp.blanking import with_addresses, without_password, without_text
from staffetta.smpp.describe import describe_pdu

_WHY: Final[Mapping[str, str]] = MappingProxyType(
    {
        Reason.AROUND: "before it",
        Reason.LATE: "too late: nobody waited for it any more",
        Reason.LINK_LOST: "before the link was lost",
        Reason.BIND_REFUSED: "before the bind was refused",
        Reason.UNREADABLE: "cannot be read",
    }
)


class Looks(msgspec.Struct, frozen=True):
    """How a trace is to be shown."""

    with_text: bool = False
    with_hex: bool = False
    with_around: bool = False  # what went over the link just before
    redacts: bool = False  # numbers are shortened


def pdu_events(rows: TraceRows, looks: Looks) -> Iterator[Event]:
    """What was recorded of a message's segments, and of the links meanwhile."""
    recordings = [*rows.recordings, *rows.link_incidents]
    if looks.with_around:
        recordings += rows.incidents
    return recorded_events(recordings, looks)


def recorded_events(recordings: Sequence[Row], looks: Looks) -> Iterator[Event]:
    """Recorded PDUs, in the order in which they went over their links."""
    for row in sorted(recordings, key=lambda row: (row["at"], row["id"])):
        yield _event(row, looks)


def _event(row: Row, looks: Looks) -> Event:
    octets, is_blanked = shown_octets(row, looks)
    described = describe_pdu(octets, is_blanked=is_blanked)
    arrow = "→" if row["is_written"] else "←"
    why = f" ({_WHY[row['reason']]})" if row["reason"] in _WHY else ""
    cut = row["octet_count"] > len(octets)
    more = f" (the first {len(octets)} of {row['octet_count']} octets)" if cut else ""
    text = f"{row['connector']}/{row['link']} {arrow} {described.line}{more}{why}"
    if looks.with_hex:
        text += f"\n{octets.hex(' ', -4)}"
    facts: dict[str, object] = {
        "connector": row["connector"],
        "link": row["link"],
        "direction": "written" if row["is_written"] else "read",
        "reason": row["reason"],
        "attempt": row["attempt"],
        "segment": row["segment"],
        "pdu": described.name,
        "sequence_number": described.sequence_number,
        "command_status": described.command_status,
        "fields": [{"name": name, "value": value} for name, value in described.fields],
        "text_kept": not is_blanked,
    }
    if looks.with_hex:
        facts["octets"] = octets.hex()
    return Event(row["at"], "pdu", text, facts)


def shown_octets(row: Row, looks: Looks) -> tuple[bytes, bool]:
    """The octets of a recording as they may be shown, and whether their text is taken out."""
    octets = without_password(row["octets"])
    is_blanked = row["is_blanked"] or not looks.with_text
    if is_blanked and not row["is_blanked"]:
        octets = without_text(octets)
    return (with_addresses(octets, short_number) if looks.redacts else octets), is_blanked
