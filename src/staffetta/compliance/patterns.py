"""Forbidden patterns: regular expressions of RE2, which never look back. Pure.

A search takes time in proportion to the text, whatever the expression, so no pattern and no message
can make acceptance wait. Patterns are matched on normalise.py's pattern text.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, Protocol, cast

import re2  # type: ignore[import-untyped]

from staffetta.compliance.normalise import fold

PATTERN_STEPS_MAX: Final = 1_000  # of RE2's program: what a character of a text can cost at worst
_MEMORY_BYTES_MAX: Final = 64 << 20
# Whatever finds one of these alone finds it in nearly every message.
_COMMON_CHARACTERS: Final = "aeinorst 0123456789."
_ANY_BYTE: Final = re.compile(r"(?<!\\)(?:\\\\)*\\C")
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


def shown(text: str) -> str:
    """A text in a sentence: quoted, and cut when it is long."""
    return repr(text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…")
