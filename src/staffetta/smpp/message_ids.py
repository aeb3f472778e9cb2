"""SMSC message ids: one key for what carriers write differently in answers and in reports.

Pure functions. A submission is kept under one key, made of the id in its answer. A report may spell
that id another way: each way it could be meant is a candidate, and which one a carrier uses is
either set by an operator or learned from its first reports.
"""

import re
from enum import StrEnum
from typing import Final

from msgspec import Struct


class IdForm(StrEnum):
    """How an operator says that a carrier writes ids on one side."""

    AS_IS = "as_is"
    HEXADECIMAL = "hexadecimal"
    DECIMAL = "decimal"


class Source(StrEnum):
    """Where a report names its message. Both may, and differ."""

    TLV = "tlv"  # receipted_message_id
    TEXT = "text"


class Spelling(StrEnum):
    """What a report's id is, seen from the answer's. In the order in which they are tried."""

    SET = "set"  # as the operator set the connector
    SAME = "same"  # but for letters' case, zeros in front, dashes of a UUID, a number's sign
    DECIMAL = "decimal"  # in decimal what the answer had in hexadecimal
    HEXADECIMAL = "hexadecimal"  # the reverse
    OLDER = "older"  # the same, with the keys of versions that left zeros and dashes in them


class Way(Struct, frozen=True):
    """One way to read a report's id."""

    source: Source
    spelling: Spelling

    @property
    def name(self) -> str:
        """How it is kept; `way_named` reads it."""
        return f"{self.source}/{self.spelling}"


def way_named(name: str) -> Way | None:
    """The way of that name; None for a name that another version gave."""
    source, _, spelling = name.partition("/")
    try:
        return Way(Source(source), Spelling(spelling))
    except ValueError:
        return None


class Reading(Struct, frozen=True):
    """How one carrier's ids are read, as far as it is known: a way for each source."""

    tlv: Way | None = None
    text: Way | None = None

    @property
    def name(self) -> str:
        """How it is kept; `reading_named` reads it."""
        return " ".join(way.name for way in (self.tlv, self.text) if way is not None)

    @property
    def is_set(self) -> bool:
        """Whether it is of ids whose form an operator set."""
        way = self.tlv or self.text
        return way is not None and way.spelling is Spelling.SET

    def with_way(self, way: Way) -> "Reading":
        """With one source read so from now on."""
        if way.source is Source.TLV:
            return Reading(way, self.text)
        return Reading(self.tlv, way)


def reading_named(name: str) -> Reading:
    """The reading of that name, as far as this version knows its words."""
    reading = Reading()
    for word in name.split():
        way = way_named(word)
        if way is not None:
            reading = reading.with_way(way)
    return reading


_is_decimal: Final = re.compile(r"[0-9]+", re.ASCII).fullmatch
_is_negative: Final = re.compile(r"-[0-9]{1,19}", re.ASCII).fullmatch
_is_hexadecimal: Final = re.compile(r"[0-9a-f]+", re.ASCII | re.IGNORECASE).fullmatch
_looks_hexadecimal: Final = re.compile(r"[0-9a-f-]+", re.ASCII | re.IGNORECASE).fullmatch
_is_prefixed: Final = re.compile(r"0x[0-9a-f]+", re.ASCII | re.IGNORECASE).fullmatch
_is_uuid: Final = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE
).fullmatch
# The longest id of the specification is 64 characters; longer ones are no numbers to us.
_NUMBER_DIGITS_MAX: Final = 64
_BLANKS: Final = " \0\t\r\n"
_SIGN_32: Final = 1 << 31
_SIGN_64: Final = 1 << 63
_READ_UNSET: Final = (Spelling.SAME, Spelling.DECIMAL, Spelling.HEXADECIMAL, Spelling.OLDER)
_READ_SET: Final = (Spelling.SET, Spelling.OLDER)
# For each, the ways of both sources: made once, because reports come by the thousand.
_WAYS: Final = {
    spelling: (Way(Source.TLV, spelling), Way(Source.TEXT, spelling)) for spelling in Spelling
}


