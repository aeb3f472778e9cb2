"""What keeps a text from GSM-7, and what could stand in its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.domain.encodings import Encoding, choose_encoding
from staffetta.domain.replacements import explain_encoding, replace_all, replacement_of


@pytest.mark.parametrize(
    ("character", "replacement"),
    [
        ("’", "'"),
        ("“", '"'),
        ("—", "-"),
        ("…", "..."),
        ("\u00a0", " "),
        ("\u200b", ""),
        ("á", "a"),
        ("ç", "c"),
        ("ő", "o"),
        ("ł", "l"),
        ("œ", "oe"),
        ("ﬁ", "fi"),
        ("Ⅳ", "IV"),
        ("４", "4"),
        ("ж", None),
        ("你", None),
        ("🙂", None),
        ("\u0301", None),
    ],
)
def test_a_replacement_reads_the_same_or_there_is_none(character: str, replacement: str | None):
    assert replacement_of(character) == replacement


def test_each_character_is_named_once_where_it_first_stands():
    (only,) = explain_encoding("caffè’s è ’")
    assert (only.character, only.name) == ("’", "RIGHT SINGLE QUOTATION MARK")
    assert (only.count, only.position, only.replacement) == (2, 5, "'")


def test_replacing_brings_a_text_back_to_gsm_7():
    text = "“Ça va” – naïf…"
    assert replace_all(text, explain_encoding(text)) == '"Ça va" - naif...'


@given(st.text())
def test_with_a_replacement_for_each_a_text_is_gsm_7_and_without_any_it_is_as_it_was(text: str):
    forcing = explain_encoding(text)
    replaced = replace_all(text, forcing)
    assert bool(forcing) is (choose_encoding(text) is Encoding.UCS_2)
    if all(one.replacement is not None for one in forcing):
        assert choose_encoding(replaced) is Encoding.GSM_7
    if all(one.replacement is None for one in forcing):
        assert replaced == text
