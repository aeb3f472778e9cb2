"""The authorizer's cache against changes made by somebody else."""

import asyncio
from datetime import timedelta

import pytest
from lock_waits import until_somebody_waits

from staffetta.accounts import authorize
from staffetta.accounts.authorize import Authorizer
from staffetta.accounts.create_account import NewAccount
from staffetta.accounts.revoke_token import revoke_token
from staffetta.accounts.space import Space
from staffetta.db.pool import Database, NotConnected
from staffetta.domain.environments import Environment
from staffetta.domain.secrets import hash_secret

SANDBOX = Environment.SANDBOX
PRODUCTION = Environment.PRODUCTION
HOSTS = ("test.sms.openapi.com",)


@pytest.fixture
def sandbox(account: NewAccount) -> Space:
    return account.spaces[SANDBOX]


@pytest.fixture
async def token(sandbox: Space, make_token) -> str:
    return (await make_token(sandbox)).token


@pytest.fixture
async def authorizer(database: Database, clock) -> Authorizer:
    authorizer = Authorizer(database)
    await authorizer.refresh_once(clock.now())
    return authorizer


async def revoke(database: Database, space: Space, token: str, clock) -> None:
    async with database.transaction() as connection:
        await revoke_token(connection, space, hash_secret(token), clock.now())


async def test_a_grant_says_whose_token_it_is(
    authorizer: Authorizer, sandbox: Space, token: str, clock
) -> None:
    grant = await authorizer.grant_for(token, SANDBOX, clock.now())
    assert grant is not None
    assert (grant.space_id, grant.account_id) == (sandbox.space_id, sandbox.account_id)
    assert (grant.email, grant.currency) == ("anna@example.com", "EUR")
    assert grant.environment is SANDBOX
    assert not grant.blocklisted
    assert grant.token_hash == hash_secret(token)
    assert grant.allows("POST", HOSTS, "IT-messages")
    assert not grant.allows("POST", HOSTS, "FR-messages")


async def test_a_token_is_known_without_the_database_once_it_was_read(
    authorizer: Authorizer, token: str, clock
) -> None:
    assert authorizer.cached_grant(token, SANDBOX, clock.now()) is None
    grant = await authorizer.grant_for(token, SANDBOX, clock.now())
    assert authorizer.cached_grant(token, SANDBOX, clock.now()) is grant


async def test_a_token_of_the_other_environment_is_refused_cached_or_not(
    authorizer: Authorizer, token: str, clock
) -> None:
    for _ in range(2):
        assert await authorizer.grant_for(token, PRODUCTION, clock.now()) is None
        assert authorizer.cached_grant(token, PRODUCTION, clock.now()) is None
        assert await authorizer.grant_for(token, SANDBOX, clock.now()) is not None


async def test_a_token_ends_at_its_expiry_even_from_the_cache(
    authorizer: Authorizer, sandbox: Space, make_token, clock
) -> None:
    token = (await make_token(sandbox, lifetime_seconds=1)).token
    assert await authorizer.grant_for(token, SANDBOX, clock.now()) is not None
    clock.advance(0.999)
    assert authorizer.cached_grant(token, SANDBOX, clock.now()) is not None
    clock.advance(0.001)
    await authorizer.refresh_once(clock.now())
    assert authorizer.cached_grant(token, SANDBOX, clock.now()) is None
    assert await authorizer.grant_for(token, SANDBOX, clock.now()) is None


@pytest.mark.parametrize(
    "unknown", ["", "x", "é" * 24, "\udc80" * 24, "0123456789abcdef01234567"], ids=ascii
)
async def test_what_is_no_token_is_refused(authorizer: Authorizer, clock, unknown: str) -> None:
    assert await authorizer.grant_for(unknown, SANDBOX, clock.now()) is None


