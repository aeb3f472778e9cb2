"""Steps end after so many items or so much time, whatever the items are."""

import itertools
from collections.abc import Iterator

from staffetta.messaging.bulk.steps import STEP, STEP_SECONDS, take_step


class SlowItems:
    """Items that each take so long to look at."""

    def __init__(self, count: int, seconds: float) -> None:
        self.count = count
        self.seconds = seconds
        self.now = 0.0

    def __iter__(self) -> Iterator[None]:
        for _ in range(self.count):
            self.now += self.seconds
            yield None


def lengths_of_steps(count: int, seconds: float) -> list[int]:
    slow = SlowItems(count, seconds)
    items = iter(slow)
    steps = (len(take_step(items, lambda: slow.now)) for _ in itertools.count())
    return list(itertools.takewhile(bool, steps))


def test_quick_items_are_taken_by_number() -> None:
    assert lengths_of_steps(2 * STEP + 1, 0.0) == [STEP, STEP, 1]


def test_slow_items_are_taken_by_time() -> None:
    assert lengths_of_steps(25, STEP_SECONDS / 9.5) == [10, 10, 5]


def test_one_that_takes_longer_is_a_step_alone() -> None:
    assert lengths_of_steps(3, 1.0) == [1, 1, 1]
