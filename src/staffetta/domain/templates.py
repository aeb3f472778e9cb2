"""Texts with `{{name}}` in them, filled in for each recipient (contract section 4, POST body).

Only a word between two pairs of braces is replaced, spaces around it allowed; nothing is evaluated,
and what a value holds is never looked at again.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

_PLACEHOLDER: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class Template:
    """A text that was looked through once."""

    __slots__ = ("_pieces", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._pieces = _PLACEHOLDER.split(text)  # text, name, text, name, ..., text

    @property
    def is_plain(self) -> bool:
        """Whether it is the same for everybody."""
        return len(self._pieces) == 1

    @property
    def names(self) -> list[str]:
        """What is filled in, in the order it comes, each as often as it does."""
        return self._pieces[1::2]

    @property
    def placeholder_count(self) -> int:
        """How often something is filled in."""
        return len(self._pieces) // 2

    @property
    def fixed_length(self) -> int:
        """How many characters stand in it whatever is filled in."""
        return sum(map(len, self._pieces[::2]))

    def fill(self, values: Mapping[str, object] | None) -> str:
        """The text for one recipient; a placeholder without a value becomes empty."""
        if len(self._pieces) == 1:
            return self.text
        pieces = self._pieces.copy()
        for place in range(1, len(pieces), 2):
            pieces[place] = _shown((values or {}).get(pieces[place]))
        return "".join(pieces)


def _shown(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
    return msgspec.json.encode(value).decode()
