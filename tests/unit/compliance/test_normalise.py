"""Every trick that hides a word, and every text that only looks as if it hid one."""

import sys
import unicodedata

import pytest

from staffetta.compliance.entries import make_entry
from staffetta.compliance.lookalikes import READINGS, SKELETONS
from staffetta.compliance.normalise import fold, read_words, skeletons
from staffetta.compliance.patterns import pattern_characters, pattern_text
from staffetta.compliance.words import ForbiddenList


def holds(text: str, *words: str) -> bool:
    listed = ForbiddenList.of(
        make_entry("phrase" if " " in word else "word", word) for word in words
    )
    return listed.find(text, "Openapi", "IT") is not None


@pytest.mark.parametrize(
    ("trick", "text"),
    [
        ("as it is", "buy viagra now"),
        ("capitals", "ViAgRA"),
        ("accents", "víàgrä"),
        ("accents written apart", "vi\u0301a\u0300gra"),
        ("zero-width space", "vi\u200bag\u200bra"),
        ("zero-width joiner and a variation selector", "vi\u200da\ufe0fgra"),
        ("soft hyphen", "via\u00adgra"),
        ("a control character", "via\x07gra"),
        ("the mark that turns writing round", "\u202eviagra\u202c"),
        ("fullwidth", "ｖｉａｇｒａ"),
        ("mathematical letters", "𝐯𝐢𝐚𝐠𝐫𝐚"),
        ("letters in circles", "ⓥⓘⓐⓖⓡⓐ"),
        ("letters in black squares", "🆅🅸🅰🅶🆁🅰"),
        ("small capitals", "ᴠɪᴀɢʀᴀ"),
        ("digits", "v14gr4"),
        ("symbols", "v!@gr@"),
        ("symbols at the end of a sentence", "take v1@gr4!!"),
        ("a bare stroke", "v|agra"),
        ("Cyrillic among Latin", "viаgrа"),
        ("Greek among Latin", "νiαgrα"),
        ("spaces between", "get v i a g r a here"),
        ("dots between", "v.i.a.g.r.a"),
        ("hyphens between", "v-i-a-g-r-a"),
        ("underscores between", "v_i_a_g_r_a"),
        ("any signs between", "v*i-a.g_r/a"),
        ("two spaces between", "v  i  a  g  r  a"),
        ("dots and spaces between", "v. i. a. g. r. a."),
        ("lines between", "v\ni\na\ng\nr\na"),
        ("spelled after a word of one letter", "mangiare e v i a g r a"),
        ("spelled before a word of one letter", "v i a g r a o altro"),
        ("spelled in disguise", "v 1 @ g r 4"),
        ("spelled after another word that is", "s u p e r  v i a g r a"),
        ("spelled after a letter farther away", "x  v i a g r a"),
        ("beside punctuation", '"viagra"!'),
        ("beside a sign that is made of letters", "viagra™"),
        ("in an address", "https://viagra.example/"),
        ("in an e-mail address", "viagra@shop.example"),
        ("with an apostrophe", "l'viagra"),
    ],
)
def test_a_hidden_word_is_found(trick: str, text: str) -> None:
    assert holds(text, "viagra"), trick


