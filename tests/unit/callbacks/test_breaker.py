"""A host that is down is left alone, and probed."""

import pytest

from staffetta.callbacks.breaker import (
    FAILURES_MAX,
    OPEN_SECONDS,
    OPEN_SECONDS_MAX,
    Breaker,
)


def _opened(now: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES_MAX):
        breaker.failed(now)
    return breaker


def test_it_opens_at_the_last_of_its_failures_in_a_row() -> None:
    breaker = Breaker()

    opened = [breaker.failed(0.0) for _ in range(FAILURES_MAX)]

    assert opened == [False] * (FAILURES_MAX - 1) + [True]
    assert breaker.is_open(OPEN_SECONDS - 0.1)
    assert not breaker.is_open(OPEN_SECONDS)


def test_it_counts_how_long_it_is_down_from_its_first_opening_to_a_success() -> None:
    breaker = _opened(5.0)
    breaker.failed(5.0 + OPEN_SECONDS)

    assert breaker.down_seconds(105.0) == 100.0
    breaker.succeeded()
    assert breaker.down_seconds(105.0) < 0


def test_an_answer_in_between_starts_the_count_anew() -> None:
    breaker = Breaker()
    for _ in range(FAILURES_MAX - 1):
        breaker.failed(0.0)

    breaker.succeeded()

    assert not breaker.failed(0.0)
    assert not breaker.is_open(0.0)


def test_what_was_under_way_when_it_opened_is_no_further_news() -> None:
    breaker = _opened()

    assert not breaker.failed(1.0)
    assert not breaker.is_open(OPEN_SECONDS)


def test_a_probe_that_fails_opens_it_for_twice_as_long_up_to_a_limit() -> None:
    breaker, now, waits = _opened(), 0.0, []
    for _ in range(7):
        now = breaker.open_until
        assert breaker.is_probing(now)
        assert breaker.failed(now)
        waits.append(breaker.open_until - now)

    assert waits == [60, 120, 240, 480, OPEN_SECONDS_MAX, OPEN_SECONDS_MAX, OPEN_SECONDS_MAX]


@pytest.mark.parametrize("at", [1.0, OPEN_SECONDS + 1])
def test_an_answer_closes_it(at: float) -> None:
    breaker = _opened()

    breaker.succeeded()

    assert not breaker.is_open(at)
    assert not breaker.is_probing(at)
