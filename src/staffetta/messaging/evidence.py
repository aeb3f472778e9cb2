"""What reports show of how a carrier spells ids, until a few agree. Pure.

Owns the count and the decision; where it is kept is routing's.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from staffetta.smpp.message_ids import Spelling, Way

AGREEING_MIN: Final = 5  # reports, before a carrier's spelling counts as known
_ORDER: Final = {spelling: place for place, spelling in enumerate(Spelling)}


class Evidence(msgspec.Struct, frozen=True):
    """The ways of reading that every report counted so far agrees with."""

    ways: frozenset[Way] = frozenset()
    count: int = 0

    def and_also(self, ways: Iterable[Way]) -> "Evidence":
        """With one report more; one that agrees with none of the ways begins anew."""
        shown = frozenset(way for way in ways if way.spelling is not Spelling.OLDER)
        if not shown:
            return self
        common = self.ways & shown
        return Evidence(common, self.count + 1) if common else Evidence(shown, 1)

    @property
    def decided(self) -> Way | None:
        """The way, when enough reports agree and leave one spelling; of two sources the TLV."""
        if self.count < AGREEING_MIN or len({way.spelling for way in self.ways}) != 1:
            return None
        return min(self.ways, key=lambda way: (_ORDER[way.spelling], way.source != "tlv"))


def ways_of_key(keys: Mapping[Way, str], key: str) -> frozenset[Way]:
    """The ways of reading that give this key."""
    return frozenset(way for way, one in keys.items() if one == key)
