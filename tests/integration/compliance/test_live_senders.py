"""Sender rules in the database reach every process without a restart."""

from datetime import UTC, datetime

import pytest

from staffetta.accounts.create_account import create_account
from staffetta.accounts.email import Email
from staffetta.compliance.live_senders import LiveSenders
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment
from staffetta.ledger.topup import top_up

NOW = datetime(2026, 3, 14, tzinfo=UTC)
REGISTER = (
    "INSERT INTO sender (space_id, country, sender, state, created_at)"
    " VALUES ($1, 'SG', 'ACME', $2, $3)"
)


async def make_space(database: Database, email: str) -> int:
    async with database.transaction() as connection:
        account = await create_account(connection, Email.parse(email), "EUR", top_up, NOW)
    return account.spaces[Environment.PRODUCTION].space_id


async def require(database: Database, country: str) -> None:
    async with database.acquire() as connection:
        await connection.execute("INSERT INTO sender_rule VALUES ($1, $2)", country, NOW)


async def register(database: Database, space_id: int, state: str) -> None:
    async with database.acquire() as connection:
        await connection.execute(REGISTER, space_id, state, NOW)


async def test_before_the_first_reading_the_rules_are_not_loaded(database: Database):
    senders = LiveSenders(database)
    assert not senders.loaded
    assert await senders.refresh_once() == 1
    assert senders.loaded
    assert await senders.refresh_once() == 0


async def test_a_country_that_begins_to_need_approval_is_followed(database: Database):
    senders = LiveSenders(database)
    await senders.refresh_once()
    assert senders.rules.refusal(1, "SG", "ACME") is None
    await require(database, "SG")
    assert await senders.refresh_once() == 1
    assert "not approved for country SG" in (senders.rules.refusal(1, "SG", "ACME") or "")


async def test_an_approval_counts_and_what_is_pending_does_not(database: Database):
    anna, bob = [await make_space(database, f"{name}@example.com") for name in ("anna", "bob")]
    await require(database, "SG")
    await register(database, anna, "APPROVED")
    await register(database, bob, "PENDING")
    senders = LiveSenders(database)
    await senders.refresh_once()
    assert senders.rules.refusal(anna, "SG", "ACME") is None
    assert senders.rules.refusal(bob, "SG", "ACME") is not None


async def test_an_approval_from_before_the_rule_counts_once_the_rule_stands(database: Database):
    anna = await make_space(database, "anna@example.com")
    await register(database, anna, "APPROVED")
    senders = LiveSenders(database)
    await senders.refresh_once()
    await require(database, "SG")
    await senders.refresh_once()
    assert senders.rules.refusal(anna, "SG", "ACME") is None


@pytest.mark.parametrize(
    ("statement", "is_read_again"),
    [
        ("UPDATE sender SET state = 'REJECTED' WHERE state = 'APPROVED'", True),
        ("UPDATE sender SET state = 'APPROVED' WHERE state = 'PENDING'", True),
        ("UPDATE sender SET sender = 'OTHER' WHERE state = 'APPROVED'", True),
        ("DELETE FROM sender WHERE state = 'APPROVED'", True),
        ("UPDATE sender SET industry = 'toys'", False),
        ("UPDATE sender SET state = 'REJECTED' WHERE state = 'PENDING'", False),
        ("DELETE FROM sender WHERE state = 'PENDING'", False),
        ("UPDATE sender SET state = 'APPROVED' WHERE false", False),
    ],
)
async def test_the_rules_are_read_again_only_when_an_approval_comes_or_goes(
    database: Database, statement: str, *, is_read_again: bool
):
    anna, bob = [await make_space(database, f"{name}@example.com") for name in ("anna", "bob")]
    senders = LiveSenders(database)
    await senders.refresh_once()
    await register(database, anna, "PENDING")
    assert await senders.refresh_once() == 0
    await register(database, bob, "APPROVED")
    assert await senders.refresh_once() == 1
    async with database.acquire() as connection:
        await connection.execute(statement)
    assert await senders.refresh_once() == int(is_read_again)
