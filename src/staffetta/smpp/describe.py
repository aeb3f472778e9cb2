"""A PDU in words: one line with its fields by name, for people who look at what went over a link.

Pure. Nothing is interpreted further than the specification goes: octets that are no ASCII are shown
as they are, because what alphabet they are in is what such people want to find out.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import asdict

from staffetta.smpp import pdus
from staffetta.smpp.constants import HEADER_OCTETS, CommandId, DataCoding, EsmClass
from staffetta.smpp.decode import command_id_of, decode, sequence_number_of
from staffetta.smpp.errors import MalformedPdu
from staffetta.smpp.reports import meaning_of_state
from staffetta.smpp.statuses import describe_status
from staffetta.smpp.tlvs import Tag
from staffetta.smpp.user_data import read_concatenation, read_user_data

_TEXT_MAX: Final = 1600  # characters of one field
_IN_HEX: Final = frozenset({"esm_class", "interface_version", "unknown_id"})
_UCS2: Final = frozenset({int(DataCoding.UCS2), int(DataCoding.FLASH_UCS2)})
_OF_HEADER: Final = frozenset({"sequence_number", "command_status"})
_SHORT_MESSAGE: Final = "short_message"
_TEXTS: Final = frozenset(
    {Tag.RECEIPTED_MESSAGE_ID, Tag.ADDITIONAL_STATUS_INFO_TEXT, Tag.CALLBACK_NUM_ATAG}
)
_OCTETS: Final = frozenset(
    {Tag.NETWORK_ERROR_CODE, Tag.CALLBACK_NUM, Tag.SOURCE_SUBADDRESS, Tag.DEST_SUBADDRESS}
)
_NUMBER_OCTETS_MAX: Final = 4
_BACKSLASH: Final = ord("\\")
_QUOTE: Final = ord('"')


class DescribedPdu(Struct, frozen=True):
    """What a PDU says."""

    name: str  # as the specification calls it, like submit_sm
    sequence_number: int
    command_status: int  # 0 in requests
    fields: tuple[tuple[str, str], ...]  # those that say something, in the order of the wire

    @property
    def line(self) -> str:
        """All of it in one line."""
        status = ""
        if self.command_status:
            meaning = describe_status(self.command_status)
            status = f" command_status=0x{self.command_status:02X} {meaning.name}"
        said = "".join(f" {name}={value}" for name, value in self.fields)
        return f"{self.name} #{self.sequence_number}{status}{said}"


def describe_pdu(octets: bytes, *, is_blanked: bool = False) -> DescribedPdu:
    """What the PDU in `octets` says, or as much of it as is there. Never raises.

    `is_blanked`: asterisks stand in the place of its text, which is shown by its length alone.
    """
    if len(octets) < HEADER_OCTETS:
        return DescribedPdu("no PDU", 0, 0, (("octets", octets.hex()),))
    status = int.from_bytes(octets[8:12], "big")
    number = sequence_number_of(octets)
    name = _name_of(command_id_of(octets))
    try:
        pdu = decode(octets)
    except MalformedPdu as error:
        return DescribedPdu(name, number, status, (("unreadable", f"({error})"),))
    return DescribedPdu(name, number, status, tuple(_fields(pdu, is_blanked=is_blanked)))


def _name_of(command_id: int) -> str:
    try:
        return CommandId(command_id).name.lower()
    except ValueError:
        return f"command_id=0x{command_id:08X}"


def _fields(pdu: pdus.Pdu, *, is_blanked: bool) -> Iterator[tuple[str, str]]:
    values = asdict(pdu)
    tlvs: pdus.Tlvs = values.pop("tlvs", ())
    coding, esm_class = values.get("data_coding", 0), values.get("esm_class", 0)
    for name, value in values.items():
        if not value or name in _OF_HEADER:
            continue
        if name == _SHORT_MESSAGE:
            yield from _text(name, value, coding, esm_class, is_blanked=is_blanked)
        else:
            yield name, _value(name, value)
    for tag, octets in tlvs:
        if tag == Tag.MESSAGE_PAYLOAD:
            yield from _text("message_payload", octets, coding, esm_class, is_blanked=is_blanked)
        elif is_blanked and tag not in Tag._value2member_map_ and not octets.strip(b"*"):
            yield _tag_name(tag), _not_kept(octets)
        else:
            yield _tag_name(tag), _tlv(tag, octets)


def _value(name: str, value: bytes | int) -> str:
    if isinstance(value, int):
        return f"0x{value:02X}" if name in _IN_HEX else str(value)
    if name == "password":
        return f"({len(value)} octets)"
    return _quoted(value) if name == "body" else _bare(value)


def _text(
    name: str, octets: bytes, coding: int, esm_class: int, *, is_blanked: bool
) -> Iterator[tuple[str, str]]:
    if esm_class & EsmClass.UDH_INDICATOR:
        user_data = read_user_data(octets)
        header = octets[: len(octets) - len(user_data.body)]
        part = read_concatenation(user_data)
        where = f" (part {part.number} of {part.total}, ref {part.reference})" if part else ""
        yield "udh", f"{header.hex()}{where}"
        octets = user_data.body
    blank = octets.rstrip(b"*") if is_blanked else octets
    if blank == octets:
        yield name, _in_words(octets, coding)
    elif blank:  # a report, whose quote of a text was taken out
        yield name, f"{_quoted(blank)} (+{len(octets) - len(blank)} octets, not kept)"
    else:
        yield name, _not_kept(octets)


def _not_kept(octets: bytes) -> str:
    return f"({len(octets)} octets, not kept)"


def _in_words(octets: bytes, coding: int) -> str:
    if coding in _UCS2 and len(octets) % 2 == 0:
        text = octets.decode("utf-16-be", errors="backslashreplace")
        return f'"{_cut("".join(map(_printable, text)))}"'
    return _quoted(octets)


def _printable(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\u{ord(character):04x}"


def _quoted(octets: bytes) -> str:
    return f'"{_cut(_escaped(octets))}"'


def _bare(octets: bytes) -> str:
    """A value without quotes, where nobody could take it for two."""
    text = _escaped(octets)
    return _cut(text) if " " not in text and "=" not in text else f'"{_cut(text)}"'


def _escaped(octets: bytes) -> str:
    return "".join(
        f"\\{chr(octet)}"
        if octet in (_BACKSLASH, _QUOTE)
        else chr(octet)
        if 0x20 <= octet < 0x7F
        else f"\\x{octet:02x}"
        for octet in octets
    )


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT_MAX else f"{text[:_TEXT_MAX]}…"


def _tag_name(tag: int) -> str:
    try:
        return Tag(tag).name.lower()
    except ValueError:
        return f"0x{tag:04X}"


def _tlv(tag: int, octets: bytes) -> str:
    if tag == Tag.MESSAGE_STATE and len(octets) == 1:
        return f"{octets[0]} ({meaning_of_state(octets[0])})"
    if tag in _TEXTS:
        return _bare(octets.partition(b"\0")[0])
    is_number = tag in Tag._value2member_map_ and tag not in _OCTETS
    if is_number and 1 <= len(octets) <= _NUMBER_OCTETS_MAX:
        return str(int.from_bytes(octets, "big"))
    return octets.hex() or "(empty)"
