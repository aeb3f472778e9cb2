"""Accounts, tokens and the first start, on a real database."""

import asyncio
import os
from datetime import timedelta

import pytest

from staffetta.accounts.create_account import NewAccount, create_account
from staffetta.accounts.create_token import token_purpose
from staffetta.accounts.demo import DEMO_EMAIL, DemoAccount, seed_demo_account
from staffetta.accounts.email import Email
from staffetta.accounts.errors import (
    AccountExists,
    InvalidCurrency,
    InvalidTokenTerms,
    NoSuchAccount,
    NoSuchToken,
)
from staffetta.accounts.revoke_token import revoke_token
from staffetta.accounts.space import find_space
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment
from staffetta.domain.money import MICRO
from staffetta.domain.scopes import InvalidScope, ScopeNotEnabled, all_scopes
from staffetta.domain.secrets import Keyring, hash_secret
from staffetta.ledger.topup import top_up

ANNA = Email.parse("Anna@example.com")
KEYRING = Keyring.parse(os.urandom(32).hex())


async def test_an_account_has_two_spaces_each_with_a_wallet_and_a_key(
    account: NewAccount, database: Database
) -> None:
    async with database.acquire() as connection:
        rows = await connection.fetch(
            """
            SELECT environment::text AS environment, balance_micro, hash, hint
              FROM space JOIN wallet ON wallet.space_id = space.id
              JOIN api_key ON api_key.space_id = space.id
             WHERE account_id = $1
            """,
            account.account_id,
        )
    by_environment = {Environment(row["environment"]): row for row in rows}
    assert by_environment[Environment.SANDBOX]["balance_micro"] == 1000 * MICRO
    assert by_environment[Environment.PRODUCTION]["balance_micro"] == 0
    for environment, row in by_environment.items():
        assert row["hash"] == hash_secret(account.api_keys[environment])
        assert account.api_keys[environment].endswith(row["hint"])


async def test_an_account_is_found_by_its_address_in_each_environment(
    account: NewAccount, database: Database
) -> None:
    async with database.acquire() as connection:
        for environment in Environment:
            found = await find_space(connection, ANNA, environment)
            assert found == account.spaces[environment]


async def test_an_unknown_address_is_answered_with_the_way_to_make_it(database: Database) -> None:
    async with database.acquire() as connection:
        with pytest.raises(NoSuchAccount, match=r"account create --email nobody@example\.com"):
            await find_space(connection, Email.parse("nobody@example.com"), Environment.SANDBOX)


async def test_the_same_address_names_one_account_whatever_its_case(
    account: NewAccount, database: Database, clock
) -> None:
    with pytest.raises(AccountExists, match=r"anna@example\.com exists already"):
        async with database.transaction() as connection:
            await create_account(connection, ANNA, "EUR", top_up, clock.now())


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "E1R"])
async def test_a_currency_is_an_iso_code(database: Database, clock, currency: str) -> None:
    with pytest.raises(InvalidCurrency, match="like EUR"):
        async with database.transaction() as connection:
            await create_account(connection, ANNA, currency, top_up, clock.now())


async def test_secrets_do_not_show_when_an_account_or_a_token_is_printed(
    account: NewAccount, make_token
) -> None:
    token = await make_token(account.spaces[Environment.SANDBOX])
    assert token.token not in repr(token)
    for key in account.api_keys.values():
        assert key not in repr(account)


async def test_a_token_is_kept_as_a_hash_and_sealed(
    account: NewAccount, database: Database, make_token, clock
) -> None:
    made = await make_token(account.spaces[Environment.SANDBOX], keyring=KEYRING, name="till")
    async with database.acquire() as connection:
        row = await connection.fetchrow("SELECT * FROM token")
    assert row is not None
    assert row["hash"] == hash_secret(made.token)
    assert KEYRING.unseal(row["sealed"], token_purpose(row["hash"])) == made.token.encode()
    assert made.token.endswith(row["hint"])
    assert row["scopes"] == list(all_scopes(Environment.SANDBOX)) == list(made.scopes)
    assert row["expire_at"] == made.expire_at == clock.now() + timedelta(days=365)


