"""The search against a naive one, which says the rule again in its own words and its own tables.

The naive matcher tries everything: every stretch of words in both readings of the text, every run
of single letters, every pattern. It knows only the characters of a small alphabet.
"""

import re
from collections.abc import Iterator

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from staffetta.compliance.entries import Entry, make_entry
from staffetta.compliance.errors import InvalidEntry
from staffetta.compliance.words import ForbiddenList

# What each character is when it is folded; those that are not here stay as they are.
FOLDED = {
    "A": "a",
    "S": "s",
    "I": "i",
    "L": "l",
    "Á": "a",
    "à": "a",
    "ş": "s",
    "ｓ": "s",
    "ß": "ss",
    "ø": "o",
    "ɪ": "i",
    "🅰": "a",
    "Ａ": "a",
    "＠": "@",
    "²": "2",
    "٥": "5",
    "ﬁ": "fi",
    "æ": "ae",
    "\u200b": "",
    "\u00ad": "",
    "\u0301": "",
    "\x07": "",
    "\ufe0f": "",
    "™": " ",
    "\u00a0": " ",
    "О": "о",
    "Ж": "ж",
    "ё": "е",
    "Ν": "ν",
    "ς": "σ",
}
LATIN = "asiloevhnmfu"
DIGITS = "0123456789"
FOREIGN = "аоежнѕνσλ"
SYMBOLS = "@$€!|"
LOOKS = {
    "@": "a",
    "$": "s",
    "€": "e",
    "!": "i",
    "|": "il",
    "0": "o",
    "1": "il",
    "3": "e",
    "4": "a",
    "5": "s",
    "7": "t",
    "а": "a",
    "о": "o",
    "е": "e",
    "н": "hn",
    "ѕ": "s",
    "ν": "vn",
    "σ": "o",
}
SEPARATORS = " .-_'\n,*"

LETTERS = LATIN + "".join(c for c in FOLDED if FOLDED[c].isalnum()) + FOREIGN
TEXT_CHARACTERS = LETTERS + "014572" + SYMBOLS + "".join(FOLDED) + SEPARATORS * 2
PATTERNS = ["a.s", "s{2}", "lo+s", r"\bas\b", "a s", "io!", "(?:v|н)a", "^sa", "e[0-9]", "fi|is$"]

Piece = tuple[str, int, int]  # a word: folded, the blanks before it, its number in the text


def naive_fold(text: str) -> str:
    return "".join(FOLDED.get(character, character) for character in text)


def naive_words(text: str, *, symbols: bool) -> list[tuple[str, int]]:
    """Words, and how many blanks stand before each since the word before."""
    letters = LATIN + DIGITS + FOREIGN + "t" + (SYMBOLS if symbols else "")
    words, blanks = [], 0
    for part in re.findall(f"[{re.escape(letters)}]+|[^{re.escape(letters)}]", naive_fold(text)):
        word = part.strip("!|") if part[0] in letters else ""
        if word:
            words.append((word, blanks))
            blanks = 0
        else:
            blanks += part.isspace()
    return words


def stands_for(found: str, wanted: str) -> bool:
    if wanted in LOOKS.get(found, ""):
        return True
    return wanted in FOREIGN and found in LOOKS.get(wanted, "")


def naive_agrees(wanted: str, found: str, text: str) -> bool:
    if wanted == found:
        return True
    if len(wanted) != len(found):
        return False
    pairs = list(zip(wanted, found, strict=True))
    if not all(one == other or stands_for(other, one) for one, other in pairs):
        return False
    no_digits = [other for other in found if other not in DIGITS]
    digits_for_letters = [other for one, other in pairs if other in DIGITS and one != other]
    if len(no_digits) < 2 or len(digits_for_letters) > len(no_digits):
        return False
    if all(other in SYMBOLS for other in no_digits):
        return False
    foreign = any(one in FOREIGN for one in wanted), any(one in FOREIGN for one in found)
    native = any(one in LATIN + "t" for one in wanted), any(one in LATIN + "t" for one in found)
    if all(foreign) or all(native):
        return True
    really_foreign = any(one in FOREIGN and one not in LOOKS for one in naive_fold(text))
    return not foreign[0] and not really_foreign


def naive_spelled(words: list[tuple[str, int]]) -> Iterator[str]:
    def is_run(start: int, end: int) -> bool:
        return (
            end - start >= 2
            and all(len(word) == 1 for word, _ in words[start:end])
            and len({blanks for _, blanks in words[start + 1 : end]}) == 1
        )

    count = len(words)
    runs = [(i, j) for i in range(count) for j in range(i, count + 1) if is_run(i, j)]
    for start, end in runs:
        if any((i, j) != (start, end) and i <= start and end <= j for i, j in runs):
            continue
        whole = "".join(word for word, _ in words[start:end])
        if end - start < 3:
            continue
        yield whole
        for cut in (whole[1:], whole[:-1], whole[1:-1]):
            left_out = [whole[0]] * (cut in (whole[1:], whole[1:-1]))
            left_out += [whole[-1]] * (cut in (whole[:-1], whole[1:-1]))
            if len(cut) >= 3 and all(letter in "aeiouy" for letter in left_out):
                yield cut


