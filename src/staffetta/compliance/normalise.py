"""The form in which texts and forbidden words are compared. Pure; the rule in full:

1. **Folding**, each character on its own. It becomes its compatibility decomposition (NFKD), less
   accents and what cannot be seen (zero-width, soft hyphen, controls other than blanks), case
   folded, decimal digits of every script as 0 to 9; then the forms of lookalikes.py (ø is o, a
   small capital is its letter). ™ and ℠ become a blank.
2. **Words.** Folded letters, digits and the marks of scripts that write vowels so make up words;
   all else separates them. A text is read twice: with the symbols @ $ € ! | among what separates,
   and with them among the letters, but for ! and | at the ends of a word: those end sentences and
   part columns.
3. **Agreement.** A word of the text agrees with a forbidden one when both are the same, or when
   they are equally long and each character is the forbidden one or stands in for it (lookalikes.py:
   symbols, digits, letters of Greek and Cyrillic for Latin ones and Latin ones for them), and
   - the word has at least one letter, at least two characters that are no digits, and not more
     digits that stand for letters than characters that are no digits: "p0rn" is a word, "5055",
     "A55" and "4" are not;
   - it has letters of the forbidden word's alphabet: Greek and Cyrillic on one side, all others on
     the other. Without any it agrees only when the forbidden word has no letter of Greek or
     Cyrillic, and neither has the text any that looks like no Latin one: a Russian "рот" is no
     "pot", except in a text that has nothing else Russian.
4. **Spelled words.** Consecutive words of one character each, three or more, with equally many
   blanks before each but the first, are read as one word more: "v i a g r a", "v.i-a_g.r.a". The
   whole of them; also without the first, without the last and without both where these are a, e,
   i, o, u or y, which are words of languages; always three or more. Nothing else is put together,
   so "was so" holds no "ass", and "c l a s s" none either.

For patterns the folded text is used with its separators: every run of blanks is one space, none at
either end. In a word with letters of both alphabets, and in every word when the text has no letter
of Greek or Cyrillic that looks like no Latin one, these become the Latin ones they look like.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from staffetta.compliance.lookalikes import (
    DIGITS,
    FOREIGN,
    FORMS,
    INNER_SYMBOLS,
    NO_LETTERS,
    READINGS,
    SKELETONS,
    SYMBOLS,
    is_foreign,
)

SPELLED_MIN: Final = 3
_CACHED_MAX: Final = 16_384
_ONE_LETTER_WORDS: Final = frozenset("aeiouy")
# Accents that are written over or under letters of any script, and the points of Hebrew and Arabic,
# which are optional there. Other marks are vowels of their scripts.
_ACCENTS: Final = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    "\u0483-\u0489\u2de0-\u2dff\ua66f-\ua67d\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]"
)
_BLANKS: Final = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85")
# No format characters by category, and yet nothing is seen of them.
_UNSEEN: Final = re.compile(
    "[\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
# Apostrophes and tone letters that count as letters in Unicode, and part words here.
_MODIFIERS: Final = re.compile("[\u02b9-\u02ff]")
_SEPARATOR: Final = "\0"  # no text holds it when it is folded
_STRETCH: Final = re.compile(f"[^ {_SEPARATOR}]+")
_INNER: Final = "".join(INNER_SYMBOLS)


class Word(msgspec.Struct, frozen=True):
    """A word of a text, folded, and where it stands in the text as it was written."""

    text: str
    start: int
    end: int
    blanks_before: int


def fold(text: str) -> str:
    """A text folded (rule 1); folding again changes nothing."""
    if text.isascii():
        return text.encode("ascii").translate(_ASCII_LOWER, _ASCII_UNSEEN).decode("ascii")
    return text.translate(_FOLDED)


def is_word_character(folded: str) -> bool:
    """Whether a folded character is a part of words whatever stands beside it."""
    if folded.isascii():
        return folded.isalnum()
    return unicodedata.category(folded)[0] in "LNM" and not _MODIFIERS.match(folded)


def read_words(text: str, *, symbols: bool) -> list[Word]:
    """The words of a text (rule 2), with symbols among the letters or among what separates."""
    spread = _spread(text)
    if not symbols:
        spread = _without_symbols(spread, _SEPARATOR)
    # Where each folded character comes from; of plain ASCII each comes from itself.
    places = (
        range(len(text))
        if len(spread) == len(text) and text.isascii()
        else [at for _, at in folded_places(text)]
    )
    words: list[Word] = []
    last = 0
    for match in _STRETCH.finditer(spread):
        stretch, start, end = match[0], match.start(), match.end()
        if symbols:
            start += len(stretch) - len(stretch.lstrip(_INNER))
            end -= len(stretch) - len(stretch.rstrip(_INNER))
            if start >= end:
                continue
        blanks = spread.count(" ", last, start)
        words.append(Word(spread[start:end], places[start], places[end - 1] + 1, blanks))
        last = end
    return words


def agrees(forbidden: str, word: str, *, foreign_text: bool) -> bool:
    """Whether a word of a text is the forbidden one (rule 3); both folded.

    `foreign_text` says that the text has a letter of Greek or Cyrillic that looks like no Latin
    one.
    """
    if forbidden == word:
        return True
    if len(forbidden) != len(word):
        return False
    digit_count = 0
    for wanted, found in zip(forbidden, word, strict=True):
        if wanted == found:
            continue
        if wanted not in READINGS.get(found, ()):
            return False
        digit_count += found in DIGITS
    return _is_disguise(word, digit_count) and _share_alphabet(
        forbidden, word, foreign_text=foreign_text
    )


def spelled(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """What letters on their own spell (rule 4): the words of one character that make each up."""
    for run in _runs(words):
        first = run[0].text in _ONE_LETTER_WORDS
        last = run[-1].text in _ONE_LETTER_WORDS
        for start in (0, 1) if first else (0,):
            for end in (len(run), len(run) - 1) if last else (len(run),):
                if end - start >= SPELLED_MIN:
                    yield run[start:end]


def may_be_spelled(skeleton_words: Sequence[str]) -> bool:
    """Whether three words of one character follow one another: a quick look before `spelled`."""
    run = 0
    for word in skeleton_words:
        run = run + 1 if len(word) == 1 else 0
        if run == SPELLED_MIN:
            return True
    return False


def alphabets(word: str) -> set[bool]:
    """Which letters a folded word has: True for Greek and Cyrillic, False for any others."""
    return {
        is_foreign(character)
        for character in word
        if not (character.isdecimal() or character in SYMBOLS)
    }


def folded_places(text: str) -> list[tuple[str, int]]:
    """The characters of a folded text, each with its place in the text as it was written."""
    return [(folded, at) for at, character in enumerate(text) for folded in _FOLDED[ord(character)]]


def is_foreign_text(text: str) -> bool:
    """Whether a text has a letter of Greek or Cyrillic that looks like no Latin one."""
    return not text.isascii() and any(
        is_foreign(folded) and folded not in FOREIGN for folded in fold(text)
    )


def skeletons(text: str) -> str:
    """A folded text with one character for all that can be confused; not for people."""
    return text.translate(_SKELETON_TABLE)


def skeleton_texts(text: str) -> tuple[str, ...]:
    """The words' skeletons of a text's readings, parted by spaces: one reading, or two.

    What agrees has equal skeletons; what has equal skeletons need not agree. It is quick, and meant
    to pass over the texts that hold nothing.
    """
    if text.isascii():
        kept = text.encode("ascii").translate(_ASCII_SKELETONS, _ASCII_UNSEEN).decode("ascii")
    else:
        kept = text.translate(_SKELETONS)
    if "!" in kept or "|" in kept:
        kept = " ".join([word.strip(_INNER) for word in kept.split()])
    separated = _without_symbols(kept, " ")
    return (kept,) if separated == kept else (separated, skeletons(kept))


def _spread(text: str) -> str:
    """Folded, with every blank as a space and all else that is in no word as one separator."""
    if text.isascii():
        return text.encode("ascii").translate(_ASCII_SPREAD, _ASCII_UNSEEN).decode("ascii")
    return text.translate(_SPREAD)


def _without_symbols(text: str, instead: str) -> str:
    for symbol in SYMBOLS:
        if symbol in text:
            text = text.replace(symbol, instead)
    return text


def _is_disguise(word: str, digit_count: int) -> bool:
    """Whether a word with stand-ins in it is a word at all, and no number."""
    others = [character for character in word if not character.isdecimal()]
    return len(others) >= max(2, digit_count) and any(
        character not in SYMBOLS for character in others
    )


def _share_alphabet(forbidden: str, word: str, *, foreign_text: bool) -> bool:
    forbidden_has, word_has = alphabets(forbidden), alphabets(word)
    if forbidden_has & word_has:
        return True
    return True not in forbidden_has and not foreign_text


def _runs(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """The longest runs of words of one character with equally many blanks between them."""
    at = 0
    while at < len(words) - 1:
        end = at + 1
        blanks = words[end].blanks_before
        while (
            end < len(words)
            and len(words[end].text) == len(words[end - 1].text) == 1
            and words[end].blanks_before == blanks
        ):
            end += 1
        if end - at >= SPELLED_MIN:
            yield words[at:end]
        at = max(end - 1, at + 1)


def _fold_character(character: str) -> str:
    if character in NO_LETTERS:
        return " "
    folded = "".join(
        FORMS.get(letter, letter)
        for part in unicodedata.normalize("NFKD", character)
        if not _is_unseen(part)
        for letter in _digit(part).casefold()
    )
    return "".join(letter for letter in folded if not _is_unseen(letter))


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _is_unseen(character: str) -> bool:
    if character in _BLANKS:
        return False
    return (
        unicodedata.category(character) in {"Cf", "Cc"}
        or _ACCENTS.match(character) is not None
        or _UNSEEN.match(character) is not None
    )


class _Table(dict[int, str]):
    """What `str.translate` looks up: worked out at a character's first use, and bounded."""

    def __init__(self, make: Callable[[str], str]) -> None:
        self._make = make

    def __missing__(self, code: int) -> str:
        if len(self) >= _CACHED_MAX:
            self.clear()
        made = self[code] = self._make(chr(code))
        return made


def _spread_of(character: str) -> str:
    return "".join(
        folded
        if folded in SYMBOLS or is_word_character(folded)
        else (" " if folded.isspace() else _SEPARATOR)
        for folded in _fold_character(character)
    )


def _skeleton_of(character: str) -> str:
    """Folded; letters as their skeletons, symbols as they are, a space for all else."""
    return "".join(
        folded if folded in SYMBOLS else SKELETONS.get(folded, folded)
        for folded in _spread_of(character).replace(_SEPARATOR, " ")
    )


_FOLDED: Final = _Table(_fold_character)
_SPREAD: Final = _Table(_spread_of)
_SKELETONS: Final = _Table(_skeleton_of)
_SKELETON_TABLE: Final = str.maketrans(dict(SKELETONS))
_ASCII_UNSEEN: Final = bytes(code for code in range(128) if not _fold_character(chr(code)))


def _ascii_table(of: _Table) -> bytes:
    return bytes(ord(of[code] or " ") if code < 128 else 32 for code in range(256))


_ASCII_LOWER: Final = _ascii_table(_FOLDED)
_ASCII_SPREAD: Final = _ascii_table(_SPREAD)
_ASCII_SKELETONS: Final = _ascii_table(_SKELETONS)
