"""Senders from the application to the decision, and what acceptance is told of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from staffetta.accounts.create_account import NewAccount, create_account
from staffetta.accounts.email import Email
from staffetta.compliance.decide_sender import (
    decide_sender,
    free_country,
    list_all_senders,
    list_rules,
    require_approval,
)
from staffetta.compliance.errors import (
    InvalidReason,
    NoSuchSender,
    TooManySenders,
    UnknownCountry,
)
from staffetta.compliance.live_senders import LiveSenders
from staffetta.compliance.register_sender import SENDERS_MAX, SenderApplication, SenderRegistry
from staffetta.compliance.senders import SenderState
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment
from staffetta.ledger.topup import top_up

NOW = datetime(2026, 3, 14, tzinfo=UTC)
ACME = SenderApplication("IT", "ACME", industry="parcels")


class House:
    """One account, and the two sides of approval."""

    def __init__(self, database: Database, account: NewAccount) -> None:
        self.database = database
        self.registry = SenderRegistry(database)
        self.live = LiveSenders(database)
        self.spaces = {env: space.space_id for env, space in account.spaces.items()}
        self.space_id = self.spaces[Environment.PRODUCTION]

    async def register(self, application: SenderApplication = ACME) -> SenderState:
        found = await self.registry.register(
            self.space_id, Environment.PRODUCTION, application, NOW
        )
        return found.state

    async def decide(self, decision: SenderState, reason: str = "", **changes: Any) -> None:
        fields = {"country": "IT", "sender": "ACME", **changes}
        async with self.database.transaction() as connection:
            await decide_sender(
                connection, self.space_id, **fields, decision=decision, reason=reason, now=NOW
            )

    async def require(self, country: str) -> bool:
        async with self.database.transaction() as connection:
            return await require_approval(connection, country, NOW)

    async def free(self, country: str) -> bool:
        async with self.database.transaction() as connection:
            return await free_country(connection, country)

    async def may_use(self, sender: str, country: str = "IT") -> bool:
        await self.live.refresh_once()
        return self.live.rules.refusal(self.space_id, country, sender) is None


@pytest.fixture
async def house(database: Database) -> House:
    async with database.transaction() as connection:
        email = Email.parse("anna@example.com")
        return House(database, await create_account(connection, email, "EUR", top_up, NOW))


async def test_a_sender_is_used_when_it_is_approved_and_not_before(house: House):
    await house.require("IT")
    assert await house.register() is SenderState.PENDING
    assert not await house.may_use("ACME")
    await house.decide(SenderState.APPROVED)
    assert await house.may_use("ACME")
    assert not await house.may_use("acme")
    await house.decide(SenderState.REJECTED, "not theirs after all")
    assert not await house.may_use("ACME")


async def test_a_country_that_is_freed_takes_any_sender(house: House):
    assert await house.require("IT")
    assert not await house.require("IT")
    assert not await house.may_use("ANY")
    assert await house.free("IT")
    assert not await house.free("IT")
    assert await house.may_use("ANY")


async def test_in_the_sandbox_a_sender_is_approved_at_once(house: House):
    sandbox = house.spaces[Environment.SANDBOX]
    made = await house.registry.register(sandbox, Environment.SANDBOX, ACME, NOW)
    assert made.state is SenderState.APPROVED
    assert await house.registry.list(house.space_id) == []


async def test_what_was_rejected_may_be_asked_for_again_with_better_words(house: House):
    await house.register()
    await house.decide(SenderState.REJECTED, "who are you")
    again = SenderApplication("IT", "ACME", industry="parcels since 1950")
    assert await house.register(again) is SenderState.PENDING
    async with house.database.acquire() as connection:
        [listed] = await list_all_senders(connection)
    assert (listed.industry, listed.decided_reason) == ("parcels since 1950", "")
    assert listed.decided_at is None


async def test_what_is_approved_stays_so_when_it_is_asked_for_again(house: House):
    await house.register()
    await house.decide(SenderState.APPROVED)
    assert await house.register(SenderApplication("IT", "ACME")) is SenderState.APPROVED
    async with house.database.acquire() as connection:
        [listed] = await list_all_senders(connection)
    assert listed.industry == "parcels"


async def test_the_same_sender_asked_for_at_once_is_one(house: House):
    states = await asyncio.gather(*(house.register() for _ in range(8)))
    assert set(states) == {SenderState.PENDING}
    assert len(await house.registry.list(house.space_id)) == 1


async def test_an_account_has_so_many_senders_and_no_more(house: House):
    async with house.database.acquire() as connection:
        await connection.execute(
            "INSERT INTO sender (space_id, country, sender, created_at)"
            " SELECT $1, 'FR', 'S' || number, $2 FROM generate_series(1, $3::int) AS number",
            house.space_id,
            NOW,
            SENDERS_MAX,
        )
    with pytest.raises(TooManySenders, match="1000 are the most"):
        await house.register()
    assert await house.register(SenderApplication("FR", "S1")) is SenderState.PENDING


async def test_operators_see_first_what_waits_and_then_the_newest(house: House):
    for days, name in enumerate(("OLD", "NEW", "NEWEST")):
        await house.registry.register(
            house.space_id,
            Environment.PRODUCTION,
            SenderApplication("IT", name),
            NOW + timedelta(days=days),
        )
    await house.decide(SenderState.APPROVED, sender="NEWEST")
    async with house.database.acquire() as connection:
        every = await list_all_senders(connection)
        pending = await list_all_senders(connection, pending_only=True)
    assert [one.sender for one in every] == ["NEW", "OLD", "NEWEST"]
    assert [one.sender for one in pending] == ["NEW", "OLD"]
    assert (every[0].email, every[0].environment) == ("anna@example.com", "production")


async def test_a_sender_nobody_asked_for_is_not_decided(house: House):
    await house.register()
    for changes in ({"sender": "acme"}, {"country": "ES"}):
        with pytest.raises(NoSuchSender, match="capitals count"):
            await house.decide(SenderState.APPROVED, **changes)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
async def test_a_rejection_says_why(house: House, reason: str):
    await house.register()
    with pytest.raises(InvalidReason):
        await house.decide(SenderState.REJECTED, reason)


@pytest.mark.parametrize("country", ["XX", "it", "*", "001", ""])
async def test_a_rule_is_for_a_country(house: House, country: str):
    with pytest.raises(UnknownCountry):
        await house.require(country)
    with pytest.raises(UnknownCountry):
        await house.free(country)


async def test_rules_are_listed_by_country(house: House):
    for country in ("SG", "IT"):
        await house.require(country)
    async with house.database.acquire() as connection:
        assert await list_rules(connection) == [("IT", NOW), ("SG", NOW)]
