"""National language tables of GSM-7 (3GPP TS 23.038 annex A).

Owns those of European languages, and which tables can stand together. A locking table takes the
default table's place in the whole segment; a single one takes the extension's, behind ESC. A
segment names what it uses in its user data header. Whether a carrier lets them pass is a setting's
matter.
"""
# ruff: noqa: RUF001 - look-alikes are what this file is about

from collections.abc import Mapping
from enum import IntEnum
from functools import cache
from types import MappingProxyType
from typing import Final, NamedTuple

from staffetta.domain import indic_tables as indic
from staffetta.domain.encodings import DEFAULT_TABLE, EXTENSION_TABLE, SeptetAlphabet


class Language(IntEnum):
    """The national language identifier (TS 23.038 section 6.2.1.2.4)."""

    DEFAULT = 0
    TURKISH = 1
    SPANISH = 2
    PORTUGUESE = 3
    BENGALI = 4
    GUJARATI = 5
    HINDI = 6
    KANNADA = 7
    MALAYALAM = 8
    ORIYA = 9
    PUNJABI = 10
    TAMIL = 11
    TELUGU = 12
    URDU = 13


class ShiftTables(NamedTuple):
    """The tables that hold in a segment."""

    locking: int = Language.DEFAULT
    single: int = Language.DEFAULT

    @property
    def element_count(self) -> int:
        """How many elements of the user data header it takes to name them."""
        return (self.locking != Language.DEFAULT) + (self.single != Language.DEFAULT)


DEFAULT_TABLES: Final = ShiftTables()

_INDIC: Final = MappingProxyType(
    {
        Language.BENGALI: indic.BENGALI,
        Language.GUJARATI: indic.GUJARATI,
        Language.HINDI: indic.HINDI,
        Language.KANNADA: indic.KANNADA,
        Language.MALAYALAM: indic.MALAYALAM,
        Language.ORIYA: indic.ORIYA,
        Language.PUNJABI: indic.PUNJABI,
        Language.TAMIL: indic.TAMIL,
        Language.TELUGU: indic.TELUGU,
        Language.URDU: indic.URDU,
    }
)
_ASCII_PUNCTUATION: Final = " !\"#¤%&'()*+,-./0123456789:;<=>?"
# Annex A.3, in the order of the codes, sixteen a line. ESC stands at 0x1B.
_LOCKING: Final[Mapping[int, str]] = MappingProxyType(
    {
        Language.DEFAULT: DEFAULT_TABLE,
        Language.TURKISH: (
            "@£$¥€éùıòÇ\nĞğ\rÅå"
            "Δ_ΦΓΛΩΠΨΣΘΞ\x1bŞşßÉ"
            f"{_ASCII_PUNCTUATION}"
            "İABCDEFGHIJKLMNO"
            "PQRSTUVWXYZÄÖÑÜ§"
            "çabcdefghijklmno"
            "pqrstuvwxyzäöñüà"
        ),
        Language.PORTUGUESE: (
            "@£$¥êéúíóç\nÔô\rÁá"
            "Δ_ªÇÀ∞^\\€Ó|\x1bÂâÊÉ"
            f"{_ASCII_PUNCTUATION.replace('¤', 'º')}"
            "ÍABCDEFGHIJKLMNO"
            "PQRSTUVWXYZÃÕÚÜ§"
            "~abcdefghijklmno"
            "pqrstuvwxyzãõ`üà"
        ),
        **{language: tables.locking for language, tables in _INDIC.items()},
    }
)

# Annex A.2: what an octet means after ESC. These hold the default's extension, and more.
_SINGLE: Final[Mapping[int, Mapping[int, str]]] = MappingProxyType(
    {
        Language.DEFAULT: EXTENSION_TABLE,
        Language.TURKISH: {
            **EXTENSION_TABLE,
            0x47: "Ğ",
            0x49: "İ",
            0x53: "Ş",
            0x63: "ç",
            0x67: "ğ",
            0x69: "ı",
            0x73: "ş",
        },
        Language.SPANISH: {
            **EXTENSION_TABLE,
            0x09: "ç",
            0x41: "Á",
            0x49: "Í",
            0x4F: "Ó",
            0x55: "Ú",
            0x61: "á",
            0x69: "í",
            0x6F: "ó",
            0x75: "ú",
        },
        Language.PORTUGUESE: {
            **EXTENSION_TABLE,
            0x05: "ê",
            0x09: "ç",
            0x0B: "Ô",
            0x0C: "ô",
            0x0E: "Á",
            0x0F: "á",
            0x12: "Φ",
            0x13: "Γ",
            0x15: "Ω",
            0x16: "Π",
            0x17: "Ψ",
            0x18: "Σ",
            0x19: "Θ",
            0x1F: "Ê",
            0x41: "À",
            0x49: "Í",
            0x4F: "Ó",
            0x55: "Ú",
            0x5B: "Ã",
            0x5C: "Õ",
            0x61: "Â",
            0x69: "í",
            0x6F: "ó",
            0x75: "ú",
            0x7B: "ã",
            0x7C: "õ",
            0x7F: "â",
        },
        **{language: tables.single for language, tables in _INDIC.items()},
    }
)


@cache  # of the few that there are
def alphabet_of(tables: ShiftTables) -> SeptetAlphabet:
    """The alphabet that two tables make together; KeyError for a language without the table."""
    return SeptetAlphabet(_LOCKING[tables.locking], _SINGLE[tables.single])


def known_tables(locking: int, single: int) -> ShiftTables:
    """The tables that a header names, as a phone takes them.

    What it does not know means the default (TS 23.038 section 6.2.1.2).
    """
    return ShiftTables(
        locking if locking in _LOCKING else Language.DEFAULT,
        single if single in _SINGLE else Language.DEFAULT,
    )


def tables_of(language: Language) -> tuple[ShiftTables, ...]:
    """What a text of a language may be written with, the fewest octets of header first."""
    single = ShiftTables(single=language)
    if language not in _LOCKING:
        return (single,)
    return (single, ShiftTables(locking=language), ShiftTables(language, language))
