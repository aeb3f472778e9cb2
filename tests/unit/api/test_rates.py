"""Requests a minute, counted for each token: one process over a counter in memory."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from staffetta.accounts.token_rates import Loan
from staffetta.api.rates import Rate, TokenRates
from staffetta.db.errors import NotConnected

NOON = datetime(2026, 3, 14, 12, 0, 0, tzinfo=UTC)


@dataclass
class MemoryCounter:
    """Lends as the database does. With `held`, answers wait for `let_go`."""

    taken: Counter = field(default_factory=Counter)
    asked: list[int] = field(default_factory=list)
    failure: Exception | None = None
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    held: bool = False

    async def borrow(self, token_hash: bytes, minute: int, wanted: int, limit: int) -> Loan:
        self.asked.append(wanted)
        if self.held:
            await self.let_go.wait()
        if self.failure is not None:
            raise self.failure
        if self.taken[token_hash, minute] >= limit:
            return Loan(0, limit)
        self.taken[token_hash, minute] += wanted
        taken = self.taken[token_hash, minute]
        return Loan(wanted - max(0, taken - limit), min(taken, limit))


@pytest.fixture
def counter() -> MemoryCounter:
    return MemoryCounter()


async def take(rates: TokenRates, token: bytes, now: datetime) -> Rate:
    """As the endpoint asks."""
    return rates.take(token, now) or await rates.take_waiting(token, now)


async def test_a_token_may_make_as_many_requests_as_the_limit(counter):
    rates = TokenRates(3, counter)
    taken = [await take(rates, b"a", NOON) for _ in range(5)]
    assert [rate.remaining for rate in taken] == [2, 1, 0, -1, -1]
    assert [rate.allowed for rate in taken] == [True, True, True, False, False]


@pytest.mark.parametrize("limit", [1, 2, 99, 100, 101, 250, 1_000, 10_000])
async def test_alone_a_process_allows_exactly_the_limit(counter, limit: int):
    rates = TokenRates(limit, counter)
    taken = [await take(rates, b"a", NOON) for _ in range(limit + 10)]
    assert [rate.allowed for rate in taken] == [True] * limit + [False] * 10
    assert [rate.remaining for rate in taken[:limit]] == list(reversed(range(limit)))


async def test_the_next_minute_begins_anew(counter):
    rates = TokenRates(1, counter)
    assert (await take(rates, b"a", NOON + timedelta(seconds=59))).reset_seconds == 1
    assert not (await take(rates, b"a", NOON + timedelta(seconds=59.9))).allowed
    assert (await take(rates, b"a", NOON + timedelta(seconds=60))).allowed


async def test_a_request_that_was_long_on_its_way_counts_in_the_minute_that_has_begun(counter):
    rates = TokenRates(100, counter)
    await take(rates, b"a", NOON + timedelta(seconds=60))
    late = await take(rates, b"a", NOON + timedelta(seconds=59))
    assert late.remaining == 98
    assert (await take(rates, b"a", NOON + timedelta(seconds=61))).remaining == 97


async def test_a_clock_that_steps_back_begins_anew(counter):
    rates = TokenRates(1, counter)
    await take(rates, b"a", NOON)
    assert (await take(rates, b"a", NOON - timedelta(hours=1))).allowed


async def test_each_token_counts_alone(counter):
    rates = TokenRates(1, counter)
    assert (await take(rates, b"a", NOON)).allowed
    assert (await take(rates, b"b", NOON)).allowed


async def test_the_headers_never_show_less_than_nothing(counter):
    rates = TokenRates(1, counter)
    await take(rates, b"a", NOON)
    assert (await take(rates, b"a", NOON + timedelta(seconds=20))).headers == (
        (b"ratelimit-limit", b"1"),
        (b"ratelimit-remaining", b"0"),
        (b"ratelimit-reset", b"40"),
    )


async def test_a_limit_of_zero_lets_everything_through_without_headers_or_questions(counter):
    rates = TokenRates(0, counter)
    taken = [rates.take(b"t", NOON) for _ in range(1000)]
    assert all(rate is not None and rate.allowed and rate.headers == () for rate in taken)
    assert (await rates.take_waiting(b"t", NOON)).allowed
    assert counter.asked == []


async def test_a_block_is_one_percent_and_is_used_without_asking_again(counter):
    rates = TokenRates(10_000, counter)
    await take(rates, b"a", NOON)
    assert all(rates.take(b"a", NOON) for _ in range(99))
    assert counter.asked == [100]
    assert rates.take(b"a", NOON) is None


async def test_near_the_end_blocks_become_smaller(counter):
    rates = TokenRates(10_000, counter)
    for _ in range(10_000):
        await take(rates, b"a", NOON)
    assert counter.asked == sorted(counter.asked, reverse=True)
    assert (counter.asked[0], counter.asked[-1]) == (100, 1)
    assert len(counter.asked) < 250


async def test_requests_that_come_while_a_block_is_borrowed_wait_for_it_together(counter):
    counter.held = True
    rates = TokenRates(10_000, counter)
    waiting = [asyncio.create_task(take(rates, b"a", NOON)) for _ in range(150)]
    await asyncio.sleep(0)
    counter.let_go.set()
    taken = await asyncio.gather(*waiting)
    assert counter.asked == [100, 100]
    assert sorted(rate.remaining for rate in taken) == list(range(9_850, 10_000))


async def test_a_refused_token_asks_nobody(counter):
    rates = TokenRates(1, counter)
    await take(rates, b"a", NOON)
    asked = list(counter.asked)
    refused = [await take(rates, b"a", NOON) for _ in range(100)]
    assert not any(rate.allowed for rate in refused)
    assert counter.asked == asked


async def test_a_failure_is_everybodys_who_waits_and_the_next_request_tries_again(counter):
    counter.held, counter.failure = True, NotConnected("away")
    rates = TokenRates(100, counter)
    waiting = [asyncio.create_task(take(rates, b"a", NOON)) for _ in range(5)]
    await asyncio.sleep(0)
    counter.let_go.set()
    failed = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(failure) for failure in failed] == [NotConnected] * 5
    assert counter.asked == [1]
    counter.failure = None
    assert (await take(rates, b"a", NOON)).remaining == 99


async def test_what_is_borrowed_already_outlives_the_databases_absence(counter):
    rates = TokenRates(1_000, counter)
    await take(rates, b"a", NOON)
    counter.failure = NotConnected("away")
    assert all(rates.take(b"a", NOON) for _ in range(9))


async def test_a_request_given_up_while_it_borrows_leaves_the_borrowing_to_the_next(counter):
    counter.held = True
    rates = TokenRates(100, counter)
    first, second = [asyncio.create_task(take(rates, b"a", NOON)) for _ in range(2)]
    await asyncio.sleep(0)
    first.cancel()
    counter.let_go.set()
    assert (await second).allowed
    assert first.cancelled()
    assert len(counter.asked) == 2


async def test_a_request_given_up_while_it_waits_takes_nobody_with_it(counter):
    counter.held = True
    rates = TokenRates(100, counter)
    first, second, third = [asyncio.create_task(take(rates, b"a", NOON)) for _ in range(3)]
    await asyncio.sleep(0)
    second.cancel()
    counter.let_go.set()
    assert (await first).allowed
    assert (await third).allowed
