"""The phones of the simulated network: what was delivered last, as a handset would show it.

Owns the reading of a message for people: alphabets, flash, joined segments. Everything is kept as
it came in and read when somebody looks, because thousands arrive each second and few are looked at.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from staffetta.domain.encodings import decode_gsm7, decode_ucs2
from staffetta.smpp.constants import DataCoding, EsmClass, TypeOfNumber
from staffetta.smpp.pdus import SubmitSm
from staffetta.smpp.tlvs import Tag, find, find_integer
from staffetta.smpp.user_data import Concatenation, UserData, read_concatenation, read_user_data

_DISPLAY: Final = 1  # dest_addr_subunit of a message that is shown at once (3.4 section 5.3.2.1)

# data_coding values that Python's codecs know; GSM and UCS-2 have functions of their own.
_CODECS: Final[Mapping[int, str]] = MappingProxyType(
    {
        DataCoding.IA5: "ascii",
        DataCoding.LATIN_1: "latin-1",
        DataCoding.JIS: "shift_jis",
        DataCoding.CYRILLIC: "iso8859-5",
        DataCoding.HEBREW: "iso8859-8",
        DataCoding.PICTOGRAM: "shift_jis",
        DataCoding.ISO_2022_JP: "iso2022_jp",
        DataCoding.KOREAN: "euc_kr",
    }
)
_OCTETS: Final = frozenset({DataCoding.OCTETS_IA5, DataCoding.OCTETS})


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

    def __init__(self, segments_max: int) -> None:
        self._segments: deque[_Segment] = deque(maxlen=segments_max)

    def receive(self, pdu: SubmitSm, received_at: float) -> None:
        """Take a segment; the oldest falls out when there is no room."""
        self._segments.append(_Segment(pdu, received_at))

    def read(self) -> list[HandsetMessage]:
        """The messages that are whole, oldest first."""
        return _join(self._segments)


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


def user_data_of(pdu: SubmitSm) -> UserData:
    """The elements of the user data header, if it has one, and the text's octets."""
    data = pdu.short_message
    if not data and pdu.tlvs:
        data = find(pdu.tlvs, Tag.MESSAGE_PAYLOAD) or b""
    if not pdu.esm_class & EsmClass.UDH_INDICATOR:
        return UserData((), data)
    return read_user_data(data)


def decode_text(octets: bytes, data_coding: int) -> str:
    """The text of whole user data. Never fails: what cannot be read becomes U+FFFD or hex."""
    coding = _plain_coding(data_coding)
    codec = _CODECS.get(coding)
    if coding == DataCoding.UCS2:
        return decode_ucs2(octets)
    if coding in _OCTETS:
        return octets.hex(" ")
    return decode_gsm7(octets) if codec is None else octets.decode(codec, errors="replace")


def is_flash(pdu: SubmitSm) -> bool:
    """Whether the handset shows it at once and forgets it: class 0, or for the display alone."""
    coding = pdu.data_coding
    has_class = coding & 0xF0 == 0xF0 or coding & 0xD0 == 0x10
    if has_class and coding & 0x03 == 0:
        return True
    return bool(pdu.tlvs) and find_integer(pdu.tlvs, Tag.DEST_ADDR_SUBUNIT) == _DISPLAY


def _plain_coding(data_coding: int) -> int:
    """The alphabet behind a data_coding that also names a class (TS 23.038 section 4)."""
    if data_coding & 0xF0 == 0xF0:
        return DataCoding.OCTETS if data_coding & 0x04 else DataCoding.SMSC_DEFAULT
    if data_coding & 0xD0 == 0x10:
        alphabets = (DataCoding.SMSC_DEFAULT, DataCoding.OCTETS, DataCoding.UCS2)
        return (*alphabets, DataCoding.SMSC_DEFAULT)[data_coding >> 2 & 0x03]
    return data_coding


def _join(segments: Iterable[_Segment]) -> list[HandsetMessage]:
    whole: list[HandsetMessage] = []
    open_sets: dict[tuple[bytes, bytes, int, int], dict[int, _Segment]] = {}
    for segment in segments:
        pdu = segment.pdu
        part = concatenation_of(pdu)
        if part is None:
            whole.append(_shown([segment]))
            continue
        key = (pdu.source_addr, pdu.destination_addr, part.reference, part.total)
        parts = open_sets.setdefault(key, {})
        if part.number in parts:  # the reference is used again: what was begun will not be ended
            parts.clear()
        parts[part.number] = segment
        if len(parts) == part.total:
            del open_sets[key]
            whole.append(_shown([parts[number] for number in sorted(parts)]))
    return whole


def _shown(segments: list[_Segment]) -> HandsetMessage:
    first = segments[0].pdu
    # Joined before it is decoded: a sender may have cut a surrogate pair in two.
    octets = b"".join(user_data_of(segment.pdu).body for segment in segments)
    international = first.source_addr_ton == TypeOfNumber.INTERNATIONAL
    sender = first.source_addr.decode("latin-1")
    return HandsetMessage(
        sender=f"+{sender.removeprefix('+')}" if international else sender,
        recipient="+" + first.destination_addr.decode("latin-1").removeprefix("+"),
        text=decode_text(octets, first.data_coding),
        flash=is_flash(first),
        segment_count=len(segments),
        received_at=datetime.fromtimestamp(max(s.received_at for s in segments), UTC),
    )
