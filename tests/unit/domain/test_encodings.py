"""Alphabets: what is GSM-7, what forces UCS-2, and the way between text and octets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.domain.encodings import (
    DEFAULT_CHARACTERS,
    EXTENSION_CHARACTERS,
    Encoding,
    choose_encoding,
    decode_gsm7,
    decode_ucs2,
    encode_gsm7,
    encode_ucs2,
    forcing_characters,
)

GSM_7_TEXT = st.text(st.sampled_from(sorted(DEFAULT_CHARACTERS | EXTENSION_CHARACTERS)))


def test_the_default_table_has_127_characters_and_the_extension_ten():
    assert len(DEFAULT_CHARACTERS) == 127
    assert len(EXTENSION_CHARACTERS) == 10
    assert not DEFAULT_CHARACTERS & EXTENSION_CHARACTERS


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("@£$¥èéùìòÇ", "00010203040506070809"),
        ("\n\r", "0a0d"),
        ("ΔΦΓΛΩΠΨΣΘΞ", "101213141516171819" + "1a"),
        ("_¤¡ÄÖÑÜ§¿äöñüà", "1124405b5c5d5e5f607b7c7d7e7f"),
        ("[]{}^~|\\€\f", "1b3c1b3e1b281b291b141b3d1b401b2f1b651b0a"),
        ("AZaz09", "415a617a3039"),
    ],
)
def test_each_character_has_the_code_of_the_specification(text: str, octets: str):
    assert encode_gsm7(text).hex() == octets
    assert decode_gsm7(bytes.fromhex(octets)) == text


@pytest.mark.parametrize(
    "character",
    [
        *("`", "\t", "ç", "á", "í", "ó", "ú", "\u00a0", "\u2019", "\u2013", "\u2026", "\ufeff"),
        *("\u200b", "\u2126", "\u00b5", "\u0391", "\u0301", "\0", "\x1b", "🙂", "я"),
    ],
)
def test_a_character_outside_the_tables_forces_ucs2(character: str):
    assert choose_encoding(f"a{character}b") is Encoding.UCS_2
    assert forcing_characters(f"a{character}b{character}") == (character,)
    with pytest.raises(ValueError, match="not in GSM-7"):
        encode_gsm7(character)


def test_forcing_characters_come_once_and_in_order():
    assert forcing_characters("çaçá€") == ("ç", "á")
    assert forcing_characters("only [GSM]") == ()


@given(GSM_7_TEXT)
def test_gsm7_text_survives_the_way_there_and_back(text: str):
    assert choose_encoding(text) is Encoding.GSM_7
    assert decode_gsm7(encode_gsm7(text)) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_ucs2_text_survives_the_way_there_and_back(text: str):
    assert decode_ucs2(encode_ucs2(text)) == text


@given(st.text())
def test_the_encoding_is_gsm7_exactly_when_nothing_forces_ucs2(text: str):
    assert (choose_encoding(text) is Encoding.GSM_7) == (forcing_characters(text) == ())


@given(st.binary())
def test_decoding_never_fails(data: bytes):
    assert isinstance(decode_gsm7(data), str)
    assert isinstance(decode_ucs2(data), str)


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("1b41", "A"),  # not in the extension table: the default table's character
        ("411b", "A "),  # nothing after ESC
        ("1b1b41", " A"),
        ("4181", "A\ufffd"),  # not a septet
    ],
)
def test_broken_septets_decode_as_the_specification_says(octets: str, text: str):
    assert decode_gsm7(bytes.fromhex(octets)) == text
