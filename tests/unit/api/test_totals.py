"""Requests of a token's whole life: processes over a counter in memory."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from staffetta.accounts.token_rates import Loan
from staffetta.api.totals import ASK_AGAIN, IDLE, TokenTotals
from staffetta.db.errors import NotConnected

NOON = datetime(2026, 3, 14, 12, 0, 0, tzinfo=UTC)
LATER = NOON + ASK_AGAIN
TOKEN = b"t"


@dataclass
class MemoryCounter:
    """Lends as the database does. With `held`, answers wait for `let_go`."""

    taken: Counter = field(default_factory=Counter)
    asked: list[int] = field(default_factory=list)
    failure: Exception | None = None
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    held: bool = False

    async def borrow_of_life(self, token_hash: bytes, wanted: int, limit: int) -> Loan:
        self.asked.append(wanted)
        if self.held:
            await self.let_go.wait()
        if self.failure is not None:
            raise self.failure
        granted = max(min(wanted, limit - self.taken[token_hash]), 0)
        self.taken[token_hash] += granted
        return Loan(granted, self.taken[token_hash])

    async def give_back(self, token_hash: bytes, count: int) -> None:
        if self.failure is not None:
            raise self.failure
        self.taken[token_hash] -= count


@pytest.fixture
def counter() -> MemoryCounter:
    return MemoryCounter()


async def take(totals: TokenTotals, limit: int, now: datetime = NOON) -> bool:
    """As the endpoint asks."""
    allowed = totals.take(TOKEN, limit, now)
    return await totals.take_waiting(TOKEN, limit, now) if allowed is None else allowed


@pytest.mark.parametrize("limit", [0, 1, 2, 99, 100, 101, 250, 1_000, 10_000])
async def test_alone_a_process_allows_exactly_the_limit(counter, limit: int):
    totals = TokenTotals(counter)
    taken = [await take(totals, limit) for _ in range(limit + 10)]
    assert taken == [True] * limit + [False] * 10


async def test_a_block_is_one_percent_and_is_used_without_asking_again(counter):
    totals = TokenTotals(counter)
    await take(totals, 10_000)
    assert all(totals.take(TOKEN, 10_000, NOON) for _ in range(99))
    assert counter.asked == [100]
    assert totals.take(TOKEN, 10_000, NOON) is None


async def test_no_minute_brings_anything_back(counter):
    totals = TokenTotals(counter)
    assert await take(totals, 1)
    assert not await take(totals, 1, NOON + timedelta(days=1))


async def test_a_token_that_is_used_up_is_asked_about_once_a_second(counter):
    totals = TokenTotals(counter)
    await take(totals, 1)
    asked = len(counter.asked)
    assert not any([await take(totals, 1) for _ in range(100)])
    assert len(counter.asked) == asked + 1
    assert not await take(totals, 1, LATER)
    assert len(counter.asked) == asked + 2


async def test_what_another_process_gave_back_is_found(counter):
    busy, idle = TokenTotals(counter), TokenTotals(counter)
    limit = 1_000
    await take(idle, limit)
    allowed = sum([await take(busy, limit) for _ in range(limit)])
    assert allowed == limit - 10  # one block of ten lies with the other process
    assert await idle.give_back_all() == 1
    assert sum([await take(busy, limit, LATER) for _ in range(20)]) == 9
    assert counter.taken[TOKEN] == limit


async def test_what_lies_unused_for_a_while_is_given_back(counter):
    totals = TokenTotals(counter)
    await take(totals, 1_000)
    assert await totals.give_back_once(NOON + IDLE) == 0
    assert await totals.give_back_once(NOON + IDLE + timedelta(seconds=1)) == 1
    assert counter.taken[TOKEN] == 1
    assert await take(totals, 1_000, NOON + timedelta(minutes=1))
    assert counter.taken[TOKEN] == 11


async def test_a_lower_limit_holds_at_once_for_what_is_borrowed_already(counter):
    totals = TokenTotals(counter)
    assert [await take(totals, 1_000) for _ in range(5)] == [True] * 5
    assert [await take(totals, 7) for _ in range(5)] == [True, True, False, False, False]
    assert counter.taken[TOKEN] == 7


async def test_a_higher_limit_holds_at_once(counter):
    totals = TokenTotals(counter)
    assert [await take(totals, 2) for _ in range(3)] == [True, True, False]
    assert [await take(totals, 4) for _ in range(3)] == [True, True, False]


async def test_a_limit_that_changes_while_a_block_is_borrowed_loses_none_of_it(counter):
    totals = TokenTotals(counter)
    counter.held = True
    early = asyncio.create_task(take(totals, 1_000))
    await asyncio.sleep(0)
    late = asyncio.create_task(take(totals, 2_000))
    await asyncio.sleep(0)
    counter.let_go.set()
    assert await early
    assert await late
    await totals.give_back_all()
    assert counter.taken[TOKEN] == 2


async def test_what_cannot_be_given_back_is_lost_rather_than_used_twice(counter):
    totals = TokenTotals(counter)
    await take(totals, 1_000)
    counter.failure = NotConnected("away")
    with pytest.raises(NotConnected):
        await totals.give_back_all()
    counter.failure = None
    await totals.give_back_all()
    assert counter.taken[TOKEN] == 10


async def test_while_the_database_is_away_only_what_is_borrowed_goes_through(counter):
    totals = TokenTotals(counter)
    await take(totals, 1_000)
    counter.failure = NotConnected("away")
    assert all(totals.take(TOKEN, 1_000, NOON) for _ in range(9))
    with pytest.raises(NotConnected):
        await take(totals, 1_000)
