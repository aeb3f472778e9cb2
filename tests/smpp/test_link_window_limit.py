"""A carrier with a smaller window than it told, and one that merely forgets single segments."""

import pytest

from staffetta.connectors.smpp.window_limit import WindowLimit


@pytest.fixture
def limit():
    return WindowLimit(50)


def lose(limit, depths, now=30.0, sent_at=0.0):
    return [limit.timed_out(depth, sent_at, now) for depth in depths]


def shrunk_to_ten(now=30.0):
    limit = WindowLimit(50)
    lose(limit, range(11, 51), now)
    assert limit.size == 10
    return limit


def test_losses_behind_the_tenth_shrink_it_to_ten_at_once(limit):
    sizes = []
    limit.resized = sizes.append
    assert lose(limit, range(11, 51)) == [False, False, True] + [False] * 37
    assert (limit.size, limit.is_shrunk, sizes) == (10, True, [10])


def test_losses_of_one_burst_in_any_order_find_the_same(limit):
    lose(limit, reversed(range(11, 51)))
    assert limit.size == 10
    assert limit.grow(30.0 + 60.0), "one burst makes it no slower to grow"


def test_two_losses_are_chance(limit):
    assert lose(limit, [50, 50]) == [False, False]
    assert limit.size == 50


def test_losses_far_apart_are_chance(limit):
    for number in range(10):
        assert lose(limit, [50], now=300.0 * number) == [False]


def test_a_loss_of_the_only_open_one_is_not_the_windows(limit):
    assert lose(limit, [1, 50, 50, 50]) == [False] * 4
    assert limit.size == 50


def test_a_loss_inside_the_smaller_window_proves_that_it_is_not_the_window():
    limit = shrunk_to_ten(now=30.0)
    lose(limit, [10], now=70.0, sent_at=40.0)
    assert (limit.size, limit.is_shrunk) == (50, False)
    assert lose(limit, [40, 41, 42, 43], now=80.0, sent_at=50.0) == [False] * 4
    assert limit.size == 50


def test_it_grows_slowly_when_it_is_full_and_nothing_is_lost():
    limit = shrunk_to_ten(now=30.0)
    assert not limit.grow(89.0)
    assert limit.grow(90.0)
    assert limit.size == 11
    assert not limit.grow(91.0)


def test_a_loss_behind_the_grown_part_takes_it_back_and_waits_longer():
    limit = shrunk_to_ten(now=30.0)
    limit.grow(90.0)
    assert lose(limit, [11], now=125.0, sent_at=95.0) == [True]
    assert limit.size == 10
    assert not limit.grow(125.0 + 119.0)
    assert limit.grow(125.0 + 120.0)


def test_it_grows_to_what_is_configured_and_no_further():
    limit = shrunk_to_ten(now=0.0)
    now = 0.0
    while limit.is_shrunk:
        now += 60.0
        limit.grow(now)
    assert limit.size == 50
    assert not limit.grow(now + 1e6)


def test_after_silence_one_segment_goes_until_one_is_answered(limit):
    sizes = []
    limit.resized = sizes.append
    limit.be_cautious(30.0)
    assert limit.now_open_max == 1
    limit.answered()
    limit.answered()
    assert limit.now_open_max == 50
    assert sizes[-1] == 50
    assert sizes.count(1) == 1
