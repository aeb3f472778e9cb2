"""A text as it would travel, cut and marked for people. Pure.

Counts and cuts are the gateway's own: nothing is counted here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from staffetta.domain.encodings import GSM_7
from staffetta.domain.replacements import Forcing, explain_encoding, replace_all
from staffetta.domain.segments import Segmentation, room_left, segment_text

_CARRIED: Final = GSM_7.characters | GSM_7.extended


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters in a row."""

    text: str
    is_forcing: bool  # they keep the whole text from GSM-7
    is_double: bool  # they take two places each


@dataclass(frozen=True, slots=True)
class Preview:
    """A text, segment by segment."""

    found: Segmentation
    parts: Sequence[Sequence[Piece]]
    forcing: Sequence[Forcing]
    room_left: int  # units of the last segment
    plain: Segmentation | None  # with every replacement, where that is shorter

    @property
    def segment_count(self) -> int:
        """How many segments are paid."""
        return len(self.found.parts)


def preview_of(found: Segmentation) -> Preview:
    """What to show of a text that can be cut."""
    text = "".join(found.parts)
    forcing = explain_encoding(text)
    plain = segment_text(replace_all(text, forcing)) if forcing else None
    is_shorter = plain is not None and len(plain.parts) < len(found.parts)
    return Preview(
        found=found,
        parts=[list(_pieces(part)) for part in found.parts],
        forcing=forcing,
        room_left=room_left(found),
        plain=plain if is_shorter else None,
    )


def _pieces(part: str) -> Iterator[Piece]:
    for (is_forcing, is_double), characters in groupby(part, key=_kind_of):
        yield Piece("".join(characters), is_forcing, is_double)


def _kind_of(character: str) -> tuple[bool, bool]:
    return character not in _CARRIED, character in GSM_7.extended
