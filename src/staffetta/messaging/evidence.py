"""What reports show of how a carrier spells ids, until a few agree. Pure.

Owns the count and the decision; where it is kept is routing's.
"""

from collections.abc import Collection
from typing import Final

import msgspec

from staffetta.smpp.message_ids import Spelling

AGREEING_MIN: Final = 5  # reports, before a carrier's spelling counts as known


class Evidence(msgspec.Struct, frozen=True):
    """The spellings that every report counted so far agrees with, of one source of ids."""

    spellings: frozenset[Spelling] = frozenset()
    count: int = 0

    def and_also(self, spellings: Collection[Spelling]) -> "Evidence":
        """With one report more; one that agrees with none of the spellings begins anew."""
        shown = frozenset(spellings) - {Spelling.OLDER}
        if not shown:
            return self
        both = self.spellings & shown
        return Evidence(both, self.count + 1) if both else Evidence(shown, 1)

    @property
    def decided(self) -> Spelling | None:
        """The spelling, when enough reports agree and leave one alone."""
        if self.count < AGREEING_MIN or len(self.spellings) != 1:
            return None
        (spelling,) = self.spellings
        return spelling