async def test_a_token_works_as_soon_as_it_was_made(
    authorizer: Authorizer, database: Database, sandbox: Space, make_token, clock
) -> None:
    first = (await make_token(sandbox)).token
    assert await authorizer.grant_for(first, SANDBOX, clock.now()) is not None


async def test_a_revoked_token_is_refused_after_the_next_poll(
    authorizer: Authorizer, database: Database, sandbox: Space, token: str, clock
) -> None:
    await authorizer.grant_for(token, SANDBOX, clock.now())
    await revoke(database, sandbox, token, clock)
    clock.advance(0.5)
    assert await authorizer.refresh_once(clock.now()) == 1
    assert authorizer.cached_grant(token, SANDBOX, clock.now()) is None
    assert await authorizer.grant_for(token, SANDBOX, clock.now()) is None


async def test_a_revocation_that_took_long_to_commit_is_seen_by_the_next_poll(
    authorizer: Authorizer, database: Database, sandbox: Space, token: str, clock
) -> None:
    await authorizer.grant_for(token, SANDBOX, clock.now())
    async with database.transaction() as connection:
        await connection.execute("ALTER TABLE token DISABLE TRIGGER USER")
        await connection.execute(
            "UPDATE token SET revoked_at = $1, updated_at = clock_timestamp() - $2::interval",
            clock.now(),
            authorize.COMMITS_WITHIN,
        )
        await connection.execute("ALTER TABLE token ENABLE TRIGGER USER")
    assert await authorizer.refresh_once(clock.now()) == 1
    assert authorizer.cached_grant(token, SANDBOX, clock.now()) is None


async def test_a_transaction_ends_before_polls_no_longer_look_for_what_it_wrote(
    database: Database,
) -> None:
    settings = ("statement_timeout", "idle_in_transaction_session_timeout")
    async with database.acquire() as connection:
        limits = [
            await connection.fetchval("SELECT current_setting($1)::interval", one)
            for one in settings
        ]
    assert sum(limits, timedelta(0)) < authorize.CHANGES_WINDOW


async def test_a_revoked_token_is_refused_within_a_second_though_no_poll_came(
    authorizer: Authorizer, database: Database, sandbox: Space, token: str, clock
) -> None:
    await authorizer.grant_for(token, SANDBOX, clock.now())
    await revoke(database, sandbox, token, clock)
    clock.advance(1.0)
    assert authorizer.cached_grant(token, SANDBOX, clock.now()) is None
    assert await authorizer.grant_for(token, SANDBOX, clock.now()) is None


async def test_before_the_first_poll_every_look_up_reads_the_database(
    database: Database, sandbox: Space, token: str, clock
) -> None:
    authorizer = Authorizer(database)
    assert await authorizer.grant_for(token, SANDBOX, clock.now()) is not None
    assert authorizer.cached_grant(token, SANDBOX, clock.now()) is None
    await revoke(database, sandbox, token, clock)
    assert await authorizer.grant_for(token, SANDBOX, clock.now()) is None


async def test_a_valid_token_goes_on_working_when_polls_are_overdue(
    authorizer: Authorizer, token: str, clock
) -> None:
    await authorizer.grant_for(token, SANDBOX, clock.now())
    clock.advance(60)
    assert await authorizer.grant_for(token, SANDBOX, clock.now()) is not None


async def test_after_a_gap_between_polls_nothing_cached_is_kept(
    authorizer: Authorizer, database: Database, sandbox: Space, token: str, clock
) -> None:
    await authorizer.grant_for(token, SANDBOX, clock.now())
    clock.advance(6)
    assert await authorizer.refresh_once(clock.now()) == 1
    assert authorizer.cached_grant(token, SANDBOX, clock.now()) is None


async def test_a_clock_that_steps_back_does_not_lengthen_the_trust(
    authorizer: Authorizer, token: str, clock
) -> None:
    await authorizer.grant_for(token, SANDBOX, clock.now())
    clock.advance(-3600)
    assert authorizer.cached_grant(token, SANDBOX, clock.now()) is None
    await authorizer.refresh_once(clock.now())
    clock.advance(1)
    assert authorizer.cached_grant(token, SANDBOX, clock.now()) is None