@pytest.mark.parametrize(
    ("why", "text", "word"),
    [
        ("inside a longer word", "first class", "ass"),
        ("across words", "it was so", "ass"),
        ("across words and punctuation", "a. Ssh", "ass"),
        ("a plain number", "call 5055", "soss"),
        ("a number with a sign", "5055 $", "soss"),
        ("a price", "costa 5$", "ss"),
        ("a price before", "€ 1 oggi", "ei"),
        ("a model's number", "Galaxy A55", "ass"),
        ("one letter and one digit", "versione 4l", "al"),
        ("more digits than letters", "il modello lg505", "lgsos"),
        ("symbols alone", "$$ @$ @$$", "ss"),
        ("symbols alone, three of them", "$$ @$ @$$", "ass"),
        ("two letters, after one that is left out", "e s o", "so"),
        ("spelled inside a longer word", "c l a s s", "ass"),
        ("spelled at the end of a longer word", "b a s s", "ass"),
        ("two words spelled with a gap between", "j a  s s", "ass"),
        ("single letters and a word", "a s so", "asso"),
        ("letters between longer words", "a big s in s", "ass"),
        ("put together from parts", "as-s", "ass"),
        ("single digits", "5 0 5 5", "soss"),
        ("an end of a sentence for a letter", "nud!", "nudi"),
        ("a column's end for a letter", "|dea", "idea"),
        ("i is no l", "la fiat nuova", "flat"),
        ("a Russian word in a Russian text", "У него большой рот", "pot"),
        ("a Greek word in a Greek text", "Το τον καλό λόγο", "tov"),
        ("a Latin word for a Cyrillic one", "hot pot", "рот"),
        ("cut into longer pieces", "via gra", "viagra"),
        ("a letter repeated", "viaagra", "viagra"),
        ("digits after it", "viagra24", "viagra"),
        ("flags", "\U0001f1f8\U0001f1ea\U0001f1fd", "sex"),
        ("a digit that is meant", "win5 now", "wins5"),
        ("a letter for a digit that is meant", "casino ooo", "000"),
        ("another script's vowels", "कि", "का"),
    ],
)
def test_what_only_looks_like_it_is_not_found(why: str, text: str, word: str) -> None:
    assert not holds(text, word), why


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("45055", "45055"),
        ("chiama ٤٥٠٥٥", "45055"),
        ("рот", "рот"),
        ("Большой РОТ", "рот"),
        ("xуй", "хуй"),
        ("una paяola рot", "pot"),
        ("рот", "pot"),
        ("ma$$a a$$", "ass"),
        ("b00b", "boob"),
        ("c1ao", "ciao"),
        ("f1at", "flat"),
        ("STRASSE", "straße"),
        ("Köln", "koln"),
        ("kobenhavn", "København"),
        ("कि है", "कि"),
    ],
)
def test_what_is_meant_is_found_in_every_form(text: str, word: str) -> None:
    assert holds(text, word)


@pytest.mark.parametrize(
    "text",
    ["gratta e vinci", "Gratta, E  VINCI!", "gr4tta\ne\nvinci", "gratta-e-vinci", "GRATTA e v!nci"],
)
def test_a_phrase_is_consecutive_whole_words(text: str) -> None:
    assert holds(text, "gratta e vinci")


@pytest.mark.parametrize(
    "text", ["gratta vinci", "gratta e poi vinci", "gratta e vincita", "vinci e gratta"]
)
def test_other_words_are_not_the_phrase(text: str) -> None:
    assert not holds(text, "gratta e vinci")


def test_a_word_knows_where_it_stands_in_the_text_as_written() -> None:
    text = "¿Ｖí\u200bà  gra™?"
    words = read_words(text, symbols=False)
    assert [(word.text, text[word.start : word.end]) for word in words] == [
        ("via", "Ｖí\u200bà"),
        ("gra", "gra"),
    ]
    assert [word.blanks_before for word in words] == [0, 2]


def test_folding_a_folded_character_changes_nothing_in_all_of_unicode() -> None:
    for code in range(sys.maxunicode + 1):
        folded = fold(chr(code))
        assert fold(folded) == folded, hex(code)


def test_what_agrees_has_the_same_skeleton() -> None:
    for found, letters in READINGS.items():
        assert {skeletons(letter) for letter in letters} == {skeletons(found)}
    assert all(len(skeleton) == 1 for skeleton in SKELETONS.values())


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("Vai su  BIT.LY/Abc1 \n ora", "vai su bit.ly/abc1 ora"),
        ("  €5, perché no? ", "€5, perche no?"),
        ("bіt.ly", "bit.ly"),
        ("рот", "pot"),
        ("большой рот", "большои рот"),
        ("большой рoт", "большои pot"),
        ("5 µg", "5 ug"),
        ("ﬁne\u200b…", "fine..."),
    ],
)
def test_patterns_see_the_folded_text_with_its_separators(text: str, compared: str) -> None:
    assert pattern_text(text) == compared
    assert "".join(character for character, _ in pattern_characters(text)) == compared


def test_a_lone_surrogate_is_no_word_and_no_error() -> None:
    assert unicodedata.category("\ud800") == "Cs"
    assert not holds("via\ud800gra", "viagra")
