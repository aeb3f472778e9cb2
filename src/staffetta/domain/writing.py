"""How the segments of a text are written for a carrier, where that is not the usual way.

Owns the words for it. The usual way is GSM-7 in its default tables, else UCS-2, the parts of a long
text joined by a header with an 8-bit reference; it needs no value of this kind.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from staffetta.domain.shift_tables import DEFAULT_TABLES, Language, ShiftTables


class Alphabet(StrEnum):
    """What an SMSC takes the octets of its default data_coding for."""

    GSM_7 = "gsm7"  # unpacked septets
    LATIN_1 = "latin1"
    ASCII = "ascii"


class LongMessages(StrEnum):
    """How the parts of a long text are joined."""

    UDH_8 = "udh8"  # a user data header with a reference of 8 bits
    UDH_16 = "udh16"  # of 16 bits
    SAR = "sar"  # three TLVs, of which the SMSC makes a header
    PAYLOAD = "payload"  # not cut at all: the SMSC does it


class Transliteration(StrEnum):
    """Which characters that force UCS-2 are replaced by others that do not."""

    NONE = "none"
    PUNCTUATION = "punctuation"  # quotes, dashes, blanks: a reader takes them for the same
    ACCENTS = "accents"  # letters lose the accents that the alphabet lacks, too


class ReportedParts(StrEnum):
    """Of which parts of a long text delivery reports are asked for, in each try."""

    ALL = "all"
    LAST = "last"
    FIRST = "first"


class Writing(msgspec.Struct, frozen=True):
    """How the segments of one text are written."""

    alphabet: Alphabet = Alphabet.GSM_7  # of septets; UCS-2 has no other
    tables: ShiftTables = DEFAULT_TABLES
    long_messages: LongMessages = LongMessages.UDH_8
    altered: Transliteration = Transliteration.NONE  # what was replaced in the text
    forced_ucs2: bool = False  # GSM-7 would do, but not for this carrier
    reported_parts: ReportedParts = ReportedParts.ALL

    @property
    def name(self) -> str | None:
        """The cut in a few words; None for that of the usual way.

        Two tries of one text that have the same name, and as many parts, have the same parts.
        """
        words = [
            self.alphabet.value if self.alphabet is not Alphabet.GSM_7 else "",
            "ucs2" if self.forced_ucs2 else "",
            f"locking{self.tables.locking:d}" if self.tables.locking else "",
            f"single{self.tables.single:d}" if self.tables.single else "",
            self.long_messages.value if self.long_messages is not LongMessages.UDH_8 else "",
            self.altered.value if self.altered is not Transliteration.NONE else "",
        ]
        return " ".join(filter(None, words)) or None


_ALPHABETS: Final = MappingProxyType({Alphabet.LATIN_1: "Latin-1", Alphabet.ASCII: "ASCII"})
_FORMS: Final = MappingProxyType(
    {
        LongMessages.UDH_16: "its parts are joined by a reference of 16 bits",
        LongMessages.SAR: "its parts are told by TLVs",
        LongMessages.PAYLOAD: "it goes in one submit, which the carrier cuts",
    }
)
_ALTERED: Final = MappingProxyType(
    {
        Transliteration.PUNCTUATION: "its punctuation is replaced",
        Transliteration.ACCENTS: "its punctuation and accents are replaced",
    }
)
_REPORTED: Final = MappingProxyType(
    {
        ReportedParts.FIRST: "its first part alone is reported",
        ReportedParts.LAST: "its last part alone is reported",
    }
)


def explain_writing(writing: Writing) -> str:
    """What is not usual in it, in a few words for people."""
    alphabet = _ALPHABETS.get(writing.alphabet)
    words = [
        f"it is written in {alphabet}" if alphabet else None,
        "it is UCS-2, for the carrier's alphabet lacks a character"
        if writing.forced_ucs2
        else None,
        _named_tables(writing.tables),
        _FORMS.get(writing.long_messages),
        _ALTERED.get(writing.altered),
        _REPORTED.get(writing.reported_parts),
    ]
    return "; ".join(filter(None, words))


def _named_tables(tables: ShiftTables) -> str | None:
    if tables == DEFAULT_TABLES:
        return None
    kinds = " and ".join(
        f"the {kind} table of {Language(language).name.capitalize()}"
        for kind, language in zip(("locking", "single shift"), tables, strict=True)
        if language != Language.DEFAULT
    )
    return f"it is written with {kinds}"
