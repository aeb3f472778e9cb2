"""One token's limit over several processes: each with its own blocks, on one database."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest

from staffetta.accounts.token_rates import TokenCounter
from staffetta.api.rates import TokenRates
from staffetta.db.pool import Database

AT_ONCE = 300
NOON = datetime(2026, 3, 14, 12, 0, 0, tzinfo=UTC)


async def allowed(rates: TokenRates, now: datetime) -> bool:
    rate = rates.take(b"a", now) or await rates.take_waiting(b"a", now)
    return rate.allowed


async def offer(processes: list[TokenRates], shares: list[int], now: datetime) -> int:
    """How many requests are allowed when each process is offered its share, as fast as it can.

    Several hundred at once in each: more than a process has under way.
    """

    async def one(rates: TokenRates, count: int) -> int:
        total = 0
        for begun in range(0, count, AT_ONCE):
            wave = range(begun, min(begun + AT_ONCE, count))
            total += sum(await asyncio.gather(*(allowed(rates, now) for _ in wave)))
        return total

    return sum(await asyncio.gather(*map(one, processes, shares)))


@pytest.mark.parametrize("process_count", [1, 2, 5, 16])
@pytest.mark.parametrize("limit", [10, 300, 10_000])
async def test_processes_together_allow_the_limit_and_never_more(
    database: Database, limit: int, process_count: int
):
    counter = TokenCounter(database)
    processes = [TokenRates(limit, counter) for _ in range(process_count)]
    share = limit * 2 // process_count + 1
    total = await offer(processes, [share] * process_count, NOON)
    assert limit * 0.95 <= total <= limit


@pytest.mark.parametrize("seed", range(6))
async def test_however_requests_fall_on_processes_the_limit_holds_within_five_percent(
    database: Database, seed: int
):
    chosen = random.Random(seed)
    limit, counter = 1_000, TokenCounter(database)
    processes = [TokenRates(limit, counter) for _ in range(4)]
    total = offered = 0
    while offered < limit * 2:
        shares = [chosen.choice([0, 1, 20, 200]) for _ in processes]
        total += await offer(processes, shares, NOON)
        offered += sum(shares)
        assert total <= limit
    # At the end one process alone asks: the others' blocks are all that it cannot have.
    total += await offer(processes[:1], [limit], NOON)
    assert limit * 0.95 <= total <= limit


async def test_a_process_that_asked_once_withholds_one_block_at_most(database: Database):
    counter = TokenCounter(database)
    idle, busy = TokenRates(10_000, counter), TokenRates(10_000, counter)
    assert await offer([idle], [1], NOON) == 1
    assert await offer([busy], [11_000], NOON) == 9_900
    assert await offer([idle], [200], NOON) == 99


async def test_the_next_minute_is_whole_again_for_all(database: Database):
    counter = TokenCounter(database)
    processes = [TokenRates(200, counter) for _ in range(2)]
    for minute in range(3):
        now = NOON + timedelta(minutes=minute, seconds=minute)
        assert await offer(processes, [200, 200], now) == 200
