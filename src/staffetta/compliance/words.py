"""The list of forbidden words as a frozen snapshot, and the search in it. Pure.

How texts are compared is the rule of normalise.py. Words and phrases are found by hash: a text's
words, reduced to skeletons in which all that can be confused is equal, are looked up; only where
one is found the rule itself is applied, to that text. Patterns are one expression of RE2, and each
is tried alone only when it finds something. Entries are checked by entries.py when they are added.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, Self

import msgspec

from staffetta.compliance.entries import ANY_COUNTRY, Entry, Kind, words_of
from staffetta.compliance.normalise import (
    Word,
    agrees,
    is_foreign_text,
    may_be_spelled,
    read_words,
    skeleton_texts,
    skeletons,
    spelled,
)
from staffetta.compliance.patterns import (
    Expression,
    compile_patterns,
    pattern_characters,
    pattern_text,
)

__all__ = ["Entry", "Finding", "ForbiddenList", "Kind", "Place", "Span"]

Place = Literal["message", "sender"]


class Finding(msgspec.Struct, frozen=True):
    """A forbidden entry that a message or its sender holds."""

    entry: Entry
    where: Place
    matched: str  # the stretch of the text as it was written

    @property
    def reason(self) -> str:
        """The sentence that is kept with the message and the block."""
        return f'forbidden {self.entry.kind} "{self.entry.text}" in the {self.where}'


class Span(msgspec.Struct, frozen=True):
    """Where a text holds a forbidden entry: its first character, and the one after its last."""

    entry: Entry
    start: int
    end: int


class _Wanted(msgspec.Struct, frozen=True):
    """An entry of words, with these folded."""

    entry: Entry
    words: tuple[str, ...]


class _Pattern(msgspec.Struct, frozen=True):
    entry: Entry
    expression: Expression


class _Patterns(msgspec.Struct, frozen=True):
    """The patterns of one country, and one expression that finds what any of them finds."""

    any: Expression
    each: tuple[_Pattern, ...]


class ForbiddenList:
    """Every entry at one moment; never changed, only replaced. Made by `of`."""

    __slots__ = ("_by_skeleton", "_count", "_lengths", "_patterns")

    def __init__(self) -> None:
        self._count = 0
        # From a phrase's skeleton, its words parted by spaces, to what has it.
        self._by_skeleton: dict[str, list[_Wanted]] = {}
        # From a first word's skeleton to how many words the entries have that begin so.
        self._lengths: dict[str, tuple[int, ...]] = {}
        self._patterns: dict[str, _Patterns] = {}  # by country

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Self:
        """The list of these entries, which `make_entry` has checked; 10,000 take 50 ms or so."""
        made = cls()
        patterns: dict[str, list[Entry]] = {}
        for entry in entries:
            made._count += 1
            if entry.kind == "pattern":
                patterns.setdefault(entry.country, []).append(entry)
            else:
                made._add(_Wanted(entry, words_of(entry)))
        made._patterns = {country: _compiled(listed) for country, listed in patterns.items()}
        return made

    def __len__(self) -> int:
        """How many entries it has."""
        return self._count

    def find(self, text: str, sender: str, country: str) -> Finding | None:
        """What is forbidden in a message to a country (ISO 3166), or None.

        The text is looked through before the sender, words and phrases before patterns.
        """
        if not self._count:
            return None
        return self._find_in(text, "message", country) or self._find_in(sender, "sender", country)

    def find_each(self, text: str, country: str) -> list[Span]:
        """Every entry that a text to a country holds and where, the first place of each pattern.

        For people who try the list: `find` stops at the first, and is what refuses messages.
        """
        spans = {
            span: None
            for symbols in (False, True)
            for span in self._word_spans(text, country, symbols=symbols)
        }
        spans.update(dict.fromkeys(self._pattern_spans(text, country)))
        return sorted(spans, key=lambda span: (span.start, -span.end))

    def _add(self, wanted: _Wanted) -> None:
        parts = [skeletons(word) for word in wanted.words]
        self._by_skeleton.setdefault(" ".join(parts), []).append(wanted)
        known = self._lengths.get(parts[0], ())
        if len(parts) not in known:
            self._lengths[parts[0]] = tuple(sorted((*known, len(parts))))

    def _find_in(self, text: str, where: Place, country: str) -> Finding | None:
        if self._lengths:
            for reading, skeleton_text in enumerate(skeleton_texts(text)):
                if self._is_suspect(skeleton_text):
                    for span in self._word_spans(text, country, symbols=reading == 1):
                        return _finding(span, text, where)
        for span in self._pattern_spans(text, country):
            return _finding(span, text, where)
        return None

    # Words and phrases --------------------------------------------------------------------------

    def _is_suspect(self, skeleton_text: str) -> bool:
        words = skeleton_text.split()
        if not self._lengths.keys().isdisjoint(words):
            for at, word in enumerate(words):
                for count in self._lengths.get(word, ()):
                    if " ".join(words[at : at + count]) in self._by_skeleton:
                        return True
        return may_be_spelled(words)

    def _word_spans(self, text: str, country: str, *, symbols: bool) -> Iterator[Span]:
        foreign_text = is_foreign_text(text)
        for compared, written in self._stretches(read_words(text, symbols=symbols)):
            for wanted in self._by_skeleton.get(" ".join(map(skeletons, compared)), ()):
                if wanted.entry.country in (ANY_COUNTRY, country) and all(
                    agrees(forbidden, word, foreign_text=foreign_text)
                    for forbidden, word in zip(wanted.words, compared, strict=True)
                ):
                    yield Span(wanted.entry, written[0].start, written[-1].end)

    def _stretches(self, words: Sequence[Word]) -> Iterable[tuple[tuple[str, ...], Sequence[Word]]]:
        """What may be an entry, as the words compared and the words it was written as."""
        for at, word in enumerate(words):
            for count in self._lengths.get(skeletons(word.text), ()):
                whole = words[at : at + count]
                yield tuple(one.text for one in whole), whole
        for letters in spelled(words):
            yield ("".join(letter.text for letter in letters),), letters

    # Patterns -----------------------------------------------------------------------------------

    def _pattern_spans(self, text: str, country: str) -> Iterator[Span]:
        if not self._patterns:
            return
        compared = pattern_text(text)
        places: list[tuple[str, int]] = []  # of its characters: read once, however much is found
        for key in (ANY_COUNTRY, country):
            patterns = self._patterns.get(key)
            if patterns is None or patterns.any.search(compared) is None:
                continue
            for pattern in patterns.each:
                match = pattern.expression.search(compared)
                if match is not None:
                    places = places or pattern_characters(text)
                    yield Span(pattern.entry, *_stretch(places, *match.span()))


def _finding(span: Span, text: str, where: Place) -> Finding:
    return Finding(span.entry, where, text[span.start : span.end])


def _compiled(entries: Sequence[Entry]) -> _Patterns:
    return _Patterns(
        compile_patterns(entry.text for entry in entries),
        tuple(_Pattern(entry, compile_patterns([entry.text])) for entry in entries),
    )


def _stretch(characters: Sequence[tuple[str, int]], start: int, end: int) -> tuple[int, int]:
    """The part of a text as it was written that became these characters of its pattern text."""
    places = characters[start:end]
    return (places[0][1], places[-1][1] + 1) if places else (0, 0)
