"""Statistics of an account's traffic: which stretches of time, what is counted, what it means.

Pure. A message counts in the moment of its acceptance, once for each recipient. What was never to
be sent (dry runs, tests, what its account took back) does not count.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from staffetta.domain.states import State
from staffetta.messaging.failures import Cause


class Window(StrEnum):
    """How far back somebody looks."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


# The length of a step, and how many there are; the last one is still running.
_STEPS: Final[Mapping[Window, tuple[timedelta, int]]] = MappingProxyType(
    {
        Window.HOUR: (timedelta(minutes=2), 30),
        Window.DAY: (timedelta(hours=1), 24),
        Window.WEEK: (timedelta(hours=6), 28),
        Window.MONTH: (timedelta(days=1), 31),
    }
)


class Span(msgspec.Struct, frozen=True):
    """A stretch of time in equal steps, which begin at whole multiples of their length (UTC)."""

    begin: datetime
    step: timedelta
    step_count: int

    @classmethod
    def until(cls, now: datetime, window: Window) -> "Span":
        """What somebody who looks so far back sees: up to the step that is running."""
        step, step_count = _STEPS[window]
        seconds = int(step.total_seconds())
        running = int(now.timestamp()) // seconds * seconds
        first = running - (step_count - 1) * seconds
        return cls(datetime.fromtimestamp(first, UTC), step, step_count)

    @property
    def starts(self) -> Sequence[datetime]:
        """When each step begins."""
        return [self.begin + self.step * number for number in range(self.step_count)]

    @property
    def end(self) -> datetime:
        """When the last step ends."""
        return self.begin + self.step * self.step_count


class Stand(StrEnum):
    """Where a recipient stands, as coarse as anybody asks."""

    WAITING = "waiting"  # not with a carrier yet
    SENT = "sent"  # with a carrier, which has not reported its end
    DELIVERED = "delivered"
    FAILED = "failed"


STANDS: Final[Mapping[State, Stand | None]] = MappingProxyType(
    {
        State.SCHEDULED: Stand.WAITING,
        State.QUEUED: Stand.WAITING,
        State.SUBMITTING: Stand.WAITING,
        State.UNCERTAIN: Stand.SENT,
        State.SUBMITTED: Stand.SENT,
        State.DELIVERED: Stand.DELIVERED,
        State.UNDELIVERABLE: Stand.FAILED,
        State.REJECTED: Stand.FAILED,
        State.EXPIRED: Stand.FAILED,
        State.CANCELLED: None,
    }
)


class Counts(msgspec.Struct, frozen=True):
    """How many recipients stand where."""

    waiting: int = 0
    sent: int = 0
    delivered: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.waiting + self.sent + self.delivered + self.failed

    @property
    def ended(self) -> int:
        """Those whose end is known."""
        return self.delivered + self.failed

    @property
    def is_over(self) -> bool:
        """Whether nothing is under way."""
        return self.waiting == self.sent == 0

    @property
    def delivered_share(self) -> float | None:
        """Of those whose end is known, 0 to 1; None before there is one."""
        return self.delivered / self.ended if self.ended else None

    def __add__(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(
            self.waiting + other.waiting,
            self.sent + other.sent,
            self.delivered + other.delivered,
            self.failed + other.failed,
        )


class Delay(msgspec.Struct, frozen=True):
    """How long messages took from a carrier's yes to the phone, in seconds."""

    median_seconds: float
    p95_seconds: float


class Step(msgspec.Struct, frozen=True):
    """One step of a span."""

    begins_at: datetime
    counts: Counts
    delay: Delay | None  # None: nothing was delivered


class Country(msgspec.Struct, frozen=True):
    """One country's part."""

    code: str  # ISO 3166, or 001 for numbers of no country
    counts: Counts


class Trouble(msgspec.Struct, frozen=True):
    """What kept messages from arriving."""

    cause: Cause
    said: str  # in the carrier's words or ours, "" where nothing was said
    count: int


class Counted(msgspec.Struct, frozen=True):
    """What was counted of one step."""

    countries: Mapping[str, Counts]
    delay_classes: Mapping[int, int]  # how many were delivered, by class of delay
    troubles: Sequence[Trouble]

    @property
    def counts(self) -> Counts:
        """All countries together."""
        return sum(self.countries.values(), Counts())


class Traffic(msgspec.Struct, frozen=True):
    """What became of the messages of a span."""

    span: Span
    steps: Sequence[Step]
    counts: Counts
    delay: Delay | None
    countries: Sequence[Country]  # the most used first
    troubles: Sequence[Trouble]  # the most frequent first
    missing_count: int  # steps that are not counted yet: the numbers are too low


def sum_up(span: Span, counted: Mapping[datetime, Counted]) -> Traffic:
    """A span from what was counted of its steps, by their begins."""
    known = {begin: counted[begin] for begin in span.starts if begin in counted}
    nothing = Counted({}, {}, ())
    countries = _add_up([one.countries for one in known.values()])
    classes = Counter[int]()
    troubles = Counter[tuple[Cause, str]]()
    for one in known.values():
        classes.update(one.delay_classes)
        for trouble in one.troubles:
            troubles[trouble.cause, trouble.said] += trouble.count
    steps = [
        Step(begin, one.counts, delay_of(one.delay_classes))
        for begin in span.starts
        for one in (known.get(begin, nothing),)
    ]
    return Traffic(
        span=span,
        steps=steps,
        counts=sum(countries.values(), Counts()),
        delay=delay_of(classes),
        countries=sorted(
            (Country(code, counts) for code, counts in countries.items()),
            key=lambda one: (-one.counts.total, one.code),
        ),
        troubles=sorted(
            (Trouble(cause, said, count) for (cause, said), count in troubles.items()),
            key=lambda one: (-one.count, one.cause, one.said),
        ),
        missing_count=span.step_count - len(known),
    )


def _add_up(parts: Sequence[Mapping[str, Counts]]) -> Mapping[str, Counts]:
    sums: dict[str, Counts] = {}
    for part in parts:
        for code, counts in part.items():
            sums[code] = sums.get(code, Counts()) + counts
    return sums


# Delays are counted in classes, each 2 % wider than the one before: so is what is read from them.
_CLASS_RATIO: Final = 1.02
CLASSES_PER_E: Final = 50.49834  # 1 / ln(_CLASS_RATIO)


def delay_of(classes: Mapping[int, int]) -> Delay | None:
    """The delay that half of the messages, and 95 in 100, did not exceed; `classes`: how many."""
    total = sum(classes.values())
    if total == 0:
        return None
    return Delay(_quantile(classes, total, 0.5), _quantile(classes, total, 0.95))


def _quantile(classes: Mapping[int, int], total: int, share: float) -> float:
    reached = 0
    for number in sorted(classes):
        reached += classes[number]
        if reached >= share * total:
            return float(_CLASS_RATIO**number)
    raise AssertionError("the shares are below 1")
