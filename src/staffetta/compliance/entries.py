"""One entry of the list of forbidden words, checked once, at the door. Pure.

An entry that would refuse nearly every message is a mistake, and each refusal blocks an account: so
what one character can match is refused here.
"""

from collections.abc import Iterator
from typing import Final, Literal, cast, get_args

import msgspec
import phonenumbers

from staffetta.compliance.errors import InvalidEntry
from staffetta.compliance.normalise import fold, is_word_character, read_words
from staffetta.compliance.patterns import pattern_faults, shown

Kind = Literal["word", "phrase", "pattern"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
ANY_COUNTRY: Final = "*"
WORD_CHARACTERS_MAX: Final = 64
PHRASE_CHARACTERS_MAX: Final = 160
PHRASE_WORDS_MAX: Final = 8
PATTERN_CHARACTERS_MAX: Final = 200
WORD_CHARACTERS_MIN: Final = 2
ENTRIES_MAX: Final = 50_000
PATTERNS_MAX: Final = 500

_CHARACTERS_MAX: Final[dict[Kind, int]] = {
    "word": WORD_CHARACTERS_MAX,
    "phrase": PHRASE_CHARACTERS_MAX,
    "pattern": PATTERN_CHARACTERS_MAX,
}
_COUNTRIES: Final = frozenset(phonenumbers.SUPPORTED_REGIONS) | {
    phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY,
    ANY_COUNTRY,
}


class Entry(msgspec.Struct, frozen=True):
    """What may not be sent to a country (ISO 3166, 001, or "*" for all), as an operator wrote it.

    Made of what was checked already; `make_entry` checks.
    """

    kind: Kind
    text: str
    country: str = ANY_COUNTRY


def make_entry(kind: str, text: str, country: str = ANY_COUNTRY) -> Entry:
    """An entry of what an operator wrote; raises InvalidEntry, whose text says what is wrong."""
    entry = Entry(cast("Kind", kind), text.strip(), country.strip().upper())
    for fault in _faults(entry):
        raise InvalidEntry(fault)
    return entry


def words_of(entry: Entry) -> tuple[str, ...]:
    """The folded words of an entry that is a word or a phrase."""
    return tuple(word.text for word in read_words(entry.text, symbols=False))


def _faults(entry: Entry) -> Iterator[str]:
    if entry.kind not in KINDS:
        yield f"{entry.kind!r} is no kind of entry: write word, phrase or pattern"
        return
    if entry.country not in _COUNTRIES:
        yield f"{entry.country!r} is not a country: write an ISO 3166 code like IT, or * for all"
    characters_max = _CHARACTERS_MAX[entry.kind]
    if len(entry.text) > characters_max:
        yield (
            f"the {entry.kind} {shown(entry.text)} has {len(entry.text)} characters:"
            f" {characters_max} are the most"
        )
        return
    if not entry.text.isprintable():
        yield f"the {entry.kind} {shown(entry.text)} holds characters that cannot be seen"
    match entry.kind:
        case "word":
            yield from _word_faults(entry.text)
        case "phrase":
            yield from _phrase_faults(entry.text)
        case "pattern":
            yield from pattern_faults(entry.text)


def _word_faults(text: str) -> Iterator[str]:
    folded = fold(text)
    if not folded or not all(map(is_word_character, folded)):
        yield (
            f"{shown(text)} is not a word of letters and digits: symbols that stand for letters are"
            " found by the letters, and several words are a phrase"
        )
    elif len(folded) < WORD_CHARACTERS_MIN:
        yield f"the word {shown(text)} is one character, which nearly every message holds"


def _phrase_faults(text: str) -> Iterator[str]:
    words = read_words(text, symbols=False)
    if len(words) < 2:
        yield f"{shown(text)} is not a phrase, which has two words or more: add it as a word"
    elif len(words) > PHRASE_WORDS_MAX:
        yield f"the phrase {shown(text)} has {len(words)} words: {PHRASE_WORDS_MAX} are the most"
    elif all(len(word.text) == 1 for word in words):
        yield (
            f"the phrase {shown(text)} is made of single characters: a word that is spelled out is"
            " found by the word"
        )
