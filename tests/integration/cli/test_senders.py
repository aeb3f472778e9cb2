"""`staffetta sender` from a rule to a decision."""

from typing import Any

import pytest

from staffetta.accounts.email import Email
from staffetta.accounts.space import find_space
from staffetta.compliance.register_sender import SenderApplication, SenderRegistry
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment

pytestmark = pytest.mark.usefixtures("anna")


@pytest.fixture
async def asked(anna: dict[str, Any], database: Database, clock) -> None:
    """Anna has asked for ACME in Italy."""
    async with database.acquire() as connection:
        space = await find_space(connection, Email.parse(anna["account"]), Environment.PRODUCTION)
    application = SenderApplication("IT", "ACME", industry="parcels")
    await SenderRegistry(database).register(
        space.space_id, Environment.PRODUCTION, application, clock.now()
    )


async def test_a_country_needs_approval_until_it_is_freed(staffetta):
    assert "No country needs approval" in (await staffetta("sender", "rules")).out
    said = (await staffetta("sender", "require", "it", "--json")).json
    assert said == {"country": "IT", "needs_approval": True}
    assert "so already" in (await staffetta("sender", "require", "IT")).out
    [rule] = (await staffetta("sender", "rules", "--json")).json
    assert rule["country"] == "IT"
    said = (await staffetta("sender", "free", "IT", "--json")).json
    assert said == {"country": "IT", "needs_approval": False}
    assert (await staffetta("sender", "rules", "--json")).json == []


@pytest.mark.usefixtures("asked")
async def test_a_sender_is_seen_approved_and_rejected(staffetta):
    [pending] = (await staffetta("sender", "list", "--pending", "--json")).json
    assert (pending["account"], pending["sender"]) == ("anna@example.com", "ACME")
    assert "parcels" in (await staffetta("sender", "list")).out
    whose = ("anna@example.com", "ACME", "--country", "it")
    assert (await staffetta("sender", "approve", *whose, "--json")).json["state"] == "APPROVED"
    assert "No sender waits" in (await staffetta("sender", "list", "--pending")).out
    rejected = await staffetta("sender", "reject", *whose, "--reason", "theirs no more", "--json")
    assert rejected.json["state"] == "REJECTED"
    [listed] = (await staffetta("sender", "list", "--json")).json
    assert (listed["state"], listed["reason"]) == ("REJECTED", "theirs no more")


async def test_a_wrong_sender_or_country_is_one_sentence(staffetta):
    ended = await staffetta("sender", "approve", "anna@example.com", "ACME", "--country", "IT")
    assert ended.code == 1
    assert "has not asked for the sender ACME in IT" in ended.err
    ended = await staffetta("sender", "require", "Italy")
    assert ended.code == 1
    assert "'ITALY' is not a country" in ended.err
