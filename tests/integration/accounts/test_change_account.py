"""Accounts renamed, closed and reopened, as their tokens and keys see it."""

import asyncio

import pytest

from staffetta.accounts.api_keys import find_holder
from staffetta.accounts.authorize import Authorizer
from staffetta.accounts.change_account import close_account, rename_account, reopen_account
from staffetta.accounts.create_account import NewAccount, create_account
from staffetta.accounts.email import Email
from staffetta.accounts.errors import AccountExists, NoSuchAccount
from staffetta.accounts.read_account import find_account, list_accounts, read_spaces
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment
from staffetta.ledger.topup import grant

ANNA = Email.parse("anna@example.com")
BOB = Email.parse("bob@example.com")


@pytest.fixture
async def tokens(account: NewAccount, make_token) -> dict[Environment, str]:
    return {
        environment: (await make_token(space)).token
        for environment, space in account.spaces.items()
    }


@pytest.fixture
async def authorizer(database: Database, clock) -> Authorizer:
    authorizer = Authorizer(database)
    await authorizer.refresh_once(clock.now())
    return authorizer


async def holders(database: Database, account: NewAccount, email: str, clock) -> list[bool]:
    async with database.acquire() as connection:
        return [
            await find_holder(connection, email, key, environment, clock.now()) is not None
            for environment, key in account.api_keys.items()
        ]


async def test_a_closed_account_is_refused_everywhere_within_a_second(
    database: Database, account: NewAccount, tokens, authorizer: Authorizer, change, clock
) -> None:
    for environment, token in tokens.items():
        assert await authorizer.grant_for(token, environment, clock.now()) is not None
    closed = await change(close_account, ANNA, clock.now())
    assert closed.closed_at == clock.now()
    clock.advance(0.5)
    assert await authorizer.refresh_once(clock.now()) == 2
    for environment, token in tokens.items():
        assert authorizer.cached_grant(token, environment, clock.now()) is None
        assert await authorizer.grant_for(token, environment, clock.now()) is None
    assert await holders(database, account, ANNA.text, clock) == [False, False]


async def test_a_reopened_account_has_what_it_had(
    database: Database, account: NewAccount, tokens, authorizer: Authorizer, change, clock
) -> None:
    await change(close_account, ANNA, clock.now())
    reopened = await change(reopen_account, ANNA)
    assert reopened.closed_at is None
    for environment, token in tokens.items():
        assert await authorizer.grant_for(token, environment, clock.now()) is not None
    assert await holders(database, account, ANNA.text, clock) == [True, True]


async def test_closing_twice_keeps_the_first_time(account: NewAccount, change, clock) -> None:
    first = (await change(close_account, ANNA, clock.now())).closed_at
    clock.advance(60)
    assert (await change(close_account, ANNA, clock.now())).closed_at == first


async def test_a_new_address_reaches_grants_and_keys_within_a_second(
    database: Database, account: NewAccount, tokens, authorizer: Authorizer, change, clock
) -> None:
    for environment, token in tokens.items():
        await authorizer.grant_for(token, environment, clock.now())
    renamed = await change(rename_account, ANNA, BOB)
    assert (renamed.account_id, renamed.email) == (account.account_id, BOB.text)
    clock.advance(0.5)
    await authorizer.refresh_once(clock.now())
    for environment, token in tokens.items():
        grant_now = await authorizer.grant_for(token, environment, clock.now())
        assert grant_now is not None
        assert grant_now.email == BOB.text
    assert await holders(database, account, BOB.text, clock) == [True, True]
    assert await holders(database, account, ANNA.text, clock) == [False, False]


async def test_of_two_accounts_that_want_one_address_one_gets_it(
    database: Database, account: NewAccount, change, clock
) -> None:
    await change(create_account, BOB, "EUR", grant, clock.now())
    wanted = Email.parse("carla@example.com")
    both = await asyncio.gather(
        change(rename_account, ANNA, wanted),
        change(rename_account, BOB, wanted),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in both) == ["Account", "AccountExists"]
    with pytest.raises(AccountExists, match=r"carla@example\.com exists already"):
        await change(create_account, wanted, "EUR", grant, clock.now())


async def test_its_own_address_is_no_obstacle(account: NewAccount, change) -> None:
    assert (await change(rename_account, ANNA, ANNA)).email == ANNA.text


async def test_what_does_not_exist_can_be_neither_renamed_nor_closed(change, clock) -> None:
    for use_case, arguments in (
        (rename_account, (BOB, ANNA)),
        (close_account, (BOB, clock.now())),
        (reopen_account, (BOB,)),
        (find_account, (BOB,)),
    ):
        with pytest.raises(NoSuchAccount, match=r"bob@example\.com"):
            await change(use_case, *arguments)


async def test_the_list_finds_by_part_of_the_address_and_leaves_closed_ones_out(
    database: Database, account: NewAccount, tokens, change, clock
) -> None:
    await change(create_account, BOB, "USD", grant, clock.now())
    await change(close_account, BOB, clock.now())

    async def emails(**terms: object) -> list[str]:
        async with database.acquire() as connection:
            return [
                one.account.email
                for one in await list_accounts(connection, clock.now(), **terms)  # type: ignore[arg-type]
            ]

    assert await emails() == [ANNA.text]
    assert await emails(closed_too=True) == [ANNA.text, BOB.text]
    assert await emails(closed_too=True, skip=1, limit=1) == [BOB.text]
    assert await emails(search=" ANNA@") == [ANNA.text]
    for nothing in ("%", "_nna", "\0", "\udc80", "è"):
        assert await emails(search=nothing) == []


async def test_the_spaces_of_an_account_are_told_with_what_works_in_them(
    database: Database, account: NewAccount, tokens, make_token, clock
) -> None:
    sandbox = account.spaces[Environment.SANDBOX]
    await make_token(sandbox, lifetime_seconds=1)
    clock.advance(1)
    async with database.acquire() as connection:
        await connection.execute(
            "UPDATE space SET blocklisted_at = $2, blocklisted_reason = 'words' WHERE id = $1",
            sandbox.space_id,
            clock.now(),
        )
        facts = await read_spaces(connection, await find_account(connection, ANNA), clock.now())
    assert set(facts) == set(Environment)
    assert facts[Environment.SANDBOX].space == sandbox
    assert facts[Environment.SANDBOX].blocklisted_reason == "words"
    assert facts[Environment.PRODUCTION].blocklisted_at is None
    assert {one.token_count for one in facts.values()} == {1}
    assert {one.api_key_count for one in facts.values()} == {1}
