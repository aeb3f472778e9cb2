"""How a text is cut into segments (3GPP TS 23.040 section 9.2.3.24; contract section 5).

Owns capacities and the greedy cut. A pair of ESC and character, or of surrogates, is never split;
combining characters may be. The user data header itself is SMPP's business, and what a carrier
wants otherwise is `text_rules`'.
"""

from typing import Final, NamedTuple

import msgspec

from staffetta.domain.encodings import (
    ESCAPE,
    GSM_7,
    Encoding,
    SeptetAlphabet,
    choose_encoding,
    decode_ucs2,
    encode_gsm7,
    encode_ucs2,
    is_default_only,
)
from staffetta.domain.errors import InvalidText
from staffetta.domain.writing import Writing

# The header counts the parts in one octet.
SEGMENT_COUNT_MAX: Final = 255
_USER_DATA_OCTETS: Final = 140  # TS 23.040 section 9.2.3.16
_CHARACTERS_MAX: Final = SEGMENT_COUNT_MAX * 160  # more than fit, whatever they are
_LENGTH_OCTETS: Final = 1  # of the header, before its elements
_CONCATENATION_OCTETS: Final = {1: 5, 2: 6}  # by those of the reference
_LANGUAGE_OCTETS: Final = 3
_HIGH_SURROGATES: Final = range(0xD8, 0xDC)


class Room(NamedTuple):
    """What a segment holds, in septets or UTF-16 code units."""

    alone: int
    each: int  # of several


class Segmentation(msgspec.Struct, frozen=True):
    """A text as it will travel."""

    encoding: Encoding
    characters_count: int  # septets in GSM-7, UTF-16 code units in UCS-2
    parts: tuple[str, ...]  # joined, they are the text again
    writing: Writing | None = None  # None: the usual way


def septet_room(reference_octets: int = 1, language_count: int = 0) -> Room:
    """The room for septets beside a reference of 1 or 2 octets and elements that name tables."""
    languages = language_count * _LANGUAGE_OCTETS
    concatenation = _CONCATENATION_OCTETS[reference_octets]
    alone = _USER_DATA_OCTETS - (languages and _LENGTH_OCTETS + languages)
    each = _USER_DATA_OCTETS - _LENGTH_OCTETS - concatenation - languages
    return Room(alone * 8 // 7, each * 8 // 7)


def ucs2_room(reference_octets: int = 1) -> Room:
    """The room for UTF-16 code units beside a reference of 1 or 2 octets."""
    each = _USER_DATA_OCTETS - _LENGTH_OCTETS - _CONCATENATION_OCTETS[reference_octets]
    return Room(_USER_DATA_OCTETS // 2, each // 2)


_GSM_7_ROOM: Final = {octets: septet_room(octets) for octets in _CONCATENATION_OCTETS}
_UCS_2_ROOM: Final = {octets: ucs2_room(octets) for octets in _CONCATENATION_OCTETS}
_GSM_7_ALONE: Final = _GSM_7_ROOM[1].alone


def segment_text(text: str, reference_octets: int = 1) -> Segmentation:
    """Cut `text` into the fewest segments a greedy fill gives; the empty text is one of 0 units.

    `reference_octets` is 1 or 2, the size of the concatenation reference. Raises InvalidText for
    NUL, half a surrogate pair, and a text of more than 255 segments.
    """
    if len(text) <= _GSM_7_ALONE and is_default_only(text):
        return Segmentation(Encoding.GSM_7, len(text), (text,))
    if len(text) > _CHARACTERS_MAX:  # not even looked at: a body may hold millions
        fewest = -(-len(text) // _GSM_7_ROOM[1].each)
        raise InvalidText(
            f"the text needs at least {fewest} segments:"
            f" no SMS can have more than {SEGMENT_COUNT_MAX}"
        )
    if choose_encoding(text) is Encoding.GSM_7:
        return segment_septets(text, GSM_7, _GSM_7_ROOM[reference_octets])
    return segment_ucs2(text, _UCS_2_ROOM[reference_octets])


def room_left(found: Segmentation) -> int:
    """How many more units the last segment of a text holds: septets, or UTF-16 code units."""
    is_gsm7 = found.encoding is Encoding.GSM_7
    room = _GSM_7_ROOM[1] if is_gsm7 else _UCS_2_ROOM[1]
    if len(found.parts) == 1:
        return room.alone - found.characters_count
    last = found.parts[-1]
    return room.each - (len(encode_gsm7(last)) if is_gsm7 else len(encode_ucs2(last)) // 2)


def segment_septets(
    text: str, alphabet: SeptetAlphabet, room: Room, writing: Writing | None = None
) -> Segmentation:
    """Cut a text that the alphabet holds; ValueError for another, InvalidText when too long."""
    septets = alphabet.encode(text)
    count = len(septets)
    if count <= room.alone:
        return Segmentation(Encoding.GSM_7, count, (text,), writing)
    each = room.each
    _refuse_endless(count, each)
    parts, start = [], 0
    while start < count:
        end = start + each
        if end < count and septets[end - 1] == ESCAPE:
            end -= 1
        parts.append(alphabet.decode(septets[start:end]))
        start = end
    return _several(Encoding.GSM_7, count, parts, writing)


def segment_ucs2(text: str, room: Room, writing: Writing | None = None) -> Segmentation:
    """Cut any text into UTF-16 code units; InvalidText as for segment_text."""
    octets = _encode_whole(text)
    count = len(octets) // 2
    if count <= room.alone:
        return Segmentation(Encoding.UCS_2, count, (text,), writing)
    each = room.each
    _refuse_endless(count, each)
    parts, start = [], 0
    while start < 2 * count:
        end = start + 2 * each
        if end < 2 * count and octets[end - 2] in _HIGH_SURROGATES:
            end -= 2
        parts.append(decode_ucs2(octets[start:end]))
        start = end
    return _several(Encoding.UCS_2, count, parts, writing)


def _encode_whole(text: str) -> bytes:
    if "\0" in text:
        raise InvalidText("the text holds the character NUL, which no SMS can carry")
    try:
        return encode_ucs2(text)
    except UnicodeEncodeError as error:
        raise InvalidText(
            f"the text holds half of a surrogate pair at position {error.start}: "
            "write the whole character"
        ) from None


def _several(
    encoding: Encoding, count: int, parts: list[str], writing: Writing | None
) -> Segmentation:
    if len(parts) > SEGMENT_COUNT_MAX:
        raise _too_long(len(parts))
    return Segmentation(encoding, count, tuple(parts), writing)


def _refuse_endless(count: int, each: int) -> None:
    """Refuse before cutting, so that the work is bounded whatever comes in."""
    fewest = -(-count // each)
    if fewest > SEGMENT_COUNT_MAX:
        raise _too_long(fewest)


def _too_long(segment_count: int) -> InvalidText:
    return InvalidText(
        f"the text needs {segment_count} segments: no SMS can have more than {SEGMENT_COUNT_MAX}"
    )
