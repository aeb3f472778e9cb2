"""Characters that keep a text from GSM-7, and what could stand in their place.

Pure. For accounts it is advice only: what they are told of a text is never altered; an operator may
have a carrier's texts written with it. A replacement is one or more characters that a reader takes
for the same thing: punctuation of word processors, letters without an accent that GSM-7 lacks.
"""
# ruff: noqa: RUF001 - look-alikes are what this file is about

import unicodedata
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from staffetta.domain.encodings import (
    DEFAULT_CHARACTERS,
    EXTENSION_CHARACTERS,
    forcing_characters,
)

_GSM_7: Final = DEFAULT_CHARACTERS | EXTENSION_CHARACTERS

_PUNCTUATION: Final = MappingProxyType(
    {
        **dict.fromkeys("‘’‚‛′ʼ`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−•·", "-"),
        **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008", " "),
        **dict.fromkeys("\u2009\u200a\u202f\u205f\u3000\t", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", ""),
        "…": "...",
        "×": "x",
        "÷": "/",
        "™": "TM",
        "©": "(c)",
        "®": "(R)",
        "‹": "<",
        "›": ">",
    }
)
# Letters that are not one with a mark. Some are in GSM-7, and an SMSC's alphabet may lack them.
_LETTERS: Final = MappingProxyType(
    {
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "ı": "i",
        "œ": "oe",
        "Œ": "OE",
        "þ": "th",
        "Þ": "Th",
        "ð": "d",
        "ß": "ss",
        "æ": "ae",
        "Æ": "AE",
        "ø": "o",
        "Ø": "O",
    }
)


class Forcing(msgspec.Struct, frozen=True):
    """A character that GSM-7 does not have."""

    character: str
    name: str  # Unicode's
    count: int  # in the text
    position: int  # of the first, in characters from 0
    replacement: str | None  # None: nothing of GSM-7 means the same


def explain_encoding(text: str) -> list[Forcing]:
    """What forces a text into UCS-2, in the order it comes; empty when the text is GSM-7."""
    return [
        Forcing(
            character=character,
            name=unicodedata.name(character, "unnamed"),
            count=text.count(character),
            position=text.index(character),
            replacement=replacement_of(character),
        )
        for character in forcing_characters(text)
    ]


def replace_all(text: str, forcing: list[Forcing]) -> str:
    """The text with every replacement there is."""
    known: dict[str, str | int | None] = {
        one.character: one.replacement for one in forcing if one.replacement is not None
    }
    return text.translate(str.maketrans(known))


def plain_text(text: str, carried: AbstractSet[str], *, accents: bool) -> str | None:
    """The text in the characters of `carried` alone; None where that cannot be.

    Punctuation and blanks are replaced, and with `accents` letters too. What merely looks alike is
    not: a raised 2 is no 2.
    """
    if accents:
        text = unicodedata.normalize("NFC", text)  # a letter and its mark are one letter
    known: dict[str, str | int | None] = {}
    for character in set(text) - carried:
        plain = _PUNCTUATION.get(character)
        if plain is None and accents:
            plain = _without_marks("NFD", character)
        if plain is None or not carried >= set(plain):
            return None
        known[character] = plain
    return text.translate(str.maketrans(known)) or None


def replacement_of(character: str) -> str | None:
    """What could stand for a character that is not in GSM-7; None where nothing could."""
    if character in _PUNCTUATION:
        return _PUNCTUATION[character]
    plain = _without_marks("NFKD", character)
    return plain if plain and set(plain) <= _GSM_7 else None


def _without_marks(form: Literal["NFD", "NFKD"], character: str) -> str:
    if character in _LETTERS:
        return _LETTERS[character]
    parts = unicodedata.normalize(form, character)
    return "".join(part for part in parts if not unicodedata.combining(part))
