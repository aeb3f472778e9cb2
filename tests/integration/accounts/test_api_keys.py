"""API keys: whom they speak for, and until when."""

from datetime import timedelta

import pytest

from staffetta.accounts.api_keys import Holder, find_holder, note_use
from staffetta.accounts.create_account import NewAccount
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment

SANDBOX = Environment.SANDBOX
PRODUCTION = Environment.PRODUCTION
ANNA = "anna@example.com"


async def held(database: Database, email: str, key: str, environment, now) -> Holder | None:
    async with database.acquire() as connection:
        return await find_holder(connection, email, key, environment, now)


@pytest.mark.parametrize("environment", list(Environment), ids=str)
async def test_a_key_speaks_for_its_account_in_its_environment_alone(
    database: Database, account: NewAccount, clock, environment: Environment
) -> None:
    for other in Environment:
        found = await held(database, ANNA, account.api_keys[environment], other, clock.now())
        if other is environment:
            assert found is not None
            assert found.space == account.spaces[environment]
        else:
            assert found is None


@pytest.mark.parametrize("email", [ANNA, " Anna@Example.COM "])
async def test_the_case_of_an_address_does_not_matter(
    database: Database, account: NewAccount, clock, email: str
) -> None:
    assert await held(database, email, account.api_keys[SANDBOX], SANDBOX, clock.now())


@pytest.mark.parametrize(
    "email", ["", "anna", "bob@example.com", "anna@example.com\0", "\udc80", "é" * 300], ids=ascii
)
async def test_a_key_is_refused_with_anothers_address(
    database: Database, account: NewAccount, clock, email: str
) -> None:
    assert await held(database, email, account.api_keys[SANDBOX], SANDBOX, clock.now()) is None


@pytest.mark.parametrize("key", ["", "x", "a" * 32, "\0" * 32, "\udc80" * 32, "é" * 9999], ids=len)
async def test_what_is_no_key_is_refused(
    database: Database, account: NewAccount, clock, key: str
) -> None:
    assert await held(database, ANNA, key, SANDBOX, clock.now()) is None


async def test_a_use_is_noted_once_a_minute_at_most(
    database: Database, account: NewAccount, clock
) -> None:
    async def use() -> bool:
        async with database.acquire() as connection:
            holder = await find_holder(
                connection, ANNA, account.api_keys[SANDBOX], SANDBOX, clock.now()
            )
            assert holder is not None
            return await note_use(connection, holder, clock.now())

    assert await use()
    clock.advance(59.9)
    assert not await use()
    clock.advance(0.1)
    assert await use()


async def test_a_holder_read_long_ago_writes_no_oftener(
    database: Database, account: NewAccount, clock
) -> None:
    holder = await held(database, ANNA, account.api_keys[SANDBOX], SANDBOX, clock.now())
    assert holder is not None
    async with database.acquire() as connection:
        first = await note_use(connection, holder, clock.now())
        again = await note_use(connection, holder, clock.now() + timedelta(seconds=30))
    assert (first, again) == (True, False)
