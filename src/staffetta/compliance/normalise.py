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
from collections.abc import Callable, Iterable, Iterator, Sequence
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
    "\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]"
)
_BLANKS: Final = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85")
# No format characters by category, and yet nothing is seen of them.
_UNSEEN: Final = re.compile(
    "[\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
# Apostrophes and tone letters that count as letters in Unicode, and part words here.
_MODIFIERS: Final = re.compile("[\u02b9-\u02ff]")
_PLAIN_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
# What may be a letter of Greek or Cyrillic, and of another alphabet: both find more than there is,
# and never less.
_FOREIGN_LETTER: Final = re.compile("[\u0370-\u052f\u1c80-\u1c8f\ua640-\ua69f]")
_OTHER_LETTER: Final = re.compile(r"[^\W\u0370-\u052f\u1c80-\u1c8f\ua640-\ua69f]")
_OUTER_SYMBOLS: Final = re.compile(r"(?<!\S)[!|]+|[!|]+(?!\S)")


class Word(msgspec.Struct, frozen=True):
    """A word of a text, folded, and where it stands in the text as it was written."""

    text: str
    start: int
    end: int
    blanks_before: int


def fold(text: str) -> str:
    """A text folded (rule 1); folding again changes nothing."""
    return text.translate(_FOLDED)


def is_word_character(folded: str) -> bool:
    """Whether a folded character is a part of words whatever stands beside it."""
    if folded.isascii():
        return folded.isalnum()
    return unicodedata.category(folded)[0] in "LNM" and not _MODIFIERS.match(folded)


def read_words(text: str, *, symbols: bool) -> list[Word]:
    """The words of a text (rule 2), with symbols among the letters or among what separates."""
    words: list[Word] = []
    letters: list[tuple[str, int]] = []
    blanks = 0
    for at, character in enumerate(text):
        for folded in _FOLDED[ord(character)]:
            if (
                folded in _PLAIN_LETTERS
                or (symbols and folded in SYMBOLS)
                or is_word_character(folded)
            ):
                letters.append((folded, at))
                continue
            if letters:
                words.extend(_word(letters, blanks))
                letters, blanks = [], 0
            blanks += folded.isspace()
    words.extend(_word(letters, blanks))
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


def is_foreign_text(text: str) -> bool:
    """Whether a text has a letter of Greek or Cyrillic that looks like no Latin one."""
    return not text.isascii() and any(
        is_foreign(folded) and folded not in FOREIGN for folded in fold(text)
    )


def pattern_text(text: str) -> str:
    """The text that patterns are matched on."""
    if text.isascii():
        folded = text.encode("ascii").translate(_ASCII_LOWER, _ASCII_UNSEEN).decode("ascii")
    else:
        folded = fold(text)
        if _FOREIGN_LETTER.search(folded) and (
            not is_foreign_text(folded) or any(map(_may_be_mixed, folded.split()))
        ):
            return "".join(character for character, _ in pattern_characters(text))
    return " ".join(folded.split())


def pattern_characters(text: str) -> list[tuple[str, int]]:
    """The characters of `pattern_text`, each with its place in the text as it was written."""
    foreign_text = is_foreign_text(text)
    places = [
        (folded, at) for at, character in enumerate(text) for folded in _FOLDED[ord(character)]
    ]
    characters: list[tuple[str, int]] = []
    for folded, at in _unmasked(places, foreign_text=foreign_text):
        if not folded.isspace():
            characters.append((folded, at))
        elif characters and characters[-1][0] != " ":
            characters.append((" ", at))
    if characters and characters[-1][0] == " ":
        characters.pop()
    return characters


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
        kept = _OUTER_SYMBOLS.sub(" ", kept)
    separated = kept
    for symbol in SYMBOLS:
        if symbol in separated:
            separated = separated.replace(symbol, " ")
    return (kept,) if separated is kept else (separated, skeletons(kept))


def _word(letters: list[tuple[str, int]], blanks: int) -> Iterator[Word]:
    """The word of these folded characters and their places, if symbols leave any."""
    start, end = 0, len(letters)
    while start < end and letters[start][0] in INNER_SYMBOLS:
        start += 1
    while start < end and letters[end - 1][0] in INNER_SYMBOLS:
        end -= 1
    if start < end:
        text = "".join([letter for letter, _ in letters[start:end]])
        yield Word(text, letters[start][1], letters[end - 1][1] + 1, blanks)


def _may_be_mixed(folded: str) -> bool:
    return _FOREIGN_LETTER.search(folded) is not None and _OTHER_LETTER.search(folded) is not None


def _is_disguise(word: str, digit_count: int) -> bool:
    """Whether a word with stand-ins in it is a word at all, and no number."""
    others = [character for character in word if not character.isdecimal()]
    return len(others) >= max(2, digit_count) and any(
        character not in SYMBOLS for character in others
    )


def _share_alphabet(forbidden: str, word: str, *, foreign_text: bool) -> bool:
    forbidden_has, word_has = _alphabets(forbidden), _alphabets(word)
    if forbidden_has & word_has:
        return True
    return True not in forbidden_has and not foreign_text


def _alphabets(word: str) -> set[bool]:
    """Which letters a word has: False for any of Latin and others, True for Greek and Cyrillic."""
    return {
        is_foreign(character)
        for character in word
        if not (character.isdecimal() or character in SYMBOLS)
    }


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


def _unmasked(
    places: Iterable[tuple[str, int]], *, foreign_text: bool
) -> Iterator[tuple[str, int]]:
    """With letters that only look foreign as the Latin ones."""
    word: list[tuple[str, int]] = []
    for place in (*places, (" ", -1)):
        if is_word_character(place[0]):
            word.append(place)
            continue
        alphabets = _alphabets("".join(character for character, _ in word))
        masked = True in alphabets and (False in alphabets or not foreign_text)
        for character, at in word:
            yield (FOREIGN.get(character, character)[0] if masked else character), at
        word.clear()
        if place[1] >= 0:
            yield place


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


def _skeleton_of(character: str) -> str:
    """Folded; letters as their skeletons, symbols as they are, a space for all else."""
    return "".join(map(_skeleton_of_folded, _fold_character(character)))


def _skeleton_of_folded(folded: str) -> str:
    if folded in SYMBOLS:
        return folded
    return SKELETONS.get(folded, folded) if is_word_character(folded) else " "


_FOLDED: Final = _Table(_fold_character)
_SKELETONS: Final = _Table(_skeleton_of)
_SKELETON_TABLE: Final = str.maketrans(dict(SKELETONS))
_ASCII_UNSEEN: Final = bytes(code for code in range(128) if not _fold_character(chr(code)))


def _ascii_table(of: _Table) -> bytes:
    return bytes(ord(of[code] or " ") if code < 128 else 32 for code in range(256))


_ASCII_LOWER: Final = _ascii_table(_FOLDED)
_ASCII_SKELETONS: Final = _ascii_table(_SKELETONS)
