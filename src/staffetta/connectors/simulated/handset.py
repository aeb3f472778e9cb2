"""The phones of the simulated network: what was delivered last, as a handset would show it.

Owns the reading of a message for people: flash, joined segments. Everything is kept as it came in
and read when somebody looks, because thousands arrive each second and few are looked at.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from staffetta.connectors.simulated.decoding import (
    GSM_7_SMSC,
    SmscAlphabet,
    text_of,
    user_data_of,
)
from staffetta.smpp.constants import TypeOfNumber
from staffetta.smpp.pdus import SubmitSm
from staffetta.smpp.tlvs import Tag, find_integer
from staffetta.smpp.user_data import Concatenation, read_concatenation

_DISPLAY: Final = 1  # dest_addr_subunit of a message that is shown at once (3.4 section 5.3.2.1)


@dataclass(frozen=True, slots=True)
class HandsetMessage:
    """One message on somebody's phone, all its segments joined."""

    sender: str
    recipient: str  # with its plus
    text: str
    flash: bool  # shown at once, not stored
    segment_count: int
    received_at: datetime  # of the last segment


class _Segment(NamedTuple):
    pdu: SubmitSm
    received_at: float  # seconds of the Unix epoch


class Handset:
    """The newest segments that were delivered, to whatever number."""

    def __init__(self, segments_max: int, smsc: SmscAlphabet = GSM_7_SMSC) -> None:
        self._smsc = smsc
        self._segments: deque[_Segment] = deque(maxlen=segments_max)

    def receive(self, pdu: SubmitSm, received_at: float) -> None:
        """Take a segment; the oldest falls out when there is no room."""
        self._segments.append(_Segment(pdu, received_at))

    def read(self) -> list[HandsetMessage]:
        """The messages that are whole, oldest first."""
        return [_shown(parts, self._smsc) for parts in _join(self._segments)]


def concatenation_of(pdu: SubmitSm) -> Concatenation | None:
    """The part it is, by user data header or by TLVs; None for a message in one piece."""
    part = read_concatenation(user_data_of(pdu)) or _part_by_tlvs(pdu)
    return part if part is not None and 1 <= part.number <= part.total > 1 else None


def _part_by_tlvs(pdu: SubmitSm) -> Concatenation | None:
    if not pdu.tlvs:
        return None
    reference = find_integer(pdu.tlvs, Tag.SAR_MSG_REF_NUM)
    total = find_integer(pdu.tlvs, Tag.SAR_TOTAL_SEGMENTS)
    number = find_integer(pdu.tlvs, Tag.SAR_SEGMENT_SEQNUM)
    if reference is None or total is None or number is None:
        return None
    return Concatenation(reference, total, number)


def is_flash(pdu: SubmitSm) -> bool:
    """Whether the handset shows it at once and forgets it: class 0, or for the display alone."""
    coding = pdu.data_coding
    has_class = coding & 0xF0 == 0xF0 or coding & 0xD0 == 0x10
    if has_class and coding & 0x03 == 0:
        return True
    return bool(pdu.tlvs) and find_integer(pdu.tlvs, Tag.DEST_ADDR_SUBUNIT) == _DISPLAY


def _join(segments: Iterable[_Segment]) -> list[list[_Segment]]:
    whole: list[list[_Segment]] = []
    open_sets: dict[tuple[bytes, bytes, int, int], dict[int, _Segment]] = {}
    for segment in segments:
        pdu = segment.pdu
        part = concatenation_of(pdu)
        if part is None:
            whole.append([segment])
            continue
        key = (pdu.source_addr, pdu.destination_addr, part.reference, part.total)
        parts = open_sets.setdefault(key, {})
        if part.number in parts:  # the reference is used again: what was begun will not be ended
            parts.clear()
        parts[part.number] = segment
        if len(parts) == part.total:
            del open_sets[key]
            whole.append([parts[number] for number in sorted(parts)])
    return whole


def _shown(segments: list[_Segment], smsc: SmscAlphabet) -> HandsetMessage:
    first = segments[0].pdu
    international = first.source_addr_ton == TypeOfNumber.INTERNATIONAL
    sender = first.source_addr.decode("latin-1")
    return HandsetMessage(
        sender=f"+{sender.removeprefix('+')}" if international else sender,
        recipient="+" + first.destination_addr.decode("latin-1").removeprefix("+"),
        text=text_of([segment.pdu for segment in segments], smsc),
        flash=is_flash(first),
        segment_count=len(segments),
        received_at=datetime.fromtimestamp(max(s.received_at for s in segments), UTC),
    )
