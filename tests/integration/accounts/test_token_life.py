"""What a limited token uses in its life: requests lent, and what is spent of it alone."""

import asyncio

import pytest

from staffetta.accounts.token_limits import SpendingLimits, TokenAllowance
from staffetta.accounts.token_rates import Loan, TokenCounter
from staffetta.accounts.token_use import spend_of_token
from staffetta.db.pool import Database
from staffetta.domain.errors import TokenLimitReached


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


async def test_a_request_alone_is_counted_or_refused_and_leaves_loans_alone(database: Database):
    allowance = TokenAllowance(b"a", SpendingLimits(wallet_count_max=2, wallet_micro_max=100))
    await lend(TokenCounter(database), 7, 10)
    async with database.transaction() as connection:
        await spend_of_token(connection, None, 1_000, 0)
        await spend_of_token(connection, allowance, 60, 0)
        with pytest.raises(TokenLimitReached, match="walletAmount"):
            await spend_of_token(connection, allowance, 41, 0)
        await spend_of_token(connection, allowance, 40, 3)
        with pytest.raises(TokenLimitReached, match="walletRequests"):
            await spend_of_token(connection, allowance, 1, 0)
        await spend_of_token(connection, allowance, 0, 1)
        (row,) = await connection.fetch("SELECT * FROM token_use")
    counted = (row["request_count"], row["wallet_count"], row["subscription_count"])
    assert counted == (7, 2, 2)
    assert row["wallet_micro"] == 100
