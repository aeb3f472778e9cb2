"""National tables of GSM-7: the shared vectors, and what must hold for every table."""

import json
from pathlib import Path

import pytest

from staffetta.domain.encodings import DEFAULT_CHARACTERS, EXTENSION_CHARACTERS
from staffetta.domain.segments import segment_septets, septet_room
from staffetta.domain.shift_tables import (
    Language,
    ShiftTables,
    alphabet_of,
    known_tables,
    tables_of,
)
from staffetta.smpp.user_data import user_data_header

VECTORS = json.loads((Path(__file__).parents[2] / "data" / "segmentation.json").read_text())
LANGUAGES = [one for one in Language if one is not Language.DEFAULT]
ALL_TABLES = [tables for language in LANGUAGES for tables in tables_of(language)]


def tables_named(vector) -> ShiftTables | None:
    words = dict(word.split("=") for word in vector["alphabet"].split() if "=" in word)
    if not words or words == {"locking": "0", "single": "0"}:
        return None
    return ShiftTables(int(words["locking"]), int(words["single"]))


OF_LANGUAGES = [vector for vector in VECTORS["vectors"] if tables_named(vector)]


@pytest.mark.parametrize("vector", OF_LANGUAGES, ids=lambda vector: vector["description"])
def test_vectors(vector):
    text = "".join(run * times for run, times in vector["text_runs"])
    expected = vector["expected"]
    tables = tables_named(vector)
    alphabet = alphabet_of(tables)
    room = septet_room(1, tables.element_count)
    found = segment_septets(text, alphabet, room)
    assert room == (expected["capacity_single"], expected["capacity_multi"])
    assert found.characters_count == expected["units"]
    assert [len(alphabet.encode(part)) for part in found.parts] == expected["part_units"]
    septets = alphabet.encode(text).hex()
    assert septets == expected.get("septets_hex", septets)
    elements = user_data_header(None, locking=tables.locking, single=tables.single)[1:]
    assert elements.hex(" ") == expected["language_ies_hex"]


def test_the_vectors_of_languages_are_all_here():
    assert len(OF_LANGUAGES) == 15


@pytest.mark.parametrize("tables", ALL_TABLES, ids=str)
def test_every_character_comes_back(tables):
    alphabet = alphabet_of(tables)
    characters = sorted(alphabet.characters | alphabet.extended)
    for character in characters:
        octets = alphabet.encode(character)
        assert len(octets) == (1 if character in alphabet.characters else 2)
        assert alphabet.decode(octets) == character
    text = "".join(characters)
    assert alphabet.decode(alphabet.encode(text)) == text


@pytest.mark.parametrize("tables", ALL_TABLES, ids=str)
def test_no_table_is_short_and_no_code_means_two_things(tables):
    alphabet = alphabet_of(tables)
    octets = [alphabet.encode(character) for character in alphabet.characters]
    assert len(set(octets)) == len(octets)
    assert b"\x1b" not in octets


@pytest.mark.parametrize("language", LANGUAGES, ids=str)
def test_a_single_shift_table_takes_nothing_away(language):
    alphabet = alphabet_of(ShiftTables(single=language))
    assert alphabet.characters == DEFAULT_CHARACTERS
    lost = EXTENSION_CHARACTERS - alphabet.extended
    assert lost == ({"€"} if language is Language.TELUGU else set())


def test_a_language_without_a_locking_table_has_only_the_other():
    assert tables_of(Language.SPANISH) == (ShiftTables(single=Language.SPANISH),)


def test_a_phone_takes_what_it_does_not_know_for_the_default():
    assert known_tables(99, 1) == ShiftTables(0, 1)
    assert known_tables(2, 200) == ShiftTables(0, 0)


@pytest.mark.parametrize(
    ("language", "letters"),
    [
        (Language.TURKISH, "ğĞşŞıİç"),
        (Language.SPANISH, "áíóúÁÍÓÚç"),
        (Language.PORTUGUESE, "ãõâêôÃÕÂÊÔáíóúÁÍÓÚÀç"),
    ],
)
def test_the_letters_of_a_language_can_be_written(language, letters):
    for tables in tables_of(language):
        assert alphabet_of(tables).holds(letters.replace("À", "") if tables.locking else letters)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (Language.BENGALI, "বাংলা, ধন্যবাদ"),
        (Language.GUJARATI, "ગુજરાતી, આભાર"),
        (Language.HINDI, "हिन्दी, धन्यवाद"),
        (Language.KANNADA, "ಕನ್ನಡ, ಧನ್ಯವಾದ"),
        (Language.MALAYALAM, "മലയാളം, നന്ദി"),
        (Language.ORIYA, "ଓଡ଼ିଆ, ଭାଷା"),
        (Language.PUNJABI, "ਪੰਜਾਬੀ, ਧੰਨਵਾਦ"),
        (Language.TAMIL, "தமிழ், நன்றி"),
        (Language.TELUGU, "తెలుగు, ధన్యవాదాలు"),
        (Language.URDU, "اردو"),
    ],
)
def test_words_of_south_asia_are_a_septet_a_letter(language, words):
    alphabet = alphabet_of(ShiftTables(locking=language))
    assert len(alphabet.encode(words)) == len(words)
    assert alphabet.decode(alphabet.encode(words)) == words
