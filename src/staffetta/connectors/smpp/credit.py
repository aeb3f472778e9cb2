"""A carrier whose account of ours is used up: nothing is written but one message now and then.

Pure: time is an argument, in seconds of one monotonic clock. Owns when the next message may try;
what becomes of the messages meanwhile is decided elsewhere. One account serves all the links.
"""

from dataclasses import dataclass
from math import inf

_DOUBLINGS_MAX = 30


@dataclass(frozen=True, slots=True)
class CreditProbes:
    """The pauses between the messages that try; each is twice the one before."""

    seconds_min: float = 60.0
    seconds_max: float = 900.0


class Credit:
    """Whether the account of one connector has credit, as far as the carrier says."""

    __slots__ = ("_count", "_probes", "is_out", "is_probing", "next_probe_at")

    def __init__(self, probes: CreditProbes) -> None:
        self._probes = probes
        self._count = 0  # of refusals since the last acceptance
        self.is_out = False
        self.is_probing = False  # a message is under way that tries
        self.next_probe_at = inf

    def may_write(self, now: float) -> bool:
        """Whether a segment may be written now; while the account is used up, one alone."""
        return not self.is_out or (not self.is_probing and now >= self.next_probe_at)

    def is_shut(self, now: float) -> bool:
        """Whether nothing that waits can be written soon."""
        return self.is_out and not self.is_probing and now < self.next_probe_at

    def wrote(self) -> None:
        """A segment was written, while the account is used up: it tries."""
        self.is_probing = True

    def refused(self, now: float) -> bool:
        """The carrier refused a segment for want of credit; whether that is news.

        What a full window brings of the same is none.
        """
        if self.is_out and not self.is_probing:
            return False
        self.is_out = True
        self.is_probing = False
        self.next_probe_at = now + self._pause_seconds()
        self._count += 1
        return True

    def accepted(self) -> bool:
        """The carrier took a segment; whether that ends it. What was under way before does not."""
        if not self.is_probing:
            return False
        self.is_out = self.is_probing = False
        self.next_probe_at = inf
        self._count = 0
        return True

    def unclear(self, now: float) -> None:
        """The segment that tried came to another end, which says nothing about credit."""
        if self.is_probing:
            self.is_probing = False
            self.next_probe_at = now + self._probes.seconds_min

    def _pause_seconds(self) -> float:
        probes = self._probes
        return min(probes.seconds_max, probes.seconds_min * 2.0 ** min(self._count, _DOUBLINGS_MAX))
