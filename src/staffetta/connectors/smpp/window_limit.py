"""How many segments one link may have open: what is configured, or what the carrier really takes.

Pure: time is an argument, in seconds of one monotonic clock. Some carriers have a smaller window
than they told, and drop what is beyond it without a word: then only segments that were written
behind several open ones have no answer. Owns that reading; a carrier that leaves single segments
without an answer is not to be punished for it.
"""

from collections.abc import Callable
from math import inf
from typing import Final

_EVIDENCE_MIN: Final = 3  # segments without an answer, before the window is blamed
_EVIDENCE_SECONDS: Final = 120.0  # that lie no further apart
_GROW_SECONDS: Final = 60.0  # without a loss, before more places are tried
_GROW_PART: Final = 10  # of the window, at once
_GROW_SECONDS_MAX: Final = 3600.0
_REFUTED_SECONDS: Final = 900.0  # for which the window is not blamed again


class WindowLimit:
    """The window of one link. `resized` hears of every change."""

    __slots__ = (
        "_depth_min",
        "_evidence",
        "_evidence_at",
        "_grow_at",
        "_grow_seconds",
        "_not_before",
        "_proved",
        "_shrunk_at",
        "ceiling",
        "is_cautious",
        "resized",
        "size",
    )

    def __init__(self, ceiling: int) -> None:
        self.ceiling = ceiling
        self.size = ceiling  # what holds now, but for caution
        self.is_cautious = False  # one segment at a time, until one is answered
        self.resized: Callable[[int], None] = lambda _size: None
        self._proved = ceiling  # the size that the last losses left
        self._shrunk_at = -inf
        self._not_before = -inf  # until then losses are of another cause
        self._grow_at = inf
        self._grow_seconds = _GROW_SECONDS
        self._evidence = 0
        self._evidence_at = -inf
        self._depth_min = 0

    @property
    def now_open_max(self) -> int:
        """How many segments may be open now."""
        return 1 if self.is_cautious else self.size

    @property
    def is_shrunk(self) -> bool:
        """Whether fewer are open than is configured, because the carrier dropped more."""
        return self.size < self.ceiling

    def timed_out(self, depth: int, sent_at: float, now: float) -> bool:
        """A segment that was the `depth`-th of the open ones had no answer; whether that shrank it.

        The carrier answers others, or there would be no question of its window.
        """
        if now < self._not_before or depth > self.size:
            return False  # of another cause, or written before the window shrank
        if depth <= 1 or (self.is_shrunk and depth <= self._proved and sent_at > self._shrunk_at):
            self._refute(now)
            return False
        self._note(depth, now)
        if self._evidence < _EVIDENCE_MIN and not self.is_shrunk:
            return False
        self._shrink(sent_at, now)
        return True

    def grow(self, now: float) -> bool:
        """The window is full: try some places more if its time has come; whether it did."""
        if now < self._grow_at:
            return False
        self._resize(min(self.ceiling, self.size + max(1, self.size // _GROW_PART)))
        self._evidence = 0
        self._grow_at = now + self._grow_seconds if self.is_shrunk else inf
        return True

    def be_cautious(self, now: float) -> None:
        """Nothing was answered any more: one segment at a time, until one is.

        What was lost before that was lost to silence, not to the window.
        """
        self._refute(now)
        self.is_cautious = True
        self.resized(1)

    def answered(self) -> None:
        """A segment was answered: there is no reason for caution."""
        if self.is_cautious:
            self.is_cautious = False
            self.resized(self.size)

    def _note(self, depth: int, now: float) -> None:
        if now - self._evidence_at > _EVIDENCE_SECONDS:
            self._evidence = 0
        self._depth_min = min(self._depth_min, depth) if self._evidence else depth
        self._evidence += 1
        self._evidence_at = now

    def _shrink(self, sent_at: float, now: float) -> None:
        grew_too_soon = self.is_shrunk and sent_at > self._shrunk_at
        self._resize(self._depth_min - 1)
        self._proved = self.size
        self._shrunk_at = now
        self._evidence = 0
        if grew_too_soon:
            self._grow_seconds = min(2 * self._grow_seconds, _GROW_SECONDS_MAX)
        self._grow_at = now + self._grow_seconds

    def _refute(self, now: float) -> None:
        """A loss that no window explains."""
        self._not_before = now + _REFUTED_SECONDS
        self._evidence = 0
        self._grow_at = inf
        self._grow_seconds = _GROW_SECONDS
        self._proved = self.ceiling
        self._resize(self.ceiling)

    def _resize(self, size: int) -> None:
        self.size = size
        if not self.is_cautious:
            self.resized(size)
