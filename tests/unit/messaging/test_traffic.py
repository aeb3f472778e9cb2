"""Statistics of traffic: spans, what stands where, and delays read from counts."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.domain.states import State
from staffetta.messaging.failures import Cause
from staffetta.messaging.traffic import (
    CLASSES_PER_E,
    STANDS,
    Counted,
    Counts,
    Span,
    Trouble,
    Window,
    delay_of,
    sum_up,
)

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
LONG = {
    Window.HOUR: timedelta(hours=1),
    Window.DAY: timedelta(days=1),
    Window.WEEK: timedelta(days=7),
    Window.MONTH: timedelta(days=31),
}


@pytest.mark.parametrize("window", Window)
@given(
    seconds=st.integers(min_value=1_000_000_000, max_value=4_000_000_000),
    micros=st.integers(min_value=0, max_value=999_999),
)
def test_a_span_ends_with_the_step_that_is_running(
    window: Window, seconds: int, micros: int
) -> None:
    now = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micros)
    span = Span.until(now, window)
    assert span.step * span.step_count == LONG[window]
    assert span.starts[0] == span.begin
    assert span.end - span.step <= now < span.end
    assert int(span.begin.timestamp()) % int(span.step.total_seconds()) == 0


def test_every_state_stands_somewhere_but_what_was_never_to_be_sent() -> None:
    assert set(STANDS) == set(State)
    assert {state for state, stand in STANDS.items() if stand is None} == {State.CANCELLED}


@given(delays=st.lists(st.floats(min_value=0.001, max_value=200_000), min_size=1, max_size=300))
def test_delays_are_within_two_percent_of_the_exact_ones(delays: list[float]) -> None:
    found = delay_of(Counter(round(math.log(one) * CLASSES_PER_E) for one in delays))
    assert found is not None
    exact = sorted(delays)
    for share, seconds in ((0.5, found.median_seconds), (0.95, found.p95_seconds)):
        place = math.ceil(share * len(exact)) - 1
        assert seconds == pytest.approx(exact[place], rel=0.02)


def test_nothing_delivered_has_no_delay() -> None:
    assert delay_of({}) is None


@pytest.mark.parametrize(
    ("counts", "share"),
    [
        (Counts(), None),
        (Counts(waiting=3, sent=2), None),
        (Counts(delivered=3, failed=1, sent=10), 0.75),
        (Counts(failed=2), 0.0),
    ],
)
def test_the_share_that_arrived_is_of_what_has_ended(counts: Counts, share: float | None) -> None:
    assert counts.delivered_share == share


def test_a_span_is_the_sum_of_its_steps_and_says_what_it_lacks() -> None:
    span = Span.until(NOW, Window.DAY)
    first, last = span.starts[0], span.starts[-1]
    absent, full = Trouble(Cause.OUT_OF_REACH, "off", 2), Trouble(Cause.MEMORY_FULL, "", 1)
    one = Counted({"IT": Counts(delivered=4, failed=2)}, {0: 4}, (absent,))
    other = Counted(
        {"IT": Counts(sent=1), "FR": Counts(delivered=8, failed=2)}, {50: 8}, (absent, full)
    )
    earlier = Counted({"DE": Counts(delivered=1)}, {0: 1}, ())
    traffic = sum_up(span, {first: one, last: other, first - span.step: earlier})
    assert traffic.counts == Counts(sent=1, delivered=12, failed=4)
    assert [country.code for country in traffic.countries] == ["FR", "IT"]
    assert traffic.troubles == [Trouble(Cause.OUT_OF_REACH, "off", 4), full]
    assert [step.counts.total for step in traffic.steps if step.counts.total] == [6, 11]
    assert traffic.delay == delay_of({0: 4, 50: 8})
    assert traffic.missing_count == span.step_count - 2
