"""Characters that are read as others: tables for normalise.py, each group with its reason.

Two kinds. A *form* is the same letter in another dress and is always replaced. A *stand-in* is a
character with a meaning of its own that only looks like a letter: it is compared as both.
"""

# ruff: noqa: RUF001 - characters that look alike are what this file is about

import unicodedata
from collections.abc import Mapping
from typing import Final


def _row(first: int, letters: str) -> dict[str, str]:
    return {chr(first + at): letter for at, letter in enumerate(letters)}


_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz"
_STROKED: Final = (*"odlhtiibrnd", "th", "ae", "oe", "j")

# Forms: what Unicode's compatibility decomposition (NFKD) leaves alone.
FORMS: Final[Mapping[str, str]] = {
    # A stroke, hook or ligature is a part of the letter, not an accent over it.
    **dict(zip("øđłħŧıɨƀɍŋðþæœȷ", _STROKED, strict=True)),
    # The phonetic alphabet has a second drawing of some letters.
    **dict(zip("ɑɡɩʋɪ", "agivi", strict=True)),
    # Small capitals: the commonest "fancy font" of social networks.
    **dict(zip("ᴀʙᴄᴅᴇꜰɢʜᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghjklmnoprstuvwyz", strict=True)),
    # White letters in black circles and squares. Letters of flags are none: a flag is no word.
    **_row(0x1F150, _ALPHABET),
    **_row(0x1F170, _ALPHABET),
}

# Signs that Unicode decomposes into letters, and that stand beside a word, not in it.
NO_LETTERS: Final = frozenset("™℠")

# Symbols that stand for letters; elsewhere they separate words.
SYMBOLS: Final[Mapping[str, str]] = {
    "@": "a",  # an a in a circle
    "$": "s",  # an s with a stroke
    "€": "e",  # an e with two strokes
    "!": "i",  # an i upside down
    "|": "il",  # a bare stroke
}
# These two end sentences and part columns: they are letters between letters alone.
INNER_SYMBOLS: Final = frozenset("!|")

# Digits drawn like a letter, as in "p0rn". 1 is both of two.
DIGITS: Final[Mapping[str, str]] = {
    "0": "o",
    "1": "il",
    "3": "e",
    "4": "a",
    "5": "s",
    "7": "t",
}

# Letters of Cyrillic and Greek, in lower case. Where the capital is drawn like another Latin letter
# than the small one, both stand; the first is how it is read when it must be one.
FOREIGN: Final[Mapping[str, str]] = {
    # Cyrillic, drawn the same as Latin.
    **dict(zip("аеорсухіјѕԁԛԝһѵ", "aeopcyxijsdqwhv", strict=True)),
    # Cyrillic whose capital, or whose small letter, is drawn the same or nearly so.
    "в": "b",
    "ь": "b",
    "г": "r",
    "є": "e",
    "к": "k",
    "м": "m",
    "н": "hn",
    "п": "n",
    "т": "t",
    "ү": "y",
    "ӏ": "li",
    # Greek, likewise.
    "α": "a",
    "β": "b",
    "γ": "y",
    "ε": "e",
    "ζ": "z",
    "η": "nh",
    "ι": "i",
    "κ": "k",
    "μ": "um",
    "ν": "vn",
    "ο": "o",
    "ρ": "p",
    "σ": "o",
    "τ": "t",
    "υ": "uy",
    "χ": "x",
    "ω": "w",
    "ϳ": "j",
}


def is_foreign(character: str) -> bool:
    """Whether a folded character is a letter of Greek or Cyrillic."""
    return (
        "\u0370" <= character <= "\u052f"
        or "\u1c80" <= character <= "\u1c8f"
        or "\ua640" <= character <= "\ua69f"
    ) and unicodedata.category(character).startswith("L")


def _all_readings() -> dict[str, frozenset[str]]:
    """From each character to the others that it can stand for, letters of any alphabet."""
    readings: dict[str, set[str]] = {}
    for table in (SYMBOLS, DIGITS, FOREIGN):
        for stand_in, letters in table.items():
            readings.setdefault(stand_in, set()).update(letters)
    for foreign, letters in FOREIGN.items():  # a Latin x hides a Cyrillic one as well
        for letter in letters:
            readings.setdefault(letter, set()).add(foreign)
    return {stand_in: frozenset(letters) for stand_in, letters in readings.items()}


READINGS: Final[Mapping[str, frozenset[str]]] = _all_readings()


def _skeletons() -> dict[str, str]:
    """From each character to one that all it can be confused with share, directly or by others."""
    group: dict[str, set[str]] = {}
    for stand_in, letters in READINGS.items():
        merged = set.union({stand_in}, *(group.get(one, {one}) for one in (stand_in, *letters)))
        for member in merged:
            group[member] = merged
    return {member: min(merged, key=_plainness) for member, merged in group.items()}


def _plainness(character: str) -> tuple[bool, str]:
    return (not ("a" <= character <= "z"), character)


SKELETONS: Final[Mapping[str, str]] = _skeletons()
