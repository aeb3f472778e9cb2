"""The audit trail, as other commands write it and as it is read."""

import os
import pwd

import pytest

from staffetta.db.pool import Database

ANNA = "anna@example.com"
BOB = "bob@example.com"
SANDBOX = ("--environment", "sandbox")


@pytest.fixture
def staffetta(here):
    return here


async def test_money_blocks_and_connectors_are_noted_without_secrets(
    staffetta, anna, database: Database, tmp_path
) -> None:
    secret = tmp_path / "acme.secret"
    secret.write_text("s3cr3t\n")
    async with database.acquire() as connection:
        await connection.execute(
            """
            WITH blocked AS (
                UPDATE space SET blocklisted_at = now(), blocklisted_reason = 'words'
                 WHERE environment = 'sandbox'
                RETURNING id)
            INSERT INTO blocklisting (space_id, reason, imposed_at)
            SELECT id, 'words', now() FROM blocked
            """
        )
    for command in (
        ("topup", "--email", ANNA, *SANDBOX, "--amount", "12.50", "--note", "invoice 7"),
        ("blocklist", "lift", ANNA, *SANDBOX, "--reason", "a quotation"),
        (
            *("connector", "add", "--name", "acme", "--environment", "production"),
            *("--host", "smsc.example.com", "--port", "2775", "--system-id", "staffetta"),
            *("--password-file", str(secret), "--countries", "IT", "--price", "0.03"),
        ),
    ):
        ended = await staffetta(*command)
        assert ended.code == 0, ended.err
    noted = await staffetta("audit", "list", "--limit", "3", "--json")
    assert [
        (one["action"], one["account"], one["environment"], one["details"]) for one in noted.json
    ] == [
        ("connector.add", None, None, {"connector": "acme", "environment": "production"}),
        ("blocklist.lift", ANNA, "sandbox", {"reason": "a quotation"}),
        ("topup", ANNA, "sandbox", {"amount": 12.5, "note": "invoice 7"}),
    ]
    assert "s3cr3t" not in noted.out
    user = pwd.getpwuid(os.getuid()).pw_name
    assert {one["actor"] for one in noted.json} == {f"command line ({user})"}


async def test_words_senders_guards_limits_and_bundles_are_noted(staffetta, anna) -> None:
    for command in (
        ("words", "add", "casino", "--note", "in March"),
        ("words", "add", "casino"),
        ("words", "remove", "1"),
        ("sender", "require", "IT"),
        ("sender", "require", "IT"),
        ("sender", "free", "IT"),
        ("guard", "set", ANNA, *SANDBOX, "--countries", "IT,FR", "--day-spend-max", "100"),
        ("guard", "show", ANNA, *SANDBOX),
        ("ledger", "limit", "--email", ANNA, *SANDBOX, "--limit", "500", "--note", "contract"),
        ("ledger", "limit", "--email", ANNA, *SANDBOX),
        ("bundle", "add", ANNA, *SANDBOX, "--segments", "10", "--price", "1"),
        ("bundle", "end", ANNA, "1", *SANDBOX, "--reason", "a mistake"),
        ("callbacks", "secret", "rotate", ANNA, *SANDBOX),
    ):
        ended = await staffetta(*command)
        assert ended.code == 0, ended.err
    noted = (await staffetta("audit", "list", "--json")).json
    assert [(one["action"], one["account"]) for one in noted][:9] == [
        ("callback.rotate_secret", ANNA),
        ("bundle.end", ANNA),
        ("bundle.add", ANNA),
        ("limit.set", ANNA),
        ("guard.set", ANNA),
        ("sender.free", None),
        ("sender.require", None),
        ("words.remove", None),
        ("words.add", None),
    ]
    assert noted[4]["details"] == {
        "countries_allowed": ["FR", "IT"],
        "day_spend_max_micro": 100_000_000,
    }


async def test_what_is_refused_is_not_noted(staffetta, anna) -> None:
    before = (await staffetta("audit", "list", "--json")).json
    for command in (
        ("topup", "--email", BOB, *SANDBOX, "--amount", "1"),
        ("blocklist", "lift", ANNA, *SANDBOX, "--reason", "none stands"),
        ("account", "rename", ANNA, "anna"),
        ("account", "reopen", ANNA),
        ("apikey", "revoke", ANNA, "999999", *SANDBOX),
    ):
        await staffetta(*command)
    assert (await staffetta("audit", "list", "--json")).json == before


async def test_the_trail_is_filtered_by_account_action_and_days(
    staffetta, anna, database: Database
) -> None:
    await staffetta("account", "create", "--email", BOB)
    await staffetta("account", "close", BOB)
    async with database.acquire() as connection:
        await connection.execute(
            "UPDATE audit_entry SET at = at - interval '8 days' WHERE action = 'account.create'"
        )

    async def noted(*arguments: str) -> list[tuple[str, str]]:
        found = (await staffetta("audit", "list", *arguments, "--json")).json
        return [(one["action"], one["account"]) for one in found]

    created_anna, created_bob = ("account.create", ANNA), ("account.create", BOB)
    closed_bob = ("account.close", BOB)
    assert await noted() == [closed_bob, created_bob, created_anna]
    assert await noted("--account", ANNA) == [created_anna]
    assert await noted("--action", "account.close") == [closed_bob]
    assert await noted("--action", "acc") == []
    assert await noted("--days", "7") == [closed_bob]
    assert await noted("--limit", "1") == [closed_bob]
    shown = (await staffetta("audit", "list")).out
    assert "account.close" in shown
    assert "currency EUR" in shown
