"""The national tables of ten languages of South Asia (3GPP TS 23.038 annex A, 4 to 13).

Owns their characters. Unicode lays the blocks of nine scripts out in one order, that of ISCII, and
so do these tables: they are Devanagari's, moved, without what a script lacks. Urdu's is its own.
Where the specification has a slip of the pen (Kannada 0x24), the letter that is meant stands here.
"""

from typing import Final, NamedTuple

from staffetta.domain.encodings import EXTENSION_TABLE, UNASSIGNED

_DEVANAGARI: Final = 0x900
_BLOCK: Final = 0x80
_DANDAS: Final = "\u0964\u0965"  # of all of these scripts, though they stand in Devanagari's block
_LATIN: Final = "abcdefghijklmnopqrstuvwxyz"


def _letters(first: int, last: int, block: int = _DEVANAGARI) -> str:
    """The characters of a block from one offset to another, both included."""
    return "".join(map(chr, range(block + first, block + last + 1)))


# The codes from 0x00 to 0x5F, and what stands behind ESC at 0x1B.
_ORDER: Final = (
    f"{_letters(0x01, 0x03)}{_letters(0x05, 0x0B)}\n{_letters(0x0C, 0x0D)}\r{_letters(0x0E, 0x1A)}"
    f"\x1b{_letters(0x1B, 0x1E)} !{_letters(0x1F, 0x24)})({_letters(0x25, 0x26)},"
    f"{_letters(0x27, 0x27)}.{_letters(0x28, 0x28)}0123456789:;{_letters(0x29, 0x2B)}?"
    f"{_letters(0x2C, 0x39)}{_letters(0x3C, 0x4D)}"
)
# Of the second table: its codes are the same in all languages up to 0x18.
_COMMON: Final = dict(enumerate("@£$¥¿\"¤%&'\f*+\uffff-/<=>¡^¡_#*")) | {
    code: character for code, character in EXTENSION_TABLE.items() if code > 0x18
}
_CAPITALS: Final = {code: chr(code) for code in range(0x41, 0x5B)}
# Between them a language's own characters stand, in this order.
_OWN_CODES: Final = (
    *range(0x19, 0x1B),
    *range(0x1C, 0x28),
    *range(0x2A, 0x2F),
    *range(0x30, 0x3C),
    0x3F,
)


class Tables(NamedTuple):
    """A language's locking table, in the order of the codes, and its single one."""

    locking: str
    single: dict[int, str]


def _tables(locking: str, own: str, *, euro: bool = True) -> Tables:
    single = _COMMON | _CAPITALS | dict(zip(_OWN_CODES, own, strict=False))
    kept = {code: one for code, one in single.items() if one != UNASSIGNED}
    if not euro:
        del kept[0x65]
    return Tables(locking, kept)


def _script(block: int, lacks: str, last: str, own: str, *, euro: bool = True) -> Tables:
    """The tables of a script. `lacks` and `last` are offsets in its block, as hexadecimal digits.

    `last` stand at 0x60 and from 0x7B on.
    """
    missing = {_DEVANAGARI + offset for offset in bytes.fromhex(lacks)}
    moved = {
        code: UNASSIGNED if code in missing else chr(code - _DEVANAGARI + block)
        for code in range(_DEVANAGARI, _DEVANAGARI + _BLOCK)
    }
    first, *others = (chr(block + offset) for offset in bytes.fromhex(last))
    return _tables(f"{_ORDER.translate(moved)}{first}{_LATIN}{''.join(others)}", own, euro=euro)


def _digits(block: int) -> str:
    return _letters(0x66, 0x6F, block)


BENGALI: Final = _script(
    0x980,
    "0d 0e 11 12 29 31 33 34 35 45 46 49 4a",
    "4e 57 5c 5d 70 71",
    _digits(0x980) + _letters(0x5F, 0x63, 0x980) + _letters(0x72, 0x7A, 0x980),
)
GUJARATI: Final = _script(
    0xA80, "0e 12 29 31 34 46 4a", "50 60 61 62 63 71", _DANDAS + _digits(0xA80)
)
HINDI: Final = _script(
    0x900,
    "",
    "50 72 7b 7c 7e 7f",
    _DANDAS + _digits(0x900) + _letters(0x51, 0x54) + _letters(0x58, 0x63) + _letters(0x70, 0x71),
)
KANNADA: Final = _script(
    0xC80,
    "01 0d 11 29 34 45 49",
    "55 56 60 61 62 63",
    f"{_DANDAS}{_digits(0xC80)}\u0cde{_letters(0x71, 0x72, 0xC80)}",
)
MALAYALAM: Final = _script(
    0xD00,
    "01 0d 11 29 3c 45 49",
    "57 60 61 62 63 79",
    _DANDAS + _digits(0xD00) + _letters(0x70, 0x75, 0xD00) + _letters(0x7A, 0x7F, 0xD00),
)
ORIYA: Final = _script(
    0xB00,
    "0d 0e 11 12 29 31 34 45 46 49 4a",
    "56 57 60 61 62 63",
    f"{_DANDAS}{_digits(0xB00)}{_letters(0x5C, 0x5D, 0xB00)}\u0b5f{_letters(0x70, 0x71, 0xB00)}",
)
PUNJABI: Final = _script(
    0xA00,
    "0b 0c 0d 0e 11 12 29 31 34 37 3d 43 44 45 46 49 4a",
    "51 70 71 72 73 74",
    f"{_DANDAS}{_digits(0xA00)}{_letters(0x59, 0x5C, 0xA00)}\u0a5e\u0a75",
)
TAMIL: Final = _script(
    0xB80,
    "01 0b 0c 0d 11 16 17 18 1b 1d 20 21 22 25 26 27 2b 2c 2d 3c 3d 43 44 45 49",
    "50 57 70 71 72 79",
    f"{_DANDAS}{_digits(0xB80)}{_letters(0x73, 0x78, 0xB80)}\u0bfa",
)
# Sources differ on whether this one has the euro sign: without it such a text is UCS-2.
TELUGU: Final = _script(
    0xC00,
    "0d 11 29 34 3c 45 49",
    "55 56 60 61 62 63",
    2 * UNASSIGNED + _digits(0xC00) + _letters(0x58, 0x59, 0xC00) + _letters(0x78, 0x7F, 0xC00),
    euro=False,
)
URDU: Final = _tables(
    "\u0627\u0622\u0628\u067b\u0680\u067e\u06a6\u062a\u06c2\u067f\n\u0679\u067d\r\u067a\u067c"
    "\u062b\u062c\u0681\u0684\u0683\u0685\u0686\u0687\u062d\u062e\u062f\x1b\u068c\u0688\u0689\u068a"
    " !\u068f\u068d\u0630\u0631\u0691\u0693)(\u0699\u0632,\u0696.\u0698"
    "0123456789:;\u069a\u0633\u0634?"
    "\u0635\u0636\u0637\u0638\u0639\u0641\u0642\u06a9\u06aa\u06ab\u06af\u06b3\u06b1\u0644\u0645\u0646"
    "\u06ba\u06bb\u06bc\u0648\u06c4\u06d5\u06c1\u06be\u0621\u06cc\u06d0\u06d2\u064d\u0650\u064f\u0657"
    f"\u0654{_LATIN}\u0655\u0651\u0653\u0656\u0670",
    _letters(0x00, 0x01, 0x600)
    + _letters(0x70, 0x79, 0x680)
    + _letters(0x0C, 0x14, 0x600)
    + "\u061b\u061f\u0640\u0652\u0658\u066b\u066c\u0672\u0673\u06cd\u06d4",
)
