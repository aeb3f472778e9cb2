"""What one carrier's rules make of a text, before it is octets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.domain.encodings import DEFAULT_CHARACTERS, EXTENSION_CHARACTERS, Encoding
from staffetta.domain.errors import InvalidText
from staffetta.domain.segments import segment_text
from staffetta.domain.shift_tables import Language, ShiftTables
from staffetta.domain.text_rules import TextRules, cut_by
from staffetta.domain.writing import (
    Alphabet,
    LongMessages,
    ReportedParts,
    Transliteration,
    Writing,
)

ALL_LANGUAGES = (Language.TURKISH, Language.SPANISH, Language.PORTUGUESE)
TEXTS = st.text(
    st.sampled_from(
        [*sorted(DEFAULT_CHARACTERS), *sorted(EXTENSION_CHARACTERS), *"áíóúğşıãõ’…яж🙂\u0301"]
    )
)


def cut(text: str, **rules):
    return cut_by(TextRules(**rules))(text)


@given(TEXTS)
def test_without_rules_it_is_the_usual_cut(text):
    assert cut(text) == segment_text(text)


@pytest.mark.parametrize(
    ("alphabet", "text", "encoding"),
    [
        (Alphabet.LATIN_1, "@$£è^{}[]~|\\\n", Encoding.GSM_7),
        (Alphabet.LATIN_1, "5 €", Encoding.UCS_2),
        (Alphabet.LATIN_1, "Δ", Encoding.UCS_2),
        (Alphabet.LATIN_1, "á", Encoding.UCS_2),  # Latin-1 has it, and septets do not
        (Alphabet.LATIN_1, "`", Encoding.UCS_2),
        (Alphabet.LATIN_1, "\f", Encoding.UCS_2),
        (Alphabet.ASCII, "@$^_{}", Encoding.GSM_7),
        (Alphabet.ASCII, "è", Encoding.UCS_2),
        (Alphabet.ASCII, "£", Encoding.UCS_2),
    ],
)
def test_what_an_alphabet_lacks_travels_as_ucs2(alphabet, text, encoding):
    assert cut(text, alphabet=alphabet).encoding is encoding


def test_a_text_forced_into_ucs2_is_cut_for_it():
    found = cut("€" * 71, alphabet=Alphabet.LATIN_1)
    assert [len(part) for part in found.parts] == [67, 4]
    assert found.writing == Writing(forced_ucs2=True)


def test_another_data_coding_saves_the_text_from_ucs2():
    found = cut("€" * 71, alphabet=Alphabet.LATIN_1, septet_coding=0xF1)
    assert (found.encoding, len(found.parts), found.writing) == (Encoding.GSM_7, 1, None)


def test_a_part_in_latin1_holds_what_fits_after_the_smsc_made_septets_of_it():
    found = cut("^" * 100, alphabet=Alphabet.LATIN_1)
    assert found.characters_count == 200
    assert [len(part) for part in found.parts] == [76, 24]


@pytest.mark.parametrize("form", [LongMessages.UDH_16, LongMessages.SAR])
@pytest.mark.parametrize(("character", "each"), [("a", 152), ("я", 66)])
def test_a_reference_of_16_bits_leaves_less_room(form, character, each):
    found = cut(character * (each + 10 + 100), long_messages=form)
    assert len(found.parts[0]) == each
    assert found.writing == Writing(long_messages=form)


def test_what_a_larger_reference_has_no_room_for_goes_with_a_small_one():
    found = cut("a" * 153 * 255, long_messages=LongMessages.UDH_16)
    assert (len(found.parts), found.writing) == (255, None)


@pytest.mark.parametrize("form", LongMessages)
def test_a_text_in_one_piece_is_the_usual_one_in_every_form(form):
    assert cut("a" * 160, long_messages=form) == segment_text("a" * 160)


def test_a_payload_is_one_piece_up_to_its_limit():
    rules = {"long_messages": LongMessages.PAYLOAD, "payload_octets_max": 400}
    assert cut("a" * 400, **rules).parts == ("a" * 400,)
    assert cut("a" * 401, **rules) == segment_text("a" * 401)
    assert cut("я" * 200, **rules).parts == ("я" * 200,)
    assert cut("я" * 201, **rules) == segment_text("я" * 201)
    assert cut("^" * 200, **rules).parts == ("^" * 200,)
    assert cut("^" * 201, **rules) == segment_text("^" * 201)


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("İyi günler, şöyle ağır. " * 5, ShiftTables(single=1)),
        ("ğş" * 75, ShiftTables(locking=1)),
        ("á" * 71, ShiftTables(single=2)),
        ("São João não é são. " * 7 + "ãõ" * 7, ShiftTables(locking=3)),
        ("ã" * 140 + "Φ", ShiftTables(3, 3)),
    ],
)
def test_the_cheapest_tables_are_taken(text, tables):
    found = cut(text, languages=ALL_LANGUAGES)
    assert found.writing == Writing(tables=tables)
    assert len(found.parts) < len(segment_text(text).parts)
    assert "".join(found.parts) == text


def test_tables_that_save_nothing_are_not_used():
    assert cut("ğ" * 70, languages=ALL_LANGUAGES) == segment_text("ğ" * 70)
    assert cut("hello", languages=ALL_LANGUAGES) == segment_text("hello")
    assert cut("я" * 300, languages=ALL_LANGUAGES) == segment_text("я" * 300)


def test_tables_can_save_what_the_extension_costs():
    found = cut("€" * 155, languages=ALL_LANGUAGES)
    assert (len(found.parts), found.writing) == (1, Writing(tables=ShiftTables(locking=1)))


def test_a_text_in_tables_is_joined_by_a_header_whatever_the_form():
    for form in (LongMessages.UDH_16, LongMessages.SAR, LongMessages.PAYLOAD):
        found = cut("ğ" * 200, languages=(Language.TURKISH,), long_messages=form)
        assert found.writing == Writing(
            tables=ShiftTables(locking=1), long_messages=LongMessages.UDH_16
        )
        assert len(found.parts[0]) == 148


@pytest.mark.parametrize(
    ("how", "text", "shown"),
    [
        (Transliteration.PUNCTUATION, "It’s “here” – now…\u00a0", 'It\'s "here" - now... '),
        (Transliteration.PUNCTUATION, "café", "café"),
        (Transliteration.PUNCTUATION, "á ’", "á ’"),
        (Transliteration.ACCENTS, "á ’", "a '"),
        (Transliteration.ACCENTS, "cafe\u0301 mañana", "café mañana"),
        (Transliteration.ACCENTS, "Łódź", "Lodz"),
        (Transliteration.ACCENTS, "x\u030c", "x"),
        (Transliteration.ACCENTS, "10²", "10²"),
        (Transliteration.ACCENTS, "it’s я", "it’s я"),
        (Transliteration.ACCENTS, "it’s 🙂", "it’s 🙂"),
        (Transliteration.ACCENTS, "\u200b", "\u200b"),
        (Transliteration.NONE, "it’s", "it’s"),
    ],
)
def test_characters_are_replaced_only_where_that_makes_it_gsm7(how, text, shown):
    found = cut(text, transliteration=how)
    assert "".join(found.parts) == shown
    assert (found.encoding is Encoding.GSM_7) == (shown.isascii() or shown in "café mañana")


def test_nothing_is_replaced_where_that_needs_more_parts():
    how = Transliteration.PUNCTUATION
    assert cut("…" * 53, transliteration=how).parts == ("..." * 53,)
    assert cut("…" * 54, transliteration=how) == segment_text("…" * 54)
    assert len(cut("…" * 71, transliteration=how).parts) == 2


def test_what_an_alphabet_lacks_may_be_replaced_too():
    found = cut("Così, perché", alphabet=Alphabet.ASCII, transliteration=Transliteration.ACCENTS)
    assert found.parts == ("Cosi, perche",)
    assert found.writing == Writing(alphabet=Alphabet.ASCII, altered=Transliteration.ACCENTS)


def test_tables_that_show_the_text_as_it_is_go_before_other_characters():
    rules = {"languages": ALL_LANGUAGES, "transliteration": Transliteration.ACCENTS}
    assert cut("ş" * 100, **rules).parts == ("ş" * 100,)
    assert cut("ş" * 10, **rules).parts == ("s" * 10,)


def test_only_texts_of_several_parts_say_which_of_them_is_reported():
    assert cut("a" * 160, reported_parts=ReportedParts.LAST).writing is None
    found = cut("a" * 161, reported_parts=ReportedParts.LAST)
    assert found.writing == Writing(reported_parts=ReportedParts.LAST)
    assert found.writing.name is None


def test_a_text_that_its_carrier_has_no_room_for_is_refused():
    text = "€" * 76 * 255
    assert len(segment_text(text).parts) == 255
    with pytest.raises(InvalidText):
        cut(text, alphabet=Alphabet.LATIN_1)


def test_every_cut_has_its_own_name():
    writings = [
        Writing(alphabet=Alphabet.LATIN_1),
        Writing(alphabet=Alphabet.ASCII),
        Writing(forced_ucs2=True),
        Writing(tables=ShiftTables(1, 0)),
        Writing(tables=ShiftTables(0, 1)),
        Writing(tables=ShiftTables(1, 1)),
        Writing(long_messages=LongMessages.UDH_16),
        Writing(long_messages=LongMessages.SAR),
        Writing(long_messages=LongMessages.PAYLOAD),
        Writing(altered=Transliteration.PUNCTUATION),
        Writing(altered=Transliteration.ACCENTS),
        Writing(alphabet=Alphabet.ASCII, long_messages=LongMessages.SAR),
    ]
    names = [writing.name for writing in writings]
    assert len(set(names)) == len(names)
    assert None not in names
    assert Writing().name is None
