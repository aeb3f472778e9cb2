"""How a text is cut into segments (3GPP TS 23.040 section 9.2.3.24; contract section 5).

Owns: capacities and the greedy cut. A pair of ESC and character, or of surrogates, is never split;
combining characters may be. The user data header itself is SMPP's business.
"""

from dataclasses import dataclass
from typing import Final

from staffetta.domain.encodings import (
    ESCAPE,
    Encoding,
    choose_encoding,
    decode_gsm7,
    decode_ucs2,
    encode_gsm7,
    encode_ucs2,
    is_default_only,
)
from staffetta.domain.errors import InvalidText

# The header counts the parts in one octet.
SEGMENT_COUNT_MAX: Final = 255
_CHARACTERS_MAX: Final = SEGMENT_COUNT_MAX * 160  # more than fit, whatever they are
_GSM_7_ALONE: Final = 160
_UCS_2_ALONE: Final = 70
# Units a segment holds when there are several, by the octets of the concatenation reference.
_GSM_7_EACH: Final = {1: 153, 2: 152}
_UCS_2_EACH: Final = {1: 67, 2: 66}
_HIGH_SURROGATES: Final = range(0xD8, 0xDC)


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A text as it will travel."""

    encoding: Encoding
    characters_count: int  # septets in GSM-7, UTF-16 code units in UCS-2
    parts: tuple[str, ...]  # joined, they are the text again


def segment_text(text: str, reference_octets: int = 1) -> Segmentation:
    """Cut `text` into the fewest segments a greedy fill gives; the empty text is one of 0 units.

    `reference_octets` is 1 or 2, the size of the concatenation reference. Raises InvalidText for
    NUL, half a surrogate pair, and a text of more than 255 segments.
    """
    if len(text) <= _GSM_7_ALONE and is_default_only(text):
        return Segmentation(Encoding.GSM_7, len(text), (text,))
    if len(text) > _CHARACTERS_MAX:  # not even looked at: a body may hold millions
        fewest = -(-len(text) // _GSM_7_EACH[1])
        raise InvalidText(
            f"the text needs at least {fewest} segments:"
            f" no SMS can have more than {SEGMENT_COUNT_MAX}"
        )
    if choose_encoding(text) is Encoding.GSM_7:
        return _segment_gsm7(text, _GSM_7_EACH[reference_octets])
    return _segment_ucs2(text, _UCS_2_EACH[reference_octets])


def room_left(found: Segmentation) -> int:
    """How many more units the last segment of a text holds: septets, or UTF-16 code units."""
    is_gsm7 = found.encoding is Encoding.GSM_7
    if len(found.parts) == 1:
        return (_GSM_7_ALONE if is_gsm7 else _UCS_2_ALONE) - found.characters_count
    last = found.parts[-1]
    if is_gsm7:
        return _GSM_7_EACH[1] - len(encode_gsm7(last))
    return _UCS_2_EACH[1] - len(encode_ucs2(last)) // 2


def _segment_gsm7(text: str, each: int) -> Segmentation:
    septets = encode_gsm7(text)
    count = len(septets)
    if count <= _GSM_7_ALONE:
        return Segmentation(Encoding.GSM_7, count, (text,))
    _refuse_endless(count, each)
    parts, start = [], 0
    while start < count:
        end = start + each
        if end < count and septets[end - 1] == ESCAPE:
            end -= 1
        parts.append(decode_gsm7(septets[start:end]))
        start = end
    return _several(Encoding.GSM_7, count, parts)


def _segment_ucs2(text: str, each: int) -> Segmentation:
    octets = _encode_whole(text)
    count = len(octets) // 2
    if count <= _UCS_2_ALONE:
        return Segmentation(Encoding.UCS_2, count, (text,))
    _refuse_endless(count, each)
    parts, start = [], 0
    while start < 2 * count:
        end = start + 2 * each
        if end < 2 * count and octets[end - 2] in _HIGH_SURROGATES:
            end -= 2
        parts.append(decode_ucs2(octets[start:end]))
        start = end
    return _several(Encoding.UCS_2, count, parts)


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


def _several(encoding: Encoding, count: int, parts: list[str]) -> Segmentation:
    if len(parts) > SEGMENT_COUNT_MAX:
        raise _too_long(len(parts))
    return Segmentation(encoding, count, tuple(parts))


def _refuse_endless(count: int, each: int) -> None:
    """Refuse before cutting, so that the work is bounded whatever comes in."""
    fewest = -(-count // each)
    if fewest > SEGMENT_COUNT_MAX:
        raise _too_long(fewest)


def _too_long(segment_count: int) -> InvalidText:
    return InvalidText(
        f"the text needs {segment_count} segments: no SMS can have more than {SEGMENT_COUNT_MAX}"
    )
