"""The alphabets of an SMS: GSM 7-bit (3GPP TS 23.038, default table and its extension) and UCS-2.

Owns: which encoding a text needs, and the way between text and octets. GSM-7 is carried unpacked,
one septet an octet, as SMPP does. Which national shift tables there are is `shift_tables`' matter;
texts are never altered.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

ESCAPE: Final = 0x1B


class Encoding(StrEnum):
    """How a text travels. The values are the API's and the database's."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


# TS 23.038 section 6.2.1, in the order of the codes, sixteen a line. ESC stands at 0x1B.
DEFAULT_TABLE: Final = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)

# TS 23.038 section 6.2.1.1: what an octet means after ESC.
EXTENSION_TABLE: Final = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}


def _one_of(characters: Iterable[str]) -> str:
    return f"[{re.escape(''.join(characters))}]"


UNASSIGNED: Final = "\uffff"  # stands in a table for a code without a meaning; no text holds it


class SeptetAlphabet:
    """A table of 128 characters, and the one that holds for the character after ESC."""

    __slots__ = ("_extension", "_from_octets", "_to_octets", "_whole", "characters", "extended")

    def __init__(self, table: str, extension: Mapping[int, str]) -> None:
        places = {
            character: code
            for code, character in enumerate(table)
            if code != ESCAPE and character != UNASSIGNED
        }
        self._extension = dict(extension)
        self.characters = frozenset(places)  # of one septet
        self.extended = frozenset(extension.values()) - self.characters  # of two
        self._to_octets = str.maketrans(
            {character: f"\x1b{chr(code)}" for code, character in extension.items()}
            | {character: chr(code) for character, code in places.items()}
        )
        # An octet over 0x7F is no septet: it becomes the replacement character.
        meant = dict(enumerate(table.replace(UNASSIGNED, "\ufffd")))
        self._from_octets = meant | dict.fromkeys(range(0x80, 0x100), "\ufffd")
        self._whole = re.compile(_one_of(sorted(self.characters | self.extended)) + "*")

    def holds(self, text: str) -> bool:
        """Whether every character is in one of the two tables."""
        return self._whole.fullmatch(text) is not None

    def encode(self, text: str) -> bytes:
        """Unpacked septets, the second table's characters as ESC pairs; ValueError for others."""
        if self._whole.fullmatch(text) is None:
            foreign = dict.fromkeys(c for c in text if not self.holds(c))
            raise ValueError(f"not in GSM-7: {' '.join(map(ascii, foreign))}")
        return text.translate(self._to_octets).encode("latin-1")

    def decode(self, data: bytes) -> str:
        """The text of unpacked septets. It never fails, for peers send anything.

        After ESC, a code that the second table lacks means the first one's character, and a second
        or last ESC a space (TS 23.038 section 6.2.1.1).
        """
        if b"\x1b" not in data:
            return data.decode("latin-1").translate(self._from_octets)
        first, *escaped = data.split(b"\x1b")
        return self._decode_run(first) + "".join(map(self._decode_escaped, escaped))

    def _decode_escaped(self, run: bytes) -> str:
        if not run:
            return " "
        meaning = self._extension.get(run[0])
        return self._decode_run(run) if meaning is None else meaning + self._decode_run(run[1:])

    def _decode_run(self, data: bytes) -> str:
        return data.decode("latin-1").translate(self._from_octets)


GSM_7: Final = SeptetAlphabet(DEFAULT_TABLE, EXTENSION_TABLE)
DEFAULT_CHARACTERS: Final = GSM_7.characters
EXTENSION_CHARACTERS: Final = GSM_7.extended

_DEFAULT_ONLY: Final = re.compile(_one_of(sorted(DEFAULT_CHARACTERS)) + "*")


def is_default_only(text: str) -> bool:
    """True when each character is one septet of the default table."""
    return _DEFAULT_ONLY.fullmatch(text) is not None


def choose_encoding(text: str) -> Encoding:
    """GSM-7 when every character is in the two tables, else UCS-2 (contract section 5)."""
    return Encoding.GSM_7 if GSM_7.holds(text) else Encoding.UCS_2


def forcing_characters(text: str) -> tuple[str, ...]:
    """The characters that keep a text from GSM-7, each once, in the order they come in."""
    foreign = (c for c in text if c not in DEFAULT_CHARACTERS and c not in EXTENSION_CHARACTERS)
    return tuple(dict.fromkeys(foreign))


# In the two tables of every phone, without any header.
encode_gsm7: Final = GSM_7.encode
decode_gsm7: Final = GSM_7.decode


def encode_ucs2(text: str) -> bytes:
    """UTF-16, big-endian, no mark; UnicodeEncodeError for a lone surrogate."""
    return text.encode("utf-16-be")


def decode_ucs2(data: bytes) -> str:
    """The text of UTF-16BE octets; what is broken (odd length, half a pair) becomes U+FFFD."""
    return data.decode("utf-16-be", errors="replace")
