"""Carriers that end connections which were too fast, instead of answering that they are.

Pure: time is an argument. Owns the telling apart: any connection may end once while messages go
over it; one that ends so again, soon after the next burst, was cut because of it.
"""

from typing import Final

# The carrier hung up this soon behind the last segment.
_BURST_SECONDS: Final = 2.0
# Two such ends further apart have nothing to do with each other.
_FORGOTTEN_SECONDS: Final = 900.0


class Drops:
    """The ends of one link's connections."""

    __slots__ = ("_dropped_at",)

    def __init__(self) -> None:
        self._dropped_at: float | None = None

    def ended(self, *, by_carrier: bool, idle_seconds: float, now: float) -> bool:
        """Whether the link was too fast. `idle_seconds` is since the last segment was written."""
        if not by_carrier or idle_seconds > _BURST_SECONDS:
            self._dropped_at = None
            return False
        before, self._dropped_at = self._dropped_at, now
        return before is not None and now - before <= _FORGOTTEN_SECONDS
