"""A tester for the list of forbidden words: what would be found in a text, and where.

Nothing is sent and nobody is blocked by trying.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler

from staffetta.compliance.live_words import LiveWords
from staffetta.compliance.normalise import read_words, spelled
from staffetta.compliance.patterns import pattern_text
from staffetta.compliance.words import ForbiddenList, Span
from staffetta.console.forms import read_form
from staffetta.console.guards import for_operators
from staffetta.console.pages.operate.words import SECTION, words_page
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import operator_page
from staffetta.console.rendering import PageRequest

_TEXT_CHARACTERS_MAX: Final = 4_000
_IS_OF_SCRIPT: Final = "hx-request"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text as it was written."""

    text: str
    is_found: bool


@dataclass(frozen=True, slots=True)
class Tested:
    """What the list finds in a text, or in a sender."""

    pieces: tuple[Piece, ...]
    spans: tuple[Span, ...]
    words: tuple[str, ...]  # as the text is compared
    with_symbols: tuple[str, ...]  # with symbols read as letters; empty: the same
    spelled: tuple[str, ...]
    pattern_text: str  # what patterns see


def word_tester_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""
    live = LiveWords(parts.database)

    @post("/operate/words/test", guards=[for_operators], status_code=200)
    async def test(request: PageRequest) -> Response[Any]:
        """Try a text and a sender, as a page or as the part of it that shows what was found."""
        form = await read_form(request)
        tried = {
            "message": form.text("message", _TEXT_CHARACTERS_MAX),
            "sender": form.text("sender"),
            "where": form.text("where").upper(),
        }
        await live.refresh_once()
        tested = await asyncio.to_thread(_try, live.list, tried)  # a long text takes a while
        if _IS_OF_SCRIPT in request.headers:
            return operator_page(
                request, "operate/word_tested.html", section=SECTION, tested=tested, tried=tried
            )
        return await words_page(parts, request, tested=tested, tried=tried)

    return [test]


def _try(words: ForbiddenList, tried: Mapping[str, str]) -> dict[str, Tested]:
    return {
        name: try_text(tried[name], words.find_each(tried[name], tried["where"]))
        for name in ("message", "sender")
    }


def try_text(text: str, spans: Sequence[Span]) -> Tested:
    """What is shown of a text in which these spans were found."""
    plain, with_symbols = (read_words(text, symbols=symbols) for symbols in (False, True))
    spelling = [
        "".join(letter.text for letter in letters)
        for reading in (plain, with_symbols)
        for letters in spelled(reading)
    ]
    words = tuple(word.text for word in plain)
    others = tuple(word.text for word in with_symbols)
    return Tested(
        pieces=tuple(_pieces(text, spans)),
        spans=tuple(spans),
        words=words,
        with_symbols=others if others != words else (),
        spelled=tuple(dict.fromkeys(spelling)),
        pattern_text=pattern_text(text),
    )


def _pieces(text: str, spans: Sequence[Span]) -> Iterator[Piece]:
    """The text in parts, found or not; what overlaps is one part."""
    at = 0
    for start, end in _joined(spans):
        if start > at:
            yield Piece(text[at:start], is_found=False)
        yield Piece(text[start:end], is_found=True)
        at = end
    if at < len(text):
        yield Piece(text[at:], is_found=False)


def _joined(spans: Sequence[Span]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted((span.start, span.end) for span in spans if span.end > span.start):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
