"""Callbacks from the command line: what was tried, and sending it again."""

from datetime import UTC, datetime

import pytest

from staffetta.accounts.audit import EntryFilter, list_entries
from staffetta.accounts.email import Email
from staffetta.accounts.space import find_space
from staffetta.callbacks.owe import STEP_FINAL, STEP_PENDING, Change, Lane, owe_changes
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment
from staffetta.domain.ids import IdMaker

ANNA = "anna@example.com"
ids = IdMaker()


async def owe(database: Database, step: int, state: str, message_id: bytes, status: str) -> str:
    """A callback of anna's production space with one failed attempt; its id."""
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        space = await find_space(connection, Email.parse(ANNA), Environment.PRODUCTION)
        change = Change(
            lane=Lane(space.space_id, "example.com"),
            message_id=message_id,
            recipient_id=message_id,
            step=step,
            state=state,
            charged_micro=0,
            possibly_duplicate=False,
            sent_at=None,
            delivered_at=None,
        )
        await owe_changes(connection, [change], ids, now)
        callback_id: bytes = await connection.fetchval(
            "SELECT id FROM callback WHERE message_id = $1 AND step = $2", message_id, step
        )
        await connection.execute(
            "UPDATE callback SET status = $2, attempt = 3 WHERE id = $1", callback_id, status
        )
        await connection.execute(
            "INSERT INTO callback_attempt (space_id, callback_id, attempt, at, elapsed_ms,"
            " http_status, answer) VALUES ($1, $2, 3, $3, 12, 500, 'out of order')",
            space.space_id,
            callback_id,
            now,
        )
    return callback_id.hex()


@pytest.fixture
def message_id() -> bytes:
    return ids.make(datetime.now(UTC))


async def test_a_dead_letter_is_listed_shown_and_sent_again(
    staffetta, anna, database: Database, message_id: bytes
) -> None:
    callback_id = await owe(database, STEP_FINAL, "delivered", message_id, "dead")
    (listed,) = (await staffetta("callbacks", "list", "--status", "dead", "--json")).json
    assert (listed["id"], listed["status"], listed["httpStatus"]) == (callback_id, "dead", 500)
    shown = (await staffetta("callbacks", "show", callback_id, "--json")).json
    assert [(one["attempt"], one["answer"]) for one in shown["attempts"]] == [(1, "out of order")]
    assert listed["attempts"] == 1
    replayed = (await staffetta("callbacks", "replay", "--since", "2026-01-01", "--json")).json
    assert replayed == {"found": 1, "replayed": 1, "mayBeMore": False}
    (listed,) = (await staffetta("callbacks", "list", "--account", ANNA, "--json")).json
    assert listed["status"] == "owed"
    assert (await staffetta("callbacks", "list", "--status", "dead", "--json")).json == []


async def test_an_older_state_is_not_sent_again_after_a_newer(
    staffetta, anna, database: Database, message_id: bytes
) -> None:
    older = await owe(database, STEP_PENDING, "submitted", message_id, "dead")
    newer = await owe(database, STEP_FINAL, "delivered", message_id, "delivered")
    told = await staffetta("callbacks", "replay", older, newer, "--json")
    assert told.json == {"found": 2, "replayed": 1, "mayBeMore": False}
    listed = (await staffetta("callbacks", "list", "--json")).json
    assert {one["id"]: one["status"] for one in listed} == {older: "dead", newer: "owed"}


async def test_what_cannot_be_sent_again_takes_no_place_of_what_can(
    staffetta, anna, database: Database
) -> None:
    dead = [
        await owe(database, STEP_FINAL, "delivered", ids.make(datetime.now(UTC)), "dead")
        for _ in range(2)
    ]
    message_id = ids.make(datetime.now(UTC))
    await owe(database, STEP_PENDING, "submitted", message_id, "dead")
    await owe(database, STEP_FINAL, "delivered", message_id, "delivered")

    replay = ("callbacks", "replay", "--since", "2026-01-01", "--limit", "1", "--json")
    told = [(await staffetta(*replay)).json for _ in range(3)]

    one = {"found": 1, "replayed": 1, "mayBeMore": True}
    assert told == [one, one, {"found": 0, "replayed": 0, "mayBeMore": False}]
    listed = (await staffetta("callbacks", "list", "--status", "owed", "--json")).json
    assert {each["id"] for each in listed} == set(dead)
    assert "there may be more" not in (await staffetta(*replay[:-1])).out


async def test_a_replay_says_that_its_limit_was_reached(
    staffetta, anna, database: Database, message_id: bytes
) -> None:
    await owe(database, STEP_FINAL, "delivered", message_id, "dead")
    told = await staffetta("callbacks", "replay", "--since", "2026-01-01", "--limit", "1")
    assert "there may be more" in told.out


async def test_a_replay_needs_to_know_what(staffetta, anna) -> None:
    for arguments in ((), ("--since", "yesterday"), ("--since", "2026-01-01", "--status", "new")):
        ended = await staffetta("callbacks", "replay", *arguments)
        assert ended.code == 2
    unknown = await staffetta("callbacks", "show", "0" * 24)
    assert (unknown.code, "there is no callback" in unknown.err) == (1, True)


async def test_a_secret_is_printed_alone_for_scripts(staffetta, anna, database: Database) -> None:
    show = ("callbacks", "secret", "show", ANNA, "--environment", "sandbox")
    plain = await staffetta(*show, "--plain")
    assert plain.code == 0
    assert plain.out == f"{(await staffetta(*show, '--json')).json['secret']}\n"
    assert plain.out.startswith("whsec_")
    async with database.acquire() as connection:
        looks = await list_entries(connection, EntryFilter(action="callback.show_secret"))
    assert [one.account for one in looks] == [ANNA, ANNA]
    both = await staffetta(*show, "--plain", "--json")
    assert (both.code, "whsec_" in both.out) == (2, False)


async def test_a_secret_is_made_once_and_rotated(staffetta, anna) -> None:
    where = (ANNA, "--environment", "production", "--json")
    first = (await staffetta("callbacks", "secret", "show", *where)).json["secret"]
    assert first.startswith("whsec_")
    assert (await staffetta("callbacks", "secret", "show", *where)).json["secret"] == first
    second = (await staffetta("callbacks", "secret", "rotate", *where)).json["secret"]
    assert second != first
    assert (await staffetta("callbacks", "secret", "show", *where)).json["secret"] == second
