"""How long a supervisor waits before it starts a dead child again."""

import math
from itertools import accumulate, repeat

from staffetta.app.children import pause_after


def pauses(ready_seconds: float, count: int = 12) -> list[float]:
    """The waits of a child that is ready for so long each time."""
    return list(accumulate(repeat(ready_seconds, count), pause_after, initial=0.0))[1:]


def test_a_child_that_worked_is_started_at_once_however_often_it_is_killed():
    assert set(pauses(ready_seconds=2.0)) == {pauses(2.0)[0]}
    assert pauses(2.0)[0] < 0.5


def test_a_child_that_never_gets_ready_or_dies_at_once_waits_longer_each_time():
    for ready_seconds in (-math.inf, 0.0, 0.5):
        waits = pauses(ready_seconds)
        assert waits == sorted(waits)
        assert waits[0] < waits[5] < waits[-1] < 60


def test_once_it_worked_the_wait_is_short_again():
    assert pause_after(last_pause=15.0, ready_seconds=2.0) == pauses(2.0)[0]
