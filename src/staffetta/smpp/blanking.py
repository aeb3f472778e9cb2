"""Taking out of octets what nobody may read later: passwords of binds, texts of messages.

Pure. What is blanked keeps its length, so lengths and what stands behind it can still be looked at.
"""

import re
from collections.abc import Callable
from typing import Final

from staffetta.smpp import pdus
from staffetta.smpp.constants import HEADER_OCTETS, CommandId, EsmClass
from staffetta.smpp.decode import command_id_of
from staffetta.smpp.errors import MalformedPdu
from staffetta.smpp.fields import LAYOUTS, Field
from staffetta.smpp.framing import whole_frames
from staffetta.smpp.report_head import end_of_report_head
from staffetta.smpp.tlvs import Tag

BLANK: Final = b"*"

_WITH_PASSWORD: Final = frozenset(
    {
        int(CommandId.BIND_RECEIVER),
        int(CommandId.BIND_TRANSMITTER),
        int(CommandId.BIND_TRANSCEIVER),
        int(CommandId.OUTBIND),
    }
)
_SHORT_MESSAGES: Final = frozenset({int(CommandId.SUBMIT_SM), int(CommandId.DELIVER_SM)})
# Their bodies hold no text, whatever a peer makes of them.
_WITHOUT_TEXT: Final = frozenset(int(each) for each in CommandId) - {
    CommandId.SUBMIT_SM,
    CommandId.DELIVER_SM,
    CommandId.DATA_SM,
    CommandId.REPLACE_SM,
}
# Everything up to esm_class, between esm_class and sm_length (see decode).
_up_to_text: Final = re.compile(
    rb"[^\0]*+\0..[^\0]*+\0..[^\0]*+\0(.)..[^\0]*+\0[^\0]*+\0....(.)", re.DOTALL
).match
_match_addresses: Final = re.compile(rb"[^\0]*+\0..([^\0]*+)\0..([^\0]*+)\0", re.DOTALL).match
_TLV_HEADER_OCTETS: Final = 4
_PAYLOAD: Final = int(Tag.MESSAGE_PAYLOAD)
_KNOWN_TAGS: Final = frozenset(int(tag) for tag in Tag)


def without_passwords(octets: bytes) -> bytes:
    """A run of whole frames with the password of every bind and outbind blanked."""
    frames = list(whole_frames(octets))
    if not any(command_id_of(frame) in _WITH_PASSWORD for frame in frames):
        return octets
    rest = octets[sum(len(frame) for frame in frames) :]
    # What is not whole yet may be half a bind.
    return b"".join([*map(without_password, frames), BLANK * len(rest)])


def without_password(frame: bytes) -> bytes:
    """A frame with the password blanked, where it is a bind or an outbind."""
    if command_id_of(frame) not in _WITH_PASSWORD:
        return frame
    start = frame.find(b"\0", HEADER_OCTETS) + 1
    if start == 0:
        return frame
    end = frame.find(b"\0", start)
    return _blank(frame, start, len(frame) if end < 0 else end)


def without_text(frame: bytes) -> bytes:
    """A frame without the text that it carries; a user data header stays.

    Of a delivery report the carrier's own values stay, and of what is delivered those TLVs that the
    specification knows: in the others, too, carriers quote texts. A PDU that nobody knows loses its
    whole body, and one that cannot be read all but its NULs: nobody can tell where its text is.
    """
    command_id = command_id_of(frame)
    if command_id in _WITHOUT_TEXT:
        return without_password(frame)
    if command_id in _SHORT_MESSAGES:
        return _short_message_without_text(frame)
    if command_id == CommandId.DATA_SM:
        return _data_sm_without_text(frame)
    return _blank(frame, HEADER_OCTETS, len(frame))


def with_addresses(frame: bytes, shown: Callable[[str], str]) -> bytes:
    """A message's frame whose addresses are as `shown` makes them, which keeps their length."""
    for start, end in _address_spans(frame):
        address = shown(frame[start:end].decode("latin-1")).encode("latin-1")
        frame = b"".join((frame[:start], address, frame[end:]))
    return frame


def _address_spans(frame: bytes) -> list[tuple[int, int]]:
    """Where the addresses of a message stand."""
    command_id = command_id_of(frame)
    if command_id not in _SHORT_MESSAGES and command_id != CommandId.DATA_SM:
        return []
    # All begin alike: service_type, then twice TON, NPI and an address (3.4 sections 4.4.1, 4.7.1)
    match = _match_addresses(frame, HEADER_OCTETS)
    return [] if match is None else [match.span(1), match.span(2)]


def _short_message_without_text(frame: bytes) -> bytes:
    match = _up_to_text(frame, HEADER_OCTETS)
    if match is None:
        return _shape_of(frame)
    esm_class = match[1][0]
    start = match.end()
    end = min(start + match[2][0], len(frame))
    frame = _blank(frame, *_text_span(frame, start, end, esm_class))
    return _tlvs_without_text(frame, end, esm_class)


def _data_sm_without_text(frame: bytes) -> bytes:
    offset = HEADER_OCTETS
    values: dict[str, bytes | int] = {}
    layout: tuple[Field, ...] = LAYOUTS[pdus.DataSm]
    try:
        for field in layout:
            values[field.name], offset = field.read(frame, offset)
    except MalformedPdu:
        return _shape_of(frame)
    return _tlvs_without_text(frame, offset, int(values["esm_class"]))


def _tlvs_without_text(frame: bytes, offset: int, esm_class: int) -> bytes:
    """TLVs that can be read lose their text; where they cannot, everything from there."""
    size = len(frame)
    is_ours = command_id_of(frame) == CommandId.SUBMIT_SM
    while offset < size:
        value_at = offset + _TLV_HEADER_OCTETS
        tag = int.from_bytes(frame[offset : offset + 2], "big")
        end = value_at + int.from_bytes(frame[offset + 2 : value_at], "big")
        if end > size:
            return _blank(frame, offset, size)
        if tag == _PAYLOAD:
            frame = _blank(frame, *_text_span(frame, value_at, end, esm_class))
        elif tag not in _KNOWN_TAGS and not is_ours:
            frame = _blank(frame, value_at, end)
        offset = end
    return frame


def _text_span(frame: bytes, start: int, end: int, esm_class: int) -> tuple[int, int]:
    """Where between two offsets the words of people stand."""
    if esm_class & EsmClass.UDH_INDICATOR and start < end:
        start = min(start + 1 + frame[start], end)
    is_ours = command_id_of(frame) == CommandId.SUBMIT_SM
    return start + (0 if is_ours else end_of_report_head(frame[start:end])), end


def _shape_of(frame: bytes) -> bytes:
    body = bytes(octet and BLANK[0] for octet in frame[HEADER_OCTETS:])
    return frame[:HEADER_OCTETS] + body


def _blank(frame: bytes, start: int, end: int) -> bytes:
    return b"".join((frame[:start], BLANK * (end - start), frame[end:])) if end > start else frame