async def test_a_poll_that_finds_nothing_new_keeps_the_cache(
    authorizer: Authorizer, token: str, clock
) -> None:
    await authorizer.grant_for(token, SANDBOX, clock.now())
    assert await authorizer.refresh_once(clock.now()) == 0
    assert authorizer.cached_grant(token, SANDBOX, clock.now()) is not None


async def test_blocklisting_and_lifting_it_are_seen_by_the_next_poll(
    authorizer: Authorizer, database: Database, sandbox: Space, token: str, clock
) -> None:
    for blocked in (True, False):
        await authorizer.grant_for(token, SANDBOX, clock.now())
        async with database.transaction() as connection:
            await connection.execute(
                "UPDATE space SET blocklisted_at = $2 WHERE id = $1",
                sandbox.space_id,
                clock.now() if blocked else None,
            )
        assert await authorizer.refresh_once(clock.now()) == 1
        grant = await authorizer.grant_for(token, SANDBOX, clock.now())
        assert grant is not None
        assert grant.blocklisted is blocked


async def test_a_space_can_be_forgotten_at_once(
    authorizer: Authorizer, sandbox: Space, token: str, clock
) -> None:
    await authorizer.grant_for(token, SANDBOX, clock.now())
    authorizer.forget_space(sandbox.space_id + 1000)
    assert authorizer.cached_grant(token, SANDBOX, clock.now()) is not None
    authorizer.forget_space(sandbox.space_id)
    assert authorizer.cached_grant(token, SANDBOX, clock.now()) is None


async def test_a_grant_read_while_a_poll_ended_is_answered_but_not_kept(
    database: Database, database_url: str, authorizer: Authorizer, token: str, clock
) -> None:
    async with database.transaction() as holder:
        await holder.execute("LOCK TABLE account IN ACCESS EXCLUSIVE MODE")
        reading = asyncio.create_task(authorizer.grant_for(token, SANDBOX, clock.now()))
        await until_somebody_waits(database)
        await authorizer.refresh_once(clock.now())
    assert await reading is not None
    assert authorizer.cached_grant(token, SANDBOX, clock.now()) is None


async def test_the_cache_is_bounded_and_drops_what_was_read_longest_ago(
    database: Database, sandbox: Space, make_token, clock
) -> None:
    authorizer = Authorizer(database, grants_max=2)
    await authorizer.refresh_once(clock.now())
    tokens = [(await make_token(sandbox)).token for _ in range(3)]
    for token in tokens:
        assert await authorizer.grant_for(token, SANDBOX, clock.now()) is not None
    cached = [authorizer.cached_grant(token, SANDBOX, clock.now()) is not None for token in tokens]
    assert cached == [False, True, True]


async def test_more_changes_than_a_poll_reads_drop_everything(
    authorizer: Authorizer, database: Database, sandbox: Space, token: str, clock
) -> None:
    await authorizer.grant_for(token, SANDBOX, clock.now())
    async with database.transaction() as connection:
        await connection.execute(
            """
            INSERT INTO token (hash, space_id, scopes, hint, created_at, expire_at)
            SELECT sha256(number::text::bytea), $1, '{}', '', $2, $2
              FROM generate_series(1, $3) AS number
            """,
            sandbox.space_id,
            clock.now(),
            authorize.CHANGES_MAX,
        )
    assert await authorizer.refresh_once(clock.now()) == 1
    assert authorizer.cached_grant(token, SANDBOX, clock.now()) is None


async def test_nobody_is_refused_because_the_database_does_not_answer(
    authorizer: Authorizer, database: Database, token: str, clock
) -> None:
    await database.close()
    with pytest.raises(NotConnected):
        await authorizer.grant_for(token, SANDBOX, clock.now())
