"""The rate of a link, with a clock that the test moves."""

from collections import deque
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.connectors.smpp.rate import UNLIMITED, RateLimit, Throttling


def rate(per_second: float) -> RateLimit:
    return RateLimit(per_second, Throttling(pause_seconds=1.0, recovery_seconds=10.0), 0.0)


def spend_all(limit: RateLimit, now: float) -> int:
    count = limit.allowance(now)
    limit.spend(count, now)
    return count


@pytest.mark.parametrize("per_second", [1, 10, 37, 200, 5000])
def test_over_a_minute_the_rate_is_met_and_not_exceeded(per_second):
    limit = rate(per_second)
    written = sum(spend_all(limit, step / 200) for step in range(60 * 200))
    assert 0.98 * 60 * per_second <= written <= 60 * per_second + 1 + per_second / 20


@given(st.lists(st.floats(0.0, 3.0), max_size=60), st.floats(1.0, 1000.0))
def test_no_second_sees_more_than_the_rate_and_a_burst(pauses, per_second):
    limit, now, spent = rate(per_second), 0.0, []
    for pause in pauses:
        now += pause
        spent.append((now, spend_all(limit, now)))
    for begin, _ in spent:
        within = sum(count for at, count in spent if begin <= at <= begin + 1.0)
        assert within <= per_second * 1.05 + 1.0 + 1e-6


def test_an_idle_link_writes_one_at_once():
    assert rate(1).allowance(0.0) == 1


def test_a_rate_of_nought_is_no_limit():
    limit = rate(0)
    assert (limit.allowance(0.0), limit.within_a_second(0.0)) == (UNLIMITED, UNLIMITED)


def test_the_next_segment_goes_when_its_token_is_there():
    limit = rate(4)
    assert spend_all(limit, 0.0) == 1
    assert limit.next_at(0.0) == pytest.approx(0.25)
    assert limit.allowance(0.24) == 0
    assert limit.allowance(0.26) == 1


def test_a_complaint_halves_the_rate_and_pauses():
    limit = rate(100)
    for step in range(200):
        spend_all(limit, step / 100)
    limit.throttled(2.0)
    assert limit.per_second == pytest.approx(50, rel=0.1)
    assert limit.allowance(2.99) == 0
    assert limit.next_at(2.5) >= 3.0


def test_complaints_of_one_burst_count_once():
    limit = rate(100)
    spend_all(limit, 0.0)
    limit.throttled(0.0)
    once = limit.per_second
    for _ in range(500):
        limit.throttled(0.5)
    assert limit.per_second == once


def test_complaints_that_go_on_end_at_one_a_second():
    limit = rate(1000)
    for second in range(60):
        spend_all(limit, float(second) * 2)
        limit.throttled(float(second) * 2)
    assert limit.per_second == 1.0
    assert limit.within_a_second(1000.0) >= 1


def test_the_rate_comes_back_slowly_and_whole():
    limit = rate(100)
    for step in range(100):
        spend_all(limit, step / 100)
    limit.throttled(1.0)
    limit.allowance(7.0)
    assert 50 < limit.per_second < 100
    limit.allowance(30.0)
    assert limit.per_second == 100


def test_an_unlimited_rate_becomes_what_was_refused_and_then_unlimited_again():
    limit = rate(0)
    for step in range(1000):
        limit.spend(1, step / 1000)
    limit.throttled(1.0)
    assert limit.per_second == pytest.approx(500, rel=0.01)
    limit.allowance(60.0)
    assert limit.per_second == inf


def test_what_may_be_handed_over_is_never_nought():
    limit = rate(0.25)
    spend_all(limit, 0.0)
    assert limit.within_a_second(0.0) == 1


def test_a_carrier_with_a_hidden_rate_is_written_to_within_reach_of_it():
    """A carrier that takes 100 in each second of its own and refuses the rest, for two minutes."""
    limit, hidden, taken = rate(0), 100, 0
    in_second = [0] * 120
    for step in range(120 * 200):
        now = step / 200
        free = min(limit.allowance(now), 50)
        limit.spend(free, now)
        good = min(free, hidden - in_second[int(now)])
        in_second[int(now)] += good
        if now >= 20:
            taken += good
        if good < free:
            limit.throttled(now)
    assert 0.6 * hidden <= taken / 100 <= hidden


def test_a_carrier_that_cuts_fast_links_is_approached_again_slowly():
    limit = rate(0)
    for step in range(1000):
        limit.spend(1, step / 1000)
    assert limit.dropped(1.0)
    assert limit.per_second == pytest.approx(500, rel=0.01)
    assert limit.allowance(1.1) > 0
    limit.allowance(61.0)
    assert limit.per_second < 560


def write(limit, per_second, begins, ends):
    for second in range(begins, ends):
        for step in range(per_second):
            limit.spend(1, second + step / per_second)


