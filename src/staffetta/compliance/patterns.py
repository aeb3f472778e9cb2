"""Forbidden patterns: regular expressions of RE2, which never look back. Pure.

A search takes time in proportion to the text, whatever the expression, so no pattern and no message
can make acceptance wait. Patterns are matched on normalise.py's pattern text.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, Protocol, cast

import re2  # type: ignore[import-untyped]

from staffetta.compliance.lookalikes import FOREIGN
from staffetta.compliance.normalise import (
    alphabets,
    fold,
    folded_places,
    is_foreign_text,
    is_word_character,
)

# Steps of RE2's program, of one pattern and of all: so many can a character cost at worst.
# That is 5 ms for a usual text; what patterns really cost is a thousandth of it.
PATTERN_STEPS_MAX: Final = 1_000
ALL_STEPS_MAX: Final = 20_000
_MEMORY_BYTES_MAX: Final = 64 << 20
# Whatever finds one of these alone finds it in nearly every message.
_COMMON_CHARACTERS: Final = "aeinorst 0123456789."
_ANY_BYTE: Final = re.compile(r"(?<!\\)(?:\\\\)*\\C")
# What may be a letter of Greek or Cyrillic, and of another alphabet: both find more than there is,
# and never less.
_FOREIGN_LETTER: Final = re.compile("[\u0370-\u052f\u1c80-\u1c8f\ua640-\ua69f]")
_OTHER_LETTER: Final = re.compile(r"[^\W\u0370-\u052f\u1c80-\u1c8f\ua640-\ua69f]")
_SHOWN_MAX: Final = 80


class Match(Protocol):
    """Where an expression was found."""

    def span(self) -> tuple[int, int]:
        """Its first character, and the one after its last."""
        ...


class Expression(Protocol):
    """A compiled expression."""

    @property
    def programsize(self) -> int:
        """Steps of RE2's program."""
        ...

    def search(self, text: str) -> Match | None:
        """The first place where it is found."""
        ...


class NoExpression(ValueError):
    """Not a regular expression that RE2 has; the text says why."""


def compile_patterns(patterns: Iterable[str]) -> Expression:
    """One expression that finds what any of the patterns finds, capitals or not.

    Raises NoExpression.
    """
    return _compile("|".join(f"(?:{pattern})" for pattern in patterns))


def pattern_text(text: str) -> str:
    """The text that patterns are matched on."""
    folded = fold(text)
    if (
        not folded.isascii()
        and _FOREIGN_LETTER.search(folded)
        and (not is_foreign_text(folded) or any(map(_may_be_mixed, folded.split())))
    ):
        return "".join(character for character, _ in pattern_characters(text))
    return " ".join(folded.split())


def pattern_characters(text: str) -> list[tuple[str, int]]:
    """The characters of `pattern_text`, each with its place in the text as it was written."""
    foreign_text = is_foreign_text(text)
    characters: list[tuple[str, int]] = []
    for folded, at in _unmasked(folded_places(text), foreign_text=foreign_text):
        if not folded.isspace():
            characters.append((folded, at))
        elif characters and characters[-1][0] != " ":
            characters.append((" ", at))
    if characters and characters[-1][0] == " ":
        characters.pop()
    return characters


def pattern_faults(text: str) -> Iterator[str]:
    """What is wrong with a pattern, a sentence each."""
    if not text:
        yield "the pattern is empty"
        return
    if _ANY_BYTE.search(text):
        yield r"the pattern holds \C, a byte: write . for a character"
        return
    for character in text:
        folded = fold(character.lower())
        if folded != character.lower() and not character.isspace():
            yield (
                f"the pattern holds {character!r}, which a text never holds when it is compared:"
                + (f" write {folded!r}" if folded else " leave it out")
            )
            return
    yield from _expression_faults(text)


def _expression_faults(text: str) -> Iterator[str]:
    try:
        # On its own first: a closing bracket too many would be lost among several.
        _compile(text)
        expression = compile_patterns([text])
    except NoExpression as error:
        yield f"the pattern {shown(text)} is no regular expression of RE2: {error}"
        return
    if expression.programsize > PATTERN_STEPS_MAX:
        yield f"the pattern {shown(text)} is too large: repeat less, or make several of it"
    elif expression.search("") is not None:
        yield f"the pattern {shown(text)} matches the empty text, and so every message"
    else:
        for character in _COMMON_CHARACTERS:
            if expression.search(character) is not None:
                yield f"the pattern {shown(text)} matches {character!r} alone: nearly every message"
                return


def _compile(pattern: str) -> Expression:
    options = re2.Options()
    options.case_sensitive = False
    options.never_capture = True  # groups of several patterns may have the same name
    options.log_errors = False
    options.max_mem = _MEMORY_BYTES_MAX
    try:
        return cast("Expression", re2.compile(pattern, options))
    except re2.error as error:
        said = error.args[0]
        raise NoExpression(said.decode() if isinstance(said, bytes) else str(said)) from None


def _may_be_mixed(folded: str) -> bool:
    return _FOREIGN_LETTER.search(folded) is not None and _OTHER_LETTER.search(folded) is not None


def _unmasked(
    places: Iterable[tuple[str, int]], *, foreign_text: bool
) -> Iterator[tuple[str, int]]:
    """With letters that only look foreign as the Latin ones."""
    word: list[tuple[str, int]] = []
    for place in (*places, (" ", -1)):
        if is_word_character(place[0]):
            word.append(place)
            continue
        has = alphabets("".join(character for character, _ in word))
        masked = True in has and (False in has or not foreign_text)
        for character, at in word:
            yield (FOREIGN.get(character, character)[0] if masked else character), at
        word.clear()
        if place[1] >= 0:
            yield place


def shown(text: str) -> str:
    """A text in a sentence: quoted, and cut when it is long."""
    return repr(text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…")
