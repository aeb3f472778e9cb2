"""How fast one link may write: tokens, halved when the carrier asks to slow down.

Pure: time is an argument, in seconds of one monotonic clock. Owns the rate alone; what becomes of
a throttled segment is decided elsewhere.
"""

from dataclasses import dataclass
from math import inf, log2
from typing import Final

UNLIMITED: Final = 1 << 30
# What may go at once after a silence. A carrier that counts by the second would see twice the rate
# if it were a whole second's worth; less than the pauses of a busy loop would cost throughput.
_BURST_SECONDS: Final = 0.05
_PER_SECOND_MIN: Final = 1.0
# A slow link would take minutes to notice that the carrier has room again.
_RECOVERY_PER_SECOND_MIN: Final = 1.0
# Who is cut off for being too fast loses a window each time, so the next try is far away.
_RECOVERY_FROM_DROPS_SECONDS: Final = 600.0
_DOUBLINGS_MAX: Final = 64.0  # at once, after a long silence
# So soon after a halving, a connection that ends at far less than what holds now did not end for
# being too fast.
_HALVED_LATELY_SECONDS: Final = 300.0
_PACE_SECONDS_MIN: Final = _BURST_SECONDS
# A rate at which the connection lived on for so long is one that the carrier takes.
_HOLDS_SECONDS: Final = 5.0
_HELD_SECONDS_MAX: Final = 3600.0  # after which it is to be shown anew
# Ends at such a rate are of another cause: carriers restart. If it goes on, they refute the rate.
_EXCUSED_SECONDS: Final = 30.0
_EXCUSES_APART_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Throttling:
    """What a link does when it is told to slow down."""

    pause_seconds: float = 1.0  # nothing is written; further complaints are of the same burst
    recovery_seconds: float = 10.0  # from half the rate to the whole one


