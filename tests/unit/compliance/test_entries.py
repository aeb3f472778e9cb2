"""What may be on the list of forbidden words, and how a file of them is written."""

import pytest

from staffetta.compliance.entries import PATTERN_CHARACTERS_MAX, Entry, make_entry
from staffetta.compliance.errors import InvalidEntry, ListFull
from staffetta.compliance.word_file import NotedEntry, format_lines, parse_lines
from staffetta.compliance.words import ForbiddenList


def test_an_entry_is_kept_as_it_was_written() -> None:
    assert make_entry("word", " Víagra ", "it") == Entry("word", "Víagra", "IT")


@pytest.mark.parametrize(
    ("kind", "text", "country", "said"),
    [
        ("regex", "viagra", "*", "no kind of entry"),
        ("word", "viagra", "Italy", "'ITALY' is not a country"),
        ("word", "", "*", "not a word"),
        ("word", "\u0301", "*", "not a word"),
        ("word", "a$$", "*", "not a word"),
        ("word", "e-mail", "*", "several words are a phrase"),
        ("word", "x", "*", "one character"),
        ("word", "x" * 65, "*", "64 are the most"),
        ("word", "via\u200bgra", "*", "cannot be seen"),
        ("phrase", "viagra", "*", "add it as a word"),
        ("phrase", "... !", "*", "not a phrase"),
        ("phrase", "a s s", "*", "single characters"),
        ("phrase", "a b c d e f g hh i", "*", "8 are the most"),
        ("pattern", "", "*", "empty"),
        ("pattern", "(a", "*", "missing )"),
        ("pattern", "ab)|(cd", "*", "unexpected )"),
        ("pattern", "x(?=y)", "*", "no regular expression of RE2"),
        ("pattern", r"(x)\1", "*", "no regular expression of RE2"),
        ("pattern", "x*", "*", "matches the empty text"),
        ("pattern", "$", "*", "matches the empty text"),
        ("pattern", ".", "*", "alone: nearly every message"),
        ("pattern", r"\d", "*", "alone: nearly every message"),
        ("pattern", "viagra|e", "*", "alone: nearly every message"),
        ("pattern", "(.{0,100}){9}xy", "*", "too large"),
        ("pattern", "x{1001}", "*", "invalid repetition size"),
        ("pattern", r"a\\\Cb", "*", "a byte"),
        ("pattern", "perché", "*", "write 'e'"),
        ("pattern", "x" * (PATTERN_CHARACTERS_MAX + 1), "*", "200 are the most"),
        ("pattern", "a\tb", "*", "cannot be seen"),
    ],
)
def test_a_refused_entry_says_why(kind: str, text: str, country: str, said: str) -> None:
    with pytest.raises(InvalidEntry) as refused:
        make_entry(kind, text, country)
    assert said in str(refused.value)


@pytest.mark.parametrize("text", [r"bit\.ly/\w+", r"\bcasino[0-9]{2,}\b", r"a\\Cb", "ПОРНО|xxx+"])
def test_a_pattern_that_finds_something_is_taken(text: str) -> None:
    assert make_entry("pattern", text).text == text


def test_a_pattern_of_nested_repeats_takes_time_in_proportion_to_the_text() -> None:
    # A backtracking engine would need 2 to the 1,530th steps here.
    listed = ForbiddenList.of([make_entry("pattern", "(?:x+x+)+y")])
    assert listed.find("x" * 1530, "Openapi", "IT") is None
    assert listed.find("x" * 1529 + "y", "Openapi", "IT") is not None


def test_a_file_holds_an_entry_a_line_with_its_note() -> None:
    lines = [
        "# what the regulator sent in March",
        "",
        "word * viagra",
        "  phrase  it   gratta e vinci \t letter of 3 March",
        r"pattern ES bit\.ly/\w+",
        "word * viagra\tagain",
    ]
    parsed = parse_lines(lines)
    assert parsed == [
        NotedEntry(Entry("word", "viagra", "*")),
        NotedEntry(Entry("phrase", "gratta e vinci", "IT"), "letter of 3 March"),
        NotedEntry(Entry("pattern", r"bit\.ly/\w+", "ES")),
    ]
    assert parse_lines(format_lines(parsed)) == parsed


def test_every_wrong_line_of_a_file_is_named() -> None:
    with pytest.raises(InvalidEntry) as refused:
        parse_lines(["word * viagra", "viagra", "word ZZ viagra", *["word * x"] * 20])
    said = str(refused.value).splitlines()
    assert said[0].startswith("line 2: an entry is written as KIND COUNTRY TEXT")
    assert said[1].startswith("line 3: 'ZZ' is not a country")
    assert said[-1] == "what follows was not looked at"
    assert len(said) == 11


def test_a_file_of_too_many_lines_is_refused_before_any_is_looked_at() -> None:
    # Each of these lines has a fault, which is not what is said.
    with pytest.raises(ListFull, match=r"501 patterns: a list has 500 at most"):
        parse_lines(["pattern * (unclosed"] * 501)
    with pytest.raises(ListFull, match=r"50001 entries"):
        parse_lines(["word * x"] * 50_001)
