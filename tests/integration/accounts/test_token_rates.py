"""The shared counter: what processes are lent together, on a real database."""

import asyncio
from datetime import UTC, datetime, timedelta

from staffetta.accounts.token_rates import Loan, TokenCounter, forget_rates_once
from staffetta.db.pool import Database

NOON = datetime(2026, 3, 14, 12, 0, 0, tzinfo=UTC)
MINUTE = int(NOON.timestamp()) // 60


async def test_a_block_is_lent_until_nothing_is_left(database: Database):
    counter = TokenCounter(database)
    lent = [await counter.borrow(b"a", MINUTE, 4, 10) for _ in range(4)]
    assert lent == [Loan(4, 4), Loan(4, 8), Loan(2, 10), Loan(0, 10)]


async def test_each_token_and_each_minute_has_a_count_of_its_own(database: Database):
    counter = TokenCounter(database)
    await counter.borrow(b"a", MINUTE, 10, 10)
    assert await counter.borrow(b"b", MINUTE, 1, 10) == Loan(1, 1)
    assert await counter.borrow(b"a", MINUTE + 1, 1, 10) == Loan(1, 1)


async def test_many_at_once_are_never_lent_more_than_the_limit(database: Database):
    counter = TokenCounter(database)
    lent = await asyncio.gather(*(counter.borrow(b"a", MINUTE, 7, 100) for _ in range(40)))
    assert sum(loan.granted for loan in lent) == 100
    assert all(loan.granted >= 0 for loan in lent)


async def test_a_lower_limit_counts_at_once(database: Database):
    counter = TokenCounter(database)
    await counter.borrow(b"a", MINUTE, 50, 100)
    assert await counter.borrow(b"a", MINUTE, 1, 20) == Loan(0, 20)


async def test_minutes_that_are_over_are_forgotten(database: Database):
    counter = TokenCounter(database)
    for minutes in range(5):
        await counter.borrow(b"a", MINUTE - minutes, 1, 10)
    assert await forget_rates_once(database, NOON) == 2
    assert await forget_rates_once(database, NOON) == 0
    assert await counter.borrow(b"a", MINUTE, 1, 10) == Loan(1, 2)
    assert await forget_rates_once(database, NOON + timedelta(hours=1)) == 3
