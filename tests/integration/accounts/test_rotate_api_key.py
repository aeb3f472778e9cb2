"""Keys that follow one another."""

import asyncio
from datetime import timedelta

import pytest

from staffetta.accounts.api_keys import find_holder
from staffetta.accounts.create_account import NewAccount
from staffetta.accounts.people_errors import LastApiKey, NoSuchApiKey, TooManyApiKeys
from staffetta.accounts.rotate_api_key import (
    LIVE_MAX,
    KeyState,
    NewApiKey,
    list_api_keys,
    revoke_api_key,
    rotate_api_key,
)
from staffetta.accounts.space import Space
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment

SANDBOX = Environment.SANDBOX
DAY = timedelta(hours=24)


@pytest.fixture
def sandbox(account: NewAccount) -> Space:
    return account.spaces[SANDBOX]


@pytest.fixture
def rotate(database: Database, sandbox: Space, clock):
    async def make(overlap: timedelta = DAY) -> NewApiKey:
        async with database.transaction() as connection:
            return await rotate_api_key(connection, sandbox, overlap, clock.now())

    return make


@pytest.fixture
def works(database: Database, clock):
    async def ask(key: str) -> bool:
        async with database.acquire() as connection:
            found = await find_holder(connection, "anna@example.com", key, SANDBOX, clock.now())
        return found is not None

    return ask


async def test_the_old_key_works_until_the_overlap_ends_and_the_new_one_on(
    account: NewAccount, rotate, works, clock
) -> None:
    old, new = account.api_keys[SANDBOX], (await rotate()).api_key
    assert (await works(old), await works(new)) == (True, True)
    clock.advance(DAY.total_seconds() - 0.001)
    assert (await works(old), await works(new)) == (True, True)
    clock.advance(0.001)
    assert (await works(old), await works(new)) == (False, True)


async def test_without_overlap_the_old_key_ends_at_once(account: NewAccount, rotate, works) -> None:
    new = (await rotate(timedelta(0))).api_key
    assert not await works(account.api_keys[SANDBOX])
    assert await works(new)


async def test_a_key_that_ends_is_not_lengthened_by_the_next_rotation(
    account: NewAccount, rotate, works, clock
) -> None:
    await rotate(timedelta(hours=1))
    await rotate(timedelta(hours=48))
    clock.advance(3600)
    assert not await works(account.api_keys[SANDBOX])


async def test_the_other_environment_keeps_its_key(
    account: NewAccount, rotate, database: Database, clock
) -> None:
    await rotate(timedelta(0))
    production = Environment.PRODUCTION
    async with database.acquire() as connection:
        assert await find_holder(
            connection, "anna@example.com", account.api_keys[production], production, clock.now()
        )


async def test_so_many_keys_live_at_most_even_when_made_at_once(rotate) -> None:
    made = await asyncio.gather(*(rotate() for _ in range(LIVE_MAX + 2)), return_exceptions=True)
    assert sum(isinstance(one, NewApiKey) for one in made) == LIVE_MAX - 1  # one came before
    assert sum(isinstance(one, TooManyApiKeys) for one in made) == 3
    assert isinstance(await rotate(timedelta(0)), NewApiKey)


@pytest.mark.parametrize("hours", [-1, 24 * 90 + 1])
async def test_an_overlap_has_bounds(rotate, hours: int) -> None:
    with pytest.raises(ValueError, match="0 to 90 days"):
        await rotate(timedelta(hours=hours))


async def test_a_revoked_key_is_refused_at_once(
    account: NewAccount, database: Database, sandbox: Space, rotate, works, clock
) -> None:
    rotated = await rotate()
    async with database.transaction() as connection:
        await revoke_api_key(connection, sandbox, rotated.ending_ids[0], clock.now())
    assert not await works(account.api_keys[SANDBOX])
    assert await works(rotated.api_key)


async def test_the_last_key_that_lasts_is_revoked_only_on_purpose(
    database: Database, sandbox: Space, rotate, works, clock
) -> None:
    rotated = await rotate()  # the other one ends by itself tomorrow
    async with database.transaction() as connection:
        with pytest.raises(LastApiKey):
            await revoke_api_key(connection, sandbox, rotated.api_key_id, clock.now())
        await revoke_api_key(connection, sandbox, rotated.api_key_id, clock.now(), even_last=True)
    assert not await works(rotated.api_key)


async def test_a_key_of_somebody_else_or_one_that_is_over_cannot_be_revoked(
    account: NewAccount, database: Database, sandbox: Space, rotate, clock
) -> None:
    over = (await rotate(timedelta(0))).ending_ids[0]
    async with database.transaction() as connection:
        others = await list_api_keys(connection, account.spaces[Environment.PRODUCTION])
        for api_key_id in (over, others[0].api_key_id, 10**6):
            with pytest.raises(NoSuchApiKey):
                await revoke_api_key(connection, sandbox, api_key_id, clock.now(), even_last=True)


async def test_the_list_says_of_each_key_whether_it_works(
    account: NewAccount, database: Database, sandbox: Space, rotate, clock
) -> None:
    second = await rotate(timedelta(hours=1))
    third = await rotate(timedelta(hours=2))
    async with database.transaction() as connection:
        await revoke_api_key(connection, sandbox, second.api_key_id, clock.now())
        clock.advance(3600)
        listed = await list_api_keys(connection, sandbox)
    assert [key.api_key_id for key in listed] == [
        third.api_key_id,
        second.api_key_id,
        *second.ending_ids,
    ]
    assert [key.state(clock.now()) for key in listed] == [
        KeyState.LIVE,
        KeyState.REVOKED,
        KeyState.EXPIRED,
    ]
    assert listed[2].hint == account.api_keys[SANDBOX][-4:]