class RateLimit:
    """The tokens of one link; `per_second` 0 is no limit until the carrier complains."""

    __slots__ = (
        "_ceiling",
        "_complained_at_rate",
        "_doubling_seconds",
        "_dropped_at",
        "_excused_at",
        "_excused_since",
        "_growth_min",
        "_held",
        "_held_at",
        "_paused_until",
        "_peak",
        "_peak_since",
        "_per_second",
        "_second_began",
        "_spent_at",
        "_spent_last_second",
        "_spent_this_second",
        "_throttling",
        "_tokens",
        "_updated_at",
    )

    def __init__(self, per_second: float, throttling: Throttling, now: float) -> None:
        self._ceiling = per_second or inf
        self._per_second = self._ceiling
        self._throttling = throttling
        self._tokens = 1.0
        self._updated_at = now
        self._paused_until = now
        self._doubling_seconds = throttling.recovery_seconds
        self._growth_min = _RECOVERY_PER_SECOND_MIN
        self._complained_at_rate = 0.0
        self._dropped_at = -inf  # when the carrier was last found to hang up for our rate
        self._second_began = now
        self._spent_at = now
        self._spent_this_second = 0
        self._spent_last_second = 0
        self._held = 0  # the most segments in a second that the carrier has been seen to take
        self._held_at = -inf
        self._excused_at = -inf  # when the connection last ended at a held rate
        self._excused_since = -inf  # the first of those that came one behind the other
        self._peak = 0  # of the seconds since, not proved yet
        self._peak_since = now

    def limit(self, per_second: float, now: float) -> None:
        """The link's share is another now, 0 for no limit; what it learned of the carrier stays."""
        ceiling = per_second or inf
        if ceiling == self._ceiling:
            return
        self._update(now)
        was_whole = self._per_second >= self._ceiling
        self._ceiling = ceiling
        self._per_second = ceiling if was_whole else min(self._per_second, ceiling)

    @property
    def per_second(self) -> float:
        """The rate that holds now, in segments; infinity for none."""
        return self._per_second

    def allowance(self, now: float) -> int:
        """How many segments may be written now."""
        self._update(now)
        if now < self._paused_until:
            return 0
        return UNLIMITED if self._per_second == inf else int(self._tokens)

    def within_a_second(self, now: float) -> int:
        """How many may be handed over now, to be written within a second; at least one."""
        self._update(now)
        if self._per_second == inf:
            return UNLIMITED
        return max(1, int(self._tokens + self._per_second))

    def next_at(self, now: float) -> float:
        """When the next segment may be written."""
        self._update(now)
        if self._per_second == inf or self._tokens >= 1.0:
            return max(now, self._paused_until)
        return max(now, self._paused_until) + (1.0 - self._tokens) / self._per_second

    def spend(self, count: int, now: float) -> None:
        """So many were written."""
        if self._per_second != inf:
            self._tokens -= count
        if now - self._second_began >= 1.0:
            self._note_second(now)
            is_next = now - self._second_began < 2.0
            self._spent_last_second = self._spent_this_second if is_next else 0
            self._spent_this_second = 0
            self._second_began = now
        self._spent_this_second += count
        self._spent_at = now

    def throttled(self, now: float) -> None:
        """The carrier asks to slow down: halve what is really written, and pause.

        A full window complains many times of one burst; what comes in the pause counts once.
        """
        if now < self._paused_until:
            return
        self._halve(now)
        self._doubling_seconds = self._throttling.recovery_seconds
        self._growth_min = _RECOVERY_PER_SECOND_MIN
        self._paused_until = now + self._throttling.pause_seconds

    def dropped(self, now: float) -> bool:
        """The carrier ended the connection behind a burst; whether the burst was too fast for it.

        Then halve what is written, and recover slowly. It was not where the carrier took as much
        before and lived: connections end for other reasons too, and nobody should creep for that.
        """
        is_too_fast = not (self._is_known(now) or self._is_slower_already(now))
        if is_too_fast:
            self._halve(now)
            self._dropped_at = now
            self._doubling_seconds = _RECOVERY_FROM_DROPS_SECONDS
            self._growth_min = 0.0
        # What was written before the end was not held.
        self._peak, self._peak_since = 0, now
        self._spent_this_second = self._spent_last_second = 0
        return is_too_fast

    def _is_known(self, now: float) -> bool:
        """Whether the carrier is known to take as much, and did not refute that by now."""
        if now - self._held_at >= _HELD_SECONDS_MAX or self._observed > self._held:
            return False
        if now - self._excused_at > _EXCUSES_APART_SECONDS:
            self._excused_since = now
        self._excused_at = now
        return now - self._excused_since < _EXCUSED_SECONDS

    def _is_slower_already(self, now: float) -> bool:
        """Whether the rate was halved lately, and what was written since came nowhere near it."""
        if now - self._dropped_at > _HALVED_LATELY_SECONDS or self._per_second == inf:
            return False
        seconds = max(self._spent_at - self._second_began, _PACE_SECONDS_MIN)
        pace = max(self._spent_this_second / seconds, self._spent_last_second)
        return pace < self._per_second / 2

    def _note_second(self, now: float) -> None:
        """A second is over: what was the most in one is held when the connection lives on."""
        self._peak = max(self._peak, self._spent_this_second)
        if now - self._peak_since < _HOLDS_SECONDS:
            return
        if self._peak >= 0.8 * self._held:
            self._excused_at = -inf
        if self._peak >= self._held or now - self._held_at >= _HELD_SECONDS_MAX:
            self._held, self._held_at = self._peak, self._second_began
        self._peak, self._peak_since = 0, now

    @property
    def _observed(self) -> int:
        """Segments in the busier of the last two seconds."""
        return max(self._spent_this_second, self._spent_last_second)

    def _halve(self, now: float) -> None:
        """Halve what was really written."""
        self._update(now)
        rate = max(min(self._per_second, float(self._observed)), 2 * _PER_SECOND_MIN)
        self._complained_at_rate = rate
        self._per_second = min(rate / 2, self._ceiling)
        self._tokens = 0.0

    def _update(self, now: float) -> None:
        since = max(self._updated_at, self._paused_until)
        self._updated_at = now
        if self._per_second == inf or now <= since:
            return
        seconds = now - since
        if self._per_second < self._ceiling:
            self._recover(seconds)
        burst = 1.0 + self._per_second * _BURST_SECONDS
        self._tokens = min(burst, self._tokens + self._per_second * seconds)

    def _recover(self, seconds: float) -> None:
        if self._doubling_seconds > self._throttling.recovery_seconds:
            seconds = self._recover_from_drop(seconds)
        # Doubling, because a complaint in the first moments says little of a second: what is then
        # far too slow has a long way to go.
        doublings = min(seconds / self._doubling_seconds, _DOUBLINGS_MAX)
        grown = self._per_second * 2.0**doublings
        least = self._per_second + self._growth_min * seconds
        self._per_second = min(self._ceiling, max(grown, least))
        # Without a ceiling of our own, twice what the carrier refused is as good as none.
        if self._ceiling == inf and self._per_second >= 2 * self._complained_at_rate:
            self._per_second = inf

    def _recover_from_drop(self, seconds: float) -> float:
        """Come back slowly to where the carrier hung up; answers the seconds that are left then.

        From there on it goes as fast as ever: the carrier did not hang up again.
        """
        doublings = log2(max(1.0, self._complained_at_rate / self._per_second))
        slow_seconds = min(seconds, doublings * self._doubling_seconds)
        self._per_second *= 2.0 ** (slow_seconds / self._doubling_seconds)
        if slow_seconds < seconds:
            self._doubling_seconds = self._throttling.recovery_seconds
            self._growth_min = _RECOVERY_PER_SECOND_MIN
        return seconds - slow_seconds