def naive_pattern_text(text: str) -> str:
    folded = naive_fold(text)
    really_foreign = any(one in FOREIGN and one not in LOOKS for one in folded)
    letters = LATIN + DIGITS + FOREIGN + "t"
    read = ""
    for part in re.findall(f"[{letters}]+|[^{letters}]", folded):
        has_native = any(one in LATIN + "t" for one in part)
        if has_native or not really_foreign:
            read += "".join(
                LOOKS[one][0] if one in FOREIGN and one in LOOKS else one for one in part
            )
        else:
            read += part
    return re.sub(r"\s+", " ", read).strip()


def naive_holds(entry: Entry, text: str) -> bool:
    if entry.kind == "pattern":
        return re.search(entry.text, naive_pattern_text(text), re.ASCII | re.IGNORECASE) is not None
    wanted = [word for word, _ in naive_words(entry.text, symbols=False)]
    for symbols in (False, True):
        words = naive_words(text, symbols=symbols)
        for start in range(len(words)):
            window = [word for word, _ in words[start : start + len(wanted)]]
            if len(window) == len(wanted) and all(
                naive_agrees(one, other, text) for one, other in zip(wanted, window, strict=True)
            ):
                return True
        if len(wanted) == 1 and any(
            naive_agrees(wanted[0], whole, text) for whole in naive_spelled(words)
        ):
            return True
    return False


def naive_find(
    entries: list[Entry], text: str, sender: str, country: str
) -> set[tuple[Entry, str]]:
    return {
        (entry, where)
        for entry in entries
        for where, held in (("message", text), ("sender", sender))
        if entry.country in ("*", country) and naive_holds(entry, held)
    }


def dressings() -> dict[str, list[str]]:
    """From a folded letter to everything that may stand in its place."""
    found: dict[str, list[str]] = {}
    for dressed, plain in FOLDED.items():
        found.setdefault(plain, []).append(dressed)
    for looking, letters in LOOKS.items():
        for letter in letters:
            found.setdefault(letter, []).append(looking)
            if looking in FOREIGN:
                found.setdefault(looking, []).append(letter)
    return found


DRESSINGS = dressings()


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    kind = draw(st.sampled_from(["word", "word", "phrase", "pattern"]))
    alphabet = st.sampled_from(["aesilo", "aesilo", LATIN, LATIN + "05", FOREIGN, LETTERS])
    word = alphabet.flatmap(lambda letters: st.text(letters, min_size=1, max_size=5))
    if kind == "pattern":
        text = draw(st.sampled_from(PATTERNS))
    elif kind == "word":
        text = draw(word)
    else:
        text = draw(st.sampled_from(" .-")).join(draw(st.lists(word, min_size=2, max_size=3)))
    try:
        return make_entry(kind, text, draw(st.sampled_from(["*", "*", "IT", "ES"])))
    except InvalidEntry:
        assume(False)
        raise


@st.composite
def disguised(draw: st.DrawFn, text: str) -> str:
    """A text with other characters that look alike, unseen ones, and perhaps spelled out."""
    parts = []
    for letter in naive_fold(text):
        choices = [letter, letter.upper(), *DRESSINGS.get(letter, ())]
        choices = [one for one in choices if one in TEXT_CHARACTERS]
        parts.append(draw(st.sampled_from(choices or [letter])))
    between = draw(st.sampled_from(["", "", "", "\u200b", " ", ".", "-", " . "]))
    return between.join(parts)


@st.composite
def texts(draw: st.DrawFn, listed: list[Entry]) -> str:
    noise = st.text(TEXT_CHARACTERS, max_size=6)
    words = [entry.text for entry in listed if entry.kind != "pattern"]
    pieces = [noise, st.sampled_from([" ", " ", "a ", " e", "!", "\n", ". "])]
    if words:
        pieces += [st.sampled_from(words).flatmap(disguised)] * 2
    return "".join(draw(st.lists(st.one_of(pieces), max_size=6)))


@settings(max_examples=1_000, deadline=None)
@given(data=st.data())
def test_the_search_finds_what_a_naive_one_finds_and_nothing_else(data: st.DataObject) -> None:
    listed = data.draw(st.lists(entries(), min_size=1, max_size=5))
    text = data.draw(texts(listed))
    sender = data.draw(st.one_of(st.just("Salone"), texts(listed)))
    country = data.draw(st.sampled_from(["IT", "ES", "FR"]))

    expected = naive_find(listed, text, sender, country)
    finding = ForbiddenList.of(listed).find(text, sender, country)

    event(f"found: {finding.entry.kind if finding else None}")
    if finding is None:
        assert not expected
        return
    assert (finding.entry, finding.where) in expected
    held = text if finding.where == "message" else sender
    assert finding.matched in held
    if finding.entry.kind != "pattern":
        assert naive_holds(finding.entry, finding.matched), "the stretch alone is forbidden too"


@pytest.mark.parametrize(
    ("text", "forbidden"),
    [("vi@", "via"), ("s a l e", "sale"), ("lo-so", "lo so"), ("нo", "но"), ("aos5", "aoss")],
)
def test_the_naive_search_finds_something(text: str, forbidden: str) -> None:
    assert naive_holds(make_entry("phrase" if " " in forbidden else "word", forbidden), text)