def test_a_rate_that_the_carrier_took_before_is_not_why_it_hangs_up():
    limit = rate(0)
    write(limit, 200, 0, 30)
    assert not limit.dropped(30.0)
    assert limit.per_second == inf
    write(limit, 50, 31, 33)
    assert not limit.dropped(33.0)
    assert limit.per_second == inf


def test_more_than_it_ever_took_is():
    limit = rate(0)
    write(limit, 50, 0, 30)
    write(limit, 200, 30, 32)
    assert limit.dropped(32.0)
    assert limit.per_second == pytest.approx(100, rel=0.01)


def test_what_ends_within_seconds_was_never_held():
    limit = rate(0)
    for begins in range(0, 12, 4):
        write(limit, 200, begins, begins + 3)
        assert limit.dropped(begins + 3.0)


def test_what_was_held_long_ago_is_shown_anew():
    limit = rate(0)
    write(limit, 200, 0, 10)
    write(limit, 1, 4000, 4001)
    write(limit, 200, 4001, 4003)
    assert limit.dropped(4003.0)


def test_a_rate_comes_back_whole_after_any_silence():
    limit = rate(100)
    spend_all(limit, 0.0)
    limit.throttled(0.0)
    limit.allowance(1e7)
    assert limit.per_second == 100


def test_a_share_that_grows_holds_at_once_and_one_that_shrinks_too():
    limit = rate(50)
    limit.limit(100, 1.0)
    assert limit.per_second == 100
    limit.limit(25, 2.0)
    assert limit.per_second == 25
    assert limit.allowance(3.0) <= 1 + 25 / 20


def test_what_a_carrier_refused_is_not_forgotten_with_another_share():
    limit = rate(100)
    for step in range(100):
        limit.spend(1, step / 100)
    limit.throttled(1.0)
    refused = limit.per_second
    limit.limit(200, 1.0)
    assert limit.per_second == refused
    limit.allowance(60.0)
    assert limit.per_second == 200


def test_a_share_of_no_limit_is_none():
    limit = rate(0)
    limit.limit(0, 1.0)
    assert limit.per_second == inf


def drop(limit, per_second, at):
    """Write for a second and a half, and be hung up on."""
    for step in range(int(1.5 * per_second)):
        limit.spend(1, at + step / per_second)
    return limit.dropped(at + 1.5)


def test_it_recovers_over_ten_minutes_however_often_it_was_halved():
    limit = rate(1000)
    assert [drop(limit, limit.per_second, at) for at in (0.0, 4.0, 8.0)] == [True] * 3
    assert limit.per_second < 150
    limit.allowance(300.0)
    assert limit.per_second < 250
    limit.allowance(660.0)
    assert limit.per_second == 1000


def test_a_burst_that_was_small_is_not_remembered_for_hours():
    limit = rate(1000)
    limit.spend(10, 0.0)
    assert limit.dropped(0.5)
    assert limit.per_second == 5
    limit.allowance(700.0)
    assert limit.per_second == 1000


def test_who_writes_slower_already_is_not_slowed_for_an_end_at_less():
    limit = rate(1000)
    assert drop(limit, 1000, 0.0)
    slower = limit.per_second
    assert not drop(limit, slower / 10, 60.0)
    assert limit.per_second >= slower
    assert drop(limit, limit.per_second, 120.0), "that was at the new rate"
    assert drop(limit, 20, 900.0), "and that long after"


def test_a_rate_at_which_it_hangs_up_again_and_again_is_not_known_to_be_taken():
    limit = rate(0)
    write(limit, 100, 0, 30)
    found = []
    for begins in range(30, 66, 2):
        write(limit, 100, begins, begins + 1)
        found.append(limit.dropped(begins + 1.0))
    assert found == [False] * 15 + [True] * 3


def test_ends_far_from_each_other_refute_nothing():
    limit = rate(0)
    write(limit, 100, 0, 30)
    for begins in range(30, 1000, 100):
        write(limit, 50, begins, begins + 1)
        assert not limit.dropped(begins + 1.0)


def test_what_was_written_before_the_end_was_not_held():
    limit = rate(0)
    write(limit, 200, 0, 2)
    assert limit.dropped(2.0)
    write(limit, 100, 60, 62)
    assert limit.dropped(62.0)


@pytest.mark.parametrize("hidden", [20, 100, 1500])
def test_a_carrier_that_cuts_fast_links_is_cut_off_by_rarely(hidden):
    """It hangs up on whoever writes more than so many in a second; half an hour of full load."""
    limit, recent, up_at, cut_count = rate(0), deque(), 0.0, 0
    for step in range(1800 * 50):
        now = step / 50
        if now < up_at:
            continue
        count = min(limit.allowance(now), 100)
        limit.spend(count, now)
        recent.append((now, count))
        while recent[0][0] <= now - 1.0:
            recent.popleft()
        if sum(count for _, count in recent) > hidden:
            limit.dropped(now)
            cut_count, up_at = cut_count + 1, now + 1.0
            recent.clear()
    assert cut_count < 30
