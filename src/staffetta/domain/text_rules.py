"""How one carrier wants its texts, and the cut that follows from it.

Pure. What accounts are told and charged is the usual cut of `segments`, whatever a carrier wants;
this is only what goes over the wire, so that a phone shows what was written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from msgspec import structs

from staffetta.domain.encodings import GSM_7, Encoding, SeptetAlphabet, is_default_only
from staffetta.domain.errors import InvalidText
from staffetta.domain.replacements import plain_text
from staffetta.domain.segments import (
    Segmentation,
    segment_septets,
    segment_text,
    segment_ucs2,
    septet_room,
    ucs2_room,
)
from staffetta.domain.shift_tables import (
    DEFAULT_TABLES,
    Language,
    ShiftTables,
    alphabet_of,
    tables_of,
)
from staffetta.domain.writing import (
    Alphabet,
    LongMessages,
    ReportedParts,
    Transliteration,
    Writing,
)

PAYLOAD_OCTETS_MAX: Final = 65_535  # of message_payload (SMPP 3.4 section 5.3.2.32)
_ALONE_MAX: Final = septet_room().alone
_USUAL: Final = Writing()
# The form feed is left out: few SMSCs make an escape of that control character.
_CARRIED: Final = (GSM_7.characters | GSM_7.extended) - {"\f"}

# What an SMSC can turn into septets, of what its alphabet holds. It makes two of some.
CHARACTERS_OF: Final = MappingProxyType(
    {
        Alphabet.GSM_7: GSM_7.characters | GSM_7.extended,
        Alphabet.LATIN_1: frozenset(c for c in _CARRIED if ord(c) < 0x100),
        Alphabet.ASCII: frozenset(c for c in _CARRIED if ord(c) < 0x80),
    }
)

Cut = Callable[[str], Segmentation]
_CutBy = Callable[[int, Writing], Segmentation]  # by octets of the reference


@dataclass(frozen=True, slots=True)
class TextRules:
    """What a carrier takes, as far as it is not the usual."""

    alphabet: Alphabet = Alphabet.GSM_7  # of the data_coding for plain texts
    # The data_coding that takes septets where the alphabet is another; None: none does.
    septet_coding: int | None = None
    long_messages: LongMessages = LongMessages.UDH_8
    payload_octets_max: int = PAYLOAD_OCTETS_MAX
    languages: tuple[Language, ...] = ()  # whose tables it lets pass
    transliteration: Transliteration = Transliteration.NONE
    reported_parts: ReportedParts = ReportedParts.ALL

    @property
    def takes_septets(self) -> bool:
        """Whether octets can mean septets here."""
        return self.alphabet is Alphabet.GSM_7 or self.septet_coding is not None


def cut_by(rules: TextRules) -> Cut:
    """The function that cuts a text for a carrier; it raises InvalidText as segment_text does."""
    return segment_text if rules == TextRules() else _Cutter(rules).cut


class _Cutter:
    """The cut for a carrier that wants something else."""

    def __init__(self, rules: TextRules) -> None:
        self._rules = rules
        self._carried = CHARACTERS_OF[rules.alphabet]
        self._plain = self._carried
        if rules.takes_septets:
            self._plain |= CHARACTERS_OF[Alphabet.GSM_7]
        self._is_gsm7 = rules.alphabet is Alphabet.GSM_7
        tables = (each for language in rules.languages for each in tables_of(language))
        self._tables = sorted(tables, key=lambda each: each.element_count)

    def cut(self, text: str) -> Segmentation:
        """The text as this carrier gets it."""
        if self._is_gsm7 and len(text) <= _ALONE_MAX and is_default_only(text):
            return Segmentation(Encoding.GSM_7, len(text), (text,))
        return self._exactly(text) or self._plainly(text) or self._in_ucs2(text)

    def _exactly(self, text: str) -> Segmentation | None:
        """In septets, character by character; None where UCS-2 costs no more."""
        in_septets = self._in_septets(text, Transliteration.NONE)
        if in_septets is not None and _count(in_septets) == 1:
            return in_septets
        other = self._in_tables_of_a_language(text)
        if other is None:
            return in_septets
        # Of equally many parts the first counts: what more phones can read goes before.
        known = in_septets or self._usual_ucs2(text)
        if known is not None and _count(known) <= _count(other):
            return in_septets
        return other

    def _plainly(self, text: str) -> Segmentation | None:
        """With other characters, as far as this carrier's rules go.

        Some are replaced by several: None where UCS-2 costs less.
        """
        how = self._rules.transliteration
        if how is Transliteration.NONE:
            return None
        plain = plain_text(text, self._plain, accents=how is Transliteration.ACCENTS)
        if plain is None:
            return None
        other = self._usual_ucs2(text)
        found = self._in_septets(plain, how)
        return None if found and other and _count(other) < _count(found) else found

    def _in_septets(self, text: str, altered: Transliteration) -> Segmentation | None:
        if self._carried.issuperset(text):
            alphabet = self._rules.alphabet
        elif self._plain.issuperset(text):
            alphabet = Alphabet.GSM_7
        else:
            return None
        writing = Writing(alphabet=alphabet, altered=altered)
        octets = len(text) if alphabet is not Alphabet.GSM_7 else len(GSM_7.encode(text))
        return self._joined(text, octets, partial(_by_septets, text, GSM_7), writing)

    def _in_tables_of_a_language(self, text: str) -> Segmentation | None:
        """With the tables that need the fewest parts; of these, with the shortest header."""
        best: Segmentation | None = None
        for tables in self._tables:
            if alphabet_of(tables).holds(text):
                found = self._in_tables(text, tables)
                if found is not None and (best is None or _count(found) < _count(best)):
                    best = found
                if best is not None and _count(best) == 1:
                    break
        return best

    def _in_tables(self, text: str, tables: ShiftTables) -> Segmentation | None:
        """A header names the tables, so that is what joins the parts too. None when too long."""
        writing = Writing(tables=tables)
        is_usual = self._rules.long_messages is LongMessages.UDH_8
        form = LongMessages.UDH_8 if is_usual else LongMessages.UDH_16
        cut = partial(_by_septets, text, alphabet_of(tables))
        try:
            return self._with_form(cut, form, cut(1, writing), writing)
        except InvalidText:
            return None

    def _usual_ucs2(self, text: str) -> Segmentation | None:
        try:
            return self._in_ucs2(text)
        except InvalidText:  # too long for it
            return None

    def _in_ucs2(self, text: str) -> Segmentation:
        writing = Writing(forced_ucs2=GSM_7.holds(text))
        return self._joined(text, None, partial(_by_ucs2, text), writing)

    def _joined(self, text: str, octets: int | None, cut: _CutBy, writing: Writing) -> Segmentation:
        """A text cut in the carrier's form; `octets` are those of the whole (None: of UCS-2)."""
        found = cut(1, writing)
        form = self._rules.long_messages
        if form is LongMessages.PAYLOAD and len(found.parts) > 1:
            size = found.characters_count * 2 if octets is None else octets
            if size <= self._rules.payload_octets_max:
                whole = structs.replace(writing, long_messages=form)
                return Segmentation(found.encoding, found.characters_count, (text,), whole)
            form = LongMessages.UDH_8
        return self._with_form(cut, form, found, writing)

    def _with_form(
        self, cut: _CutBy, form: LongMessages, found: Segmentation, writing: Writing
    ) -> Segmentation:
        if len(found.parts) == 1:
            return found if writing != _USUAL else structs.replace(found, writing=None)
        writing = structs.replace(writing, reported_parts=self._rules.reported_parts)
        if form is not LongMessages.UDH_8:
            try:
                return cut(2, structs.replace(writing, long_messages=form))
            except InvalidText:  # the larger reference leaves too little room
                pass
        return structs.replace(found, writing=writing if writing != _USUAL else None)


def _by_septets(
    text: str, alphabet: SeptetAlphabet, reference_octets: int, writing: Writing
) -> Segmentation:
    languages = 0 if writing.tables == DEFAULT_TABLES else writing.tables.element_count
    return segment_septets(text, alphabet, septet_room(reference_octets, languages), writing)


def _by_ucs2(text: str, reference_octets: int, writing: Writing) -> Segmentation:
    return segment_ucs2(text, ucs2_room(reference_octets), writing)


def _count(found: Segmentation) -> int:
    """How many segments a phone gets, whoever cuts them."""
    if found.writing is None or found.writing.long_messages is not LongMessages.PAYLOAD:
        return len(found.parts)
    room = septet_room() if found.encoding is Encoding.GSM_7 else ucs2_room()
    return -(-found.characters_count // room.each)
