"""Characters that keep a text from GSM-7, and what could stand in their place.

Pure, and advice only: no text is ever altered. A replacement is one or more characters of GSM-7
that a reader takes for the same thing: punctuation of word processors, letters without an accent
that GSM-7 lacks.
"""
# ruff: noqa: RUF001 - look-alikes are what this file is about

import unicodedata
from types import MappingProxyType
from typing import Final

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


def replacement_of(character: str) -> str | None:
    """What could stand for a character that is not in GSM-7; None where nothing could."""
    if character in _PUNCTUATION:
        return _PUNCTUATION[character]
    plain = "".join(
        part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part)
    )
    is_text = bool(plain) and all(part in _GSM_7 for part in plain)
    return plain if is_text else None
