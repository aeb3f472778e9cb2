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

    __slots__ = ("_count", "_probe", "_probes", "is_out", "next_probe_at")

    def __init__(self, probes: CreditProbes) -> None:
        self._probes = probes
        self._count = 0  # of refusals since the last acceptance
        self._probe: object = None  # the segment under way that tries, known by identity
        self.is_out = False
        self.next_probe_at = inf

    @property
    def is_probing(self) -> bool:
        """Whether a segment is under way that tries."""
        return self._probe is not None

    def may_write(self, now: float) -> bool:
        """Whether a segment may be written now; while the account is used up, one alone."""
        return not self.is_out or (not self.is_probing and now >= self.next_probe_at)

    def is_shut(self, now: float) -> bool:
        """Whether nothing that waits can be written soon."""
        return self.is_out and not self.is_probing and now < self.next_probe_at

    def wrote(self, segment: object) -> None:
        """A segment was written, while the account is used up: it tries. Its answer alone counts.

        `segment` is any value that its own outcome brings back, and no other's.
        """
        self._probe = segment

    def refused(self, segment: object, now: float) -> bool:
        """The carrier refused a segment for want of credit; whether that is news.

        What was under way before, over whatever link, brings none.
        """
        if self.is_out and segment is not self._probe:
            return False
        self.is_out = True
        self._probe = None
        self.next_probe_at = now + self._pause_seconds()
        self._count += 1
        return True

    def accepted(self, segment: object) -> bool:
        """The carrier took a segment; whether that ends it. What was under way before does not."""
        if self._probe is None or segment is not self._probe:
            return False
        self.is_out = False
        self._probe = None
        self.next_probe_at = inf
        self._count = 0
        return True

    def unclear(self, segment: object, now: float) -> None:
        """A segment came to another end, which says nothing about credit: another one tries."""
        if self._probe is not None and segment is self._probe:
            self._probe = None
            self.next_probe_at = now + self._probes.seconds_min

    def _pause_seconds(self) -> float:
        probes = self._probes
        return min(probes.seconds_max, probes.seconds_min * 2.0 ** min(self._count, _DOUBLINGS_MAX))