def message_id_key(message_id: str, form: IdForm = IdForm.AS_IS) -> str:
    """What two spellings of one id have in common, for comparison alone.

    Numbers become decimal without leading zeros, and what an overflow made negative is positive
    again. Ids that are not of the stated form are kept, hexadecimal letters (of UUIDs too) in lower
    case without leading zeros: carriers change both. Other letters keep their case, because it may
    tell two ids apart.
    """
    text = message_id.strip(_BLANKS)
    if len(text) > _NUMBER_DIGITS_MAX:
        return text.lower() if _looks_hexadecimal(text) else text
    if form is IdForm.HEXADECIMAL and (value := _hexadecimal_value(text)) is not None:
        return str(value)
    if _is_hexadecimal(text):  # and digits alone, which have no case
        return text.lower().lstrip("0") or "0"
    if not _looks_hexadecimal(text):
        return f"{int(text, 16):x}" if _is_prefixed(text) else text
    if _is_uuid(text):
        return text.replace("-", "").lower().lstrip("0") or "0"
    if _is_negative(text) and (value := _unsigned(int(text))) is not None:
        return str(value)
    return text.lower()


def candidate_keys(tlv_id: str, text_id: str = "", form: IdForm | None = None) -> dict[Way, str]:
    """The keys a submission may be kept under, by the way of reading: the likeliest first.

    `text_id` is "" where the report names one id; it then counts for both sources. With a `form`
    that an operator set, there is one key for each id.
    """
    spellings = _READ_UNSET if form is None else _READ_SET
    other_id = text_id or tlv_id
    keys: dict[Way, str] = {}
    for spelling in spellings:
        for way, message_id in zip(_WAYS[spelling], (tlv_id, other_id), strict=True):
            key = _spelled(message_id, spelling, form)
            if key:
                keys[way] = key
    return keys


def key_by(way: Way, tlv_id: str, text_id: str = "", form: IdForm | None = None) -> str:
    """The key of a report read in a known way; as it stands where that way means nothing."""
    message_id = text_id if way.source is Source.TEXT and text_id else tlv_id
    return key_in_way(way, message_id, form) or message_id_key(message_id)


def key_in_way(way: Way, message_id: str, form: IdForm | None = None) -> str:
    """The key of an id read in a way; "" where the id cannot be spelled so."""
    return _spelled(message_id, way.spelling, form)


def _spelled(message_id: str, spelling: Spelling, form: IdForm | None) -> str:
    """The key of an id that is spelled so; "" when it cannot be."""
    match spelling:
        case Spelling.SET | Spelling.SAME:
            return message_id_key(message_id, form or IdForm.AS_IS)
        case Spelling.DECIMAL:
            value = _decimal_value(message_id.strip(_BLANKS))
            return "" if value is None else f"{value:x}"
        case Spelling.HEXADECIMAL:
            value = _hexadecimal_value(message_id.strip(_BLANKS))
            return "" if value is None else str(value)
        case Spelling.OLDER:
            return _older_key(message_id.strip(_BLANKS))


def _decimal_value(text: str) -> int | None:
    if len(text) > _NUMBER_DIGITS_MAX:
        return None
    if _is_decimal(text):
        return int(text)
    return _unsigned(int(text)) if _is_negative(text) else None


def _hexadecimal_value(text: str) -> int | None:
    if len(text) > _NUMBER_DIGITS_MAX:
        return None
    return int(text, 16) if _is_hexadecimal(text) or _is_prefixed(text) else None


def _unsigned(value: int) -> int | None:
    """The number that overflowed into a negative one, of 32 or 64 bits; None for none of both."""
    if value >= -_SIGN_32:
        return value + 2 * _SIGN_32
    return value + 2 * _SIGN_64 if value >= -_SIGN_64 else None


def _older_key(text: str) -> str:
    """The key under which submissions were kept before; "" when it is the same as today."""
    if _is_decimal(text) or not _looks_hexadecimal(text):
        return ""
    older = text.lower()
    return "" if older == message_id_key(text) else older