async def test_without_a_keyring_the_hash_alone_is_kept(
    account: NewAccount, database: Database, make_token
) -> None:
    await make_token(account.spaces[Environment.SANDBOX])
    async with database.acquire() as connection:
        assert await connection.fetchval("SELECT sealed FROM token") is None


async def test_scopes_are_expanded_before_they_are_stored(account: NewAccount, make_token) -> None:
    made = await make_token(account.spaces[Environment.PRODUCTION], ["*:ws.messaggisms.com/*"])
    assert len(made.scopes) == 4


async def test_the_servers_own_host_can_be_named(account: NewAccount, make_token) -> None:
    scopes = ["POST:sms.example.org/IT-messages"]
    made = await make_token(
        account.spaces[Environment.PRODUCTION], scopes, own_hosts=["sms.example.org"]
    )
    assert list(made.scopes) == scopes


@pytest.mark.parametrize("lifetime", [0, -1, 365 * 24 * 3600 + 1])
async def test_a_token_lives_a_year_at_most(account: NewAccount, make_token, lifetime: int) -> None:
    with pytest.raises(InvalidTokenTerms, match="one year"):
        await make_token(account.spaces[Environment.SANDBOX], lifetime_seconds=lifetime)


@pytest.mark.parametrize("name", ["x" * 101, "a\nb", "\x00"])
async def test_a_tokens_name_is_short_and_printable(
    account: NewAccount, make_token, name: str
) -> None:
    with pytest.raises(InvalidTokenTerms, match="printable"):
        await make_token(account.spaces[Environment.SANDBOX], name=name)


async def test_scopes_of_the_other_environment_are_refused(account: NewAccount, make_token) -> None:
    with pytest.raises(ScopeNotEnabled, match="API not enabled"):
        await make_token(account.spaces[Environment.SANDBOX], ["*:sms.openapi.com/*"])
    with pytest.raises(InvalidScope):
        await make_token(account.spaces[Environment.SANDBOX], ["?"])


async def test_a_token_is_revoked_once_and_by_its_own_space(
    account: NewAccount, database: Database, make_token, clock
) -> None:
    sandbox, production = (
        account.spaces[key] for key in (Environment.SANDBOX, Environment.PRODUCTION)
    )
    token_hash = hash_secret((await make_token(sandbox)).token)
    with pytest.raises(NoSuchToken):
        async with database.transaction() as connection:
            await revoke_token(connection, production, token_hash, clock.now())
    async with database.transaction() as connection:
        await revoke_token(connection, sandbox, token_hash, clock.now())
    with pytest.raises(NoSuchToken):
        async with database.transaction() as connection:
            await revoke_token(connection, sandbox, token_hash, clock.now())


async def seed(database: Database, clock) -> DemoAccount | None:
    async with database.transaction() as connection:
        return await seed_demo_account(connection, KEYRING, top_up, clock.now())


async def test_a_first_start_makes_the_demo_account_with_a_token_for_each_world(
    database: Database, clock
) -> None:
    demo = await seed(database, clock)
    assert demo is not None
    assert demo.email == DEMO_EMAIL.text == Email.parse(demo.email).text
    assert set(demo.tokens) == set(demo.api_keys) == set(Environment)
    async with database.acquire() as connection:
        for environment in Environment:
            scopes = await connection.fetchval(
                "SELECT scopes FROM token WHERE hash = $1", hash_secret(demo.tokens[environment])
            )
            assert scopes == list(all_scopes(environment))


async def test_a_second_start_makes_nothing(database: Database, clock) -> None:
    await seed(database, clock)
    assert await seed(database, clock) is None


async def test_an_installation_that_has_an_account_gets_no_demo(
    account: NewAccount, database: Database, clock
) -> None:
    assert await seed(database, clock) is None


async def test_of_two_first_starts_at_once_one_makes_the_account(database: Database, clock) -> None:
    made = await asyncio.gather(*(seed(database, clock) for _ in range(4)))
    assert len([demo for demo in made if demo is not None]) == 1
