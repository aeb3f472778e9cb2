"""The alphabets of an SMS: GSM 7-bit (3GPP TS 23.038, default table and its extension) and UCS-2.

Owns: which encoding a text needs, and the way between text and octets. GSM-7 is carried unpacked,
one septet an octet, as SMPP does. National shift tables are not here; texts are never altered.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

ESCAPE: Final = 0x1B


class Encoding(StrEnum):
    """How a text travels. The values are the API's and the database's."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


# TS 23.038 section 6.2.1, in the order of the codes, sixteen a line. ESC stands at 0x1B.
_DEFAULT_TABLE: Final = (
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
_EXTENSION_TABLE: Final = {
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


DEFAULT_CHARACTERS: Final = frozenset(_DEFAULT_TABLE) - {"\x1b"}
EXTENSION_CHARACTERS: Final = frozenset(_EXTENSION_TABLE.values())

_DEFAULT_ONLY: Final = re.compile(_one_of(sorted(DEFAULT_CHARACTERS)) + "*")
_GSM_7: Final = re.compile(_one_of(sorted(DEFAULT_CHARACTERS | EXTENSION_CHARACTERS)) + "*")

_TO_OCTETS: Final = str.maketrans(
    {character: chr(code) for code, character in enumerate(_DEFAULT_TABLE) if code != ESCAPE}
    | {character: f"\x1b{chr(code)}" for code, character in _EXTENSION_TABLE.items()}
)
# An octet over 0x7F is no septet: it becomes the replacement character.
_FROM_OCTETS: Final = dict(enumerate(_DEFAULT_TABLE)) | dict.fromkeys(range(0x80, 0x100), "\ufffd")


def is_default_only(text: str) -> bool:
    """True when each character is one septet of the default table."""
    return _DEFAULT_ONLY.fullmatch(text) is not None


def choose_encoding(text: str) -> Encoding:
    """GSM-7 when every character is in the two tables, else UCS-2 (contract section 5)."""
    return Encoding.UCS_2 if _GSM_7.fullmatch(text) is None else Encoding.GSM_7


def forcing_characters(text: str) -> tuple[str, ...]:
    """The characters that keep a text from GSM-7, each once, in the order they come in."""
    foreign = (c for c in text if c not in DEFAULT_CHARACTERS and c not in EXTENSION_CHARACTERS)
    return tuple(dict.fromkeys(foreign))


def encode_gsm7(text: str) -> bytes:
    """Unpacked septets, extension characters as ESC pairs; ValueError for any other character."""
    if _GSM_7.fullmatch(text) is None:
        raise ValueError(f"not in GSM-7: {' '.join(map(ascii, forcing_characters(text)))}")
    return text.translate(_TO_OCTETS).encode("latin-1")


def decode_gsm7(data: bytes) -> str:
    """The text of unpacked septets. It never fails, for peers send anything.

    After ESC, a code that the extension table lacks means the default table's character, and a
    second or last ESC a space (TS 23.038 section 6.2.1.1).
    """
    first, *escaped = data.split(b"\x1b")
    return _decode_default(first) + "".join(map(_decode_escaped, escaped))


def _decode_escaped(run: bytes) -> str:
    if not run:
        return " "
    meaning = _EXTENSION_TABLE.get(run[0])
    return _decode_default(run) if meaning is None else meaning + _decode_default(run[1:])


def _decode_default(data: bytes) -> str:
    return data.decode("latin-1").translate(_FROM_OCTETS)


def encode_ucs2(text: str) -> bytes:
    """UTF-16, big-endian, no mark; UnicodeEncodeError for a lone surrogate."""
    return text.encode("utf-16-be")


def decode_ucs2(data: bytes) -> str:
    """The text of UTF-16BE octets; what is broken (odd length, half a pair) becomes U+FFFD."""
    return data.decode("utf-16-be", errors="replace")
