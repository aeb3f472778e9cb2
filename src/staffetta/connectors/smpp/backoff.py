"""How long a link waits before it connects again. Pure: chance is an argument.

Owns the pauses. Hammering a carrier locks accounts, so what only a person can mend waits long.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from staffetta.smpp.statuses import Status, StatusClass, StatusMeaning

_DOUBLINGS_MAX = 30


class Ending(StrEnum):
    """Why a link is not bound."""

    LOST = "lost"  # the connection failed or ended, or the carrier had no room for a bind
    MISCONFIGURED = "misconfigured"  # the carrier refused who we say we are
    ALREADY_BOUND = "already_bound"  # the carrier still holds the session that we lost


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause that doubles from `seconds_min` to `seconds_max`."""

    seconds_min: float
    seconds_max: float


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long each ending waits; a bind that held for `stable_seconds` starts anew."""

    reconnect: Pause = Pause(1.0, 60.0)
    misconfigured: Pause = Pause(60.0, 900.0)
    # Longer than the inactivity timers that carriers name: 150 s to 5 minutes.
    already_bound: Pause = Pause(60.0, 330.0)
    stable_seconds: float = 60.0
    not_bound_seconds: float = 600.0  # without a bind, until somebody is told

    def of(self, ending: Ending) -> Pause:
        """The pause after this ending."""
        match ending:
            case Ending.MISCONFIGURED:
                return self.misconfigured
            case Ending.ALREADY_BOUND:
                return self.already_bound
            case Ending.LOST:
                return self.reconnect


class Backoff:
    """The pauses of one link, longer each time. Each ending has a count of its own."""

    __slots__ = ("_chance", "_counts", "_pauses")

    def __init__(self, pauses: Pauses, chance: Callable[[], float]) -> None:
        self._pauses = pauses
        self._chance = chance  # 0 to 1
        self._counts: dict[Ending, int] = {}

    def seconds_after(self, ending: Ending, bound_seconds: float) -> float:
        """How long to wait now, after a bind that held so long (0 for none).

        Three quarters of the pause are certain, so that links which fell together rise apart.
        """
        if bound_seconds >= self._pauses.stable_seconds:
            self._counts.clear()
        count = self._counts.get(ending, 0)
        self._counts[ending] = count + 1
        pause = self._pauses.of(ending)
        seconds = min(pause.seconds_max, pause.seconds_min * 2.0 ** min(count, _DOUBLINGS_MAX))
        return seconds * (0.75 + 0.25 * self._chance())


def ending_of_refusal(meaning: StatusMeaning) -> Ending:
    """What a refused bind means for the next one; `meaning` is the carrier's own, if it has one."""
    if meaning.status_class is StatusClass.BIND:
        return Ending.MISCONFIGURED
    if meaning.code == Status.ALREADY_BOUND:
        return Ending.ALREADY_BOUND
    return Ending.LOST
