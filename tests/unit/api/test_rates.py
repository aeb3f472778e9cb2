"""Requests a minute, counted for each token."""

from datetime import UTC, datetime, timedelta

from staffetta.api.rates import TokenRates

NOON = datetime(2026, 3, 14, 12, 0, 0, tzinfo=UTC)


def test_a_token_may_make_as_many_requests_as_the_limit():
    rates = TokenRates(3)
    taken = [rates.take(b"a", NOON) for _ in range(5)]
    assert [rate.remaining for rate in taken] == [2, 1, 0, -1, -1]
    assert [rate.allowed for rate in taken] == [True, True, True, False, False]


def test_the_next_minute_begins_anew():
    rates = TokenRates(1)
    assert rates.take(b"a", NOON + timedelta(seconds=59)).reset_seconds == 1
    assert not rates.take(b"a", NOON + timedelta(seconds=59.9)).allowed
    assert rates.take(b"a", NOON + timedelta(seconds=60)).allowed


def test_each_token_counts_alone():
    rates = TokenRates(1)
    assert rates.take(b"a", NOON).allowed
    assert rates.take(b"b", NOON).allowed


def test_the_headers_never_show_less_than_nothing():
    rates = TokenRates(1)
    rates.take(b"a", NOON)
    assert rates.take(b"a", NOON + timedelta(seconds=20)).headers == (
        (b"ratelimit-limit", b"1"),
        (b"ratelimit-remaining", b"0"),
        (b"ratelimit-reset", b"40"),
    )


def test_a_limit_of_zero_lets_everything_through_without_headers():
    rates = TokenRates(0)
    taken = [rates.take(b"t", datetime(2026, 3, 14, tzinfo=UTC)) for _ in range(1000)]
    assert all(rate.allowed and rate.headers == () for rate in taken)
