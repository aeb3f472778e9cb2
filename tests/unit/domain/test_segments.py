"""Segments: the shared vectors, and properties against an oracle that thinks a character a time."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.domain.encodings import (
    DEFAULT_CHARACTERS,
    EXTENSION_CHARACTERS,
    Encoding,
    choose_encoding,
    encode_gsm7,
    encode_ucs2,
)
from staffetta.domain.errors import InvalidText
from staffetta.domain.segments import SEGMENT_COUNT_MAX, segment_text

VECTORS = json.loads((Path(__file__).parents[2] / "data" / "segmentation.json").read_text())
OURS = {"default+ext / auto", "locking=0 single=0", "UCS-2"}
REFERENCE_OCTETS = {"8-bit": 1, "16-bit": 2}
OF_OUR_ALPHABETS = [vector for vector in VECTORS["vectors"] if vector["alphabet"] in OURS]


def text_of(vector) -> str:
    return "".join(run * times for run, times in vector["text_runs"])


def is_carried(vector) -> bool:
    return "error" not in vector["expected"] and "\0" not in text_of(vector)


def units_of(part: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM_7:
        return len(encode_gsm7(part))
    return len(encode_ucs2(part)) // 2


def octets_of(text: str, encoding: Encoding) -> bytes:
    return encode_gsm7(text) if encoding is Encoding.GSM_7 else encode_ucs2(text)


def abbreviated(units: list[int]) -> list[object]:
    return units if len(units) <= 12 else [*units[:3], "...", units[-1]]


@pytest.mark.parametrize(
    "vector", list(filter(is_carried, OF_OUR_ALPHABETS)), ids=lambda vector: vector["description"]
)
def test_vectors(vector):
    text, expected = text_of(vector), vector["expected"]
    segmentation = segment_text(text, REFERENCE_OCTETS[vector["concat_ref"]])
    units = [units_of(part, segmentation.encoding) for part in segmentation.parts]
    assert segmentation.encoding == expected["encoding"]
    assert segmentation.characters_count == expected["units"]
    assert len(segmentation.parts) == expected["parts"]
    assert abbreviated(units) == expected["part_units"]
    octets = octets_of(text, segmentation.encoding).hex()
    assert octets == expected.get("septets_hex", expected.get("ucs2_hex", octets))


@pytest.mark.parametrize(
    "vector",
    [vector for vector in OF_OUR_ALPHABETS if not is_carried(vector)],
    ids=lambda vector: vector["description"],
)
def test_what_no_sms_can_carry_is_refused(vector):
    with pytest.raises(InvalidText):
        segment_text(text_of(vector))


def test_the_vectors_of_our_alphabets_are_all_here():
    assert len(OF_OUR_ALPHABETS) == 56
    assert sum(not is_carried(vector) for vector in OF_OUR_ALPHABETS) == 3


def test_nul_is_ucs2_for_the_encoding_although_no_message_may_hold_it():
    assert choose_encoding("a\0b") is Encoding.UCS_2
    assert encode_ucs2("a\0b").hex() == "006100000062"


def test_the_message_of_a_refusal_says_where_and_what():
    with pytest.raises(InvalidText, match="half of a surrogate pair at position 2"):
        segment_text("ab\ud800")
    with pytest.raises(InvalidText, match="needs 256 segments"):
        segment_text("a" * (255 * 153 + 1))
    with pytest.raises(InvalidText, match="NUL"):
        segment_text("\0")
    with pytest.raises(InvalidText, match="needs at least 21933 segments"):
        segment_text("€" * (21932 * 153 + 1))


@pytest.mark.parametrize(("character", "each"), [("a", 153), ("€", 76), ("я", 67), ("🙂", 33)])
def test_255_segments_are_the_most(character: str, each: int):
    assert len(segment_text(character * each * 255).parts) == SEGMENT_COUNT_MAX
    with pytest.raises(InvalidText):
        segment_text(character * (each * 255 + 1))


CAPACITIES = {  # (alone, each with one octet of reference, each with two)
    Encoding.GSM_7: (160, 153, 152),
    Encoding.UCS_2: (70, 67, 66),
}
SEAMS = st.lists(
    st.tuples(
        st.sampled_from(
            [*sorted(DEFAULT_CHARACTERS)[:20], *sorted(EXTENSION_CHARACTERS), "я", "🙂", "\u0301"]
        ),
        st.integers(min_value=1, max_value=170),
    ),
    max_size=6,
).map(lambda runs: "".join(character * times for character, times in runs))


def naive_parts(text: str, encoding: Encoding, reference_octets: int) -> list[str]:
    alone, *each = CAPACITIES[encoding]
    if units_of(text, encoding) <= alone:
        return [text]
    parts = [""]
    for character in text:
        if units_of(parts[-1] + character, encoding) > each[reference_octets - 1]:
            parts.append("")
        parts[-1] += character
    return parts


@given(SEAMS, st.sampled_from([1, 2]))
def test_parts_are_those_of_the_naive_greedy_fill(text: str, reference_octets: int):
    segmentation = segment_text(text, reference_octets)
    expected = naive_parts(text, segmentation.encoding, reference_octets)
    assert list(segmentation.parts) == expected
    assert segmentation.characters_count == units_of(text, segmentation.encoding)


@given(SEAMS | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_parts_joined_are_the_text_again(text: str):
    assert "".join(segment_text(text).parts) == text


@given(SEAMS)
def test_every_part_fits(text: str):
    segmentation = segment_text(text)
    alone, each, _ = CAPACITIES[segmentation.encoding]
    room = alone if len(segmentation.parts) == 1 else each
    assert all(units_of(part, segmentation.encoding) <= room for part in segmentation.parts)
