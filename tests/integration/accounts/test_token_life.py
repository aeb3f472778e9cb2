"""The requests of a token's life: what processes are lent together, on a real database."""

import asyncio

from staffetta.accounts.token_rates import Loan, TokenCounter
from staffetta.db.pool import Database


async def lend(counter: TokenCounter, wanted: int, limit: int) -> Loan:
    return await counter.borrow_of_life(b"a", wanted, limit)


async def test_a_block_is_lent_until_nothing_is_left(database: Database):
    counter = TokenCounter(database)
    lent = [await lend(counter, 4, 10) for _ in range(4)]
    assert lent == [Loan(4, 4), Loan(4, 8), Loan(2, 10), Loan(0, 10)]


async def test_nothing_is_lent_of_nothing(database: Database):
    assert await lend(TokenCounter(database), 4, 0) == Loan(0, 0)


async def test_more_than_the_limit_is_not_lent_even_at_first(database: Database):
    assert await lend(TokenCounter(database), 50, 10) == Loan(10, 10)


async def test_many_at_once_are_never_lent_more_than_the_limit(database: Database):
    counter = TokenCounter(database)
    lent = await asyncio.gather(*(lend(counter, 7, 100) for _ in range(40)))
    assert sum(loan.granted for loan in lent) == 100


async def test_a_limit_that_was_lowered_lends_nothing_and_one_raised_the_rest(database: Database):
    counter = TokenCounter(database)
    await lend(counter, 50, 100)
    assert (await lend(counter, 1, 20)).granted == 0
    assert await lend(counter, 100, 120) == Loan(70, 120)


async def test_what_is_given_back_is_lent_again(database: Database):
    counter = TokenCounter(database)
    await lend(counter, 10, 10)
    await counter.give_back(b"a", 3)
    assert await lend(counter, 5, 10) == Loan(3, 10)


async def test_more_is_never_given_back_than_was_lent(database: Database):
    counter = TokenCounter(database)
    await lend(counter, 2, 10)
    await counter.give_back(b"a", 5)
    await counter.give_back(b"nobody", 5)
    assert await lend(counter, 20, 10) == Loan(10, 10)
