"""Callbacks that were given up, as operators find them and send them again."""

import asyncio
from datetime import timedelta

import pytest
from lock_waits import until_somebody_waits
from operator_desk import OPERATE, Desk
from outbox import Outbox, make_outbox

from staffetta.callbacks.dead import REPLAYED_MAX
from staffetta.callbacks.receiver import RECEIVER_HOST

LETTERS = "/dead-letters"
HOOK = "https://hooks.example.com/sms?shop=7"
HOST = "hooks.example.com"
HOSTILE = "<script>alert(1)</script>"
# So many younger ones.
COPY_LETTER = """
INSERT INTO callback (space_id, id, message_id, step, event, host, status, due_at, created_at,
                      settled_at)
SELECT space_id, substr(id, 1, 4) || decode('ff' || lpad(to_hex(n), 14, '0'), 'hex'), NULL,
       step, event, host, status, due_at, created_at, settled_at
  FROM callback, generate_series(1, $2::int) AS n
 WHERE id = $1
"""


@pytest.fixture
async def outbox(desk: Desk) -> Outbox:
    """An account of its own, beside the gateway's."""
    return await make_outbox(desk.gateway.database, desk.gateway.clock.now())


async def give_up(desk: Desk, outbox: Outbox, host: str = HOST, **attempt: object) -> bytes:
    """A callback that its host did not take; answers its id."""
    [message_id] = await outbox.messages(1, HOOK)
    [change] = await outbox.owe([message_id], host=host)
    said = {"http_status": 503, "error": "the answer was 503", "answer": "busy", **attempt}
    async with desk.gateway.database.transaction() as connection:
        callback_id = await connection.fetchval(
            "UPDATE callback SET status = 'dead', attempt = 1, settled_at = $2"
            " WHERE message_id = $1 RETURNING id",
            change.message_id,
            outbox.now,
        )
        await connection.execute(
            "INSERT INTO callback_attempt"
            " (space_id, callback_id, attempt, at, elapsed_ms, http_status, error, answer)"
            " VALUES ($1, $2, 1, $3, 12, $4, $5, $6)",
            outbox.space_id,
            callback_id,
            outbox.now,
            said["http_status"],
            said["error"],
            said["answer"],
        )
    found: bytes = callback_id
    return found


async def statuses(desk: Desk) -> list[str]:
    rows = await desk.gateway.rows("SELECT status FROM callback ORDER BY id")
    return [row["status"] for row in rows]


async def test_where_nothing_was_given_up_all_is_well(desk) -> None:
    assert "All is well" in await desk.see(LETTERS)


async def test_dead_letters_are_found_by_account_host_reason_and_day(desk, outbox) -> None:
    one = await give_up(desk, outbox)
    other = await give_up(
        desk, outbox, "other.example.org", http_status=None, error="the name does not resolve"
    )
    for search, found in (
        ({}, {one, other}),
        ({"host": "HOOKS"}, {one}),
        ({"reason": "503"}, {one}),
        ({"reason": "Resolve"}, {other}),
        ({"account": "nobody"}, set()),
        ({"since": "2026-03-14"}, {one, other}),
        ({"since": "2026-03-15"}, set()),
        ({"since": "0001-01-01"}, {one, other}),
        ({"before": other.hex()}, {one}),
    ):
        shown = await desk.see(LETTERS, **search)
        assert {key for key in (one, other) if key.hex() in shown} == found, search
    assert 'role="alert"' in await desk.see(LETTERS, since="soon")


async def test_a_dead_letter_shows_what_it_says_and_every_attempt(desk, outbox) -> None:
    letter = await give_up(desk, outbox, answer=HOSTILE)
    shown = await desk.see(f"{LETTERS}/{outbox.space_id}/{letter.hex()}")
    for said in (HOOK, "the answer was 503", "&lt;script&gt;alert(1)", "+393331234567"):
        assert said in shown
    assert HOSTILE not in shown


async def test_one_is_sent_again_and_noted(desk, outbox) -> None:
    letter = await give_up(desk, outbox)
    await give_up(desk, outbox)
    path = f"{LETTERS}/{outbox.space_id}/{letter.hex()}"
    answer = await desk.send(path, {})
    assert answer.headers["location"].endswith("?done=replayed")
    assert await statuses(desk) == ["owed", "dead"]
    [(action, _, details)] = await desk.audited()
    assert (action, details) == ("callback.replay", {"callback": letter.hex(), "host": HOST})
    assert (await desk.browser.get(f"{OPERATE}{path}")).status_code == 404


async def test_all_of_a_host_are_sent_again_since_a_time(desk, outbox) -> None:
    await give_up(desk, outbox)
    await give_up(desk, outbox, "other.example.org")
    outbox.now += timedelta(hours=2)
    await give_up(desk, outbox)
    since = (outbox.now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    path = f"{LETTERS}/replay"
    sent = await desk.send(path, {"host": HOST.upper(), "since": since}, LETTERS)
    assert sent.headers["location"].endswith("?done=replayed")
    assert await statuses(desk) == ["dead", "dead", "owed"]
    nothing = await desk.send(path, {"host": HOST, "since": since}, LETTERS)
    assert nothing.headers["location"].endswith("?done=nothing")
    [(action, _, details)] = await desk.audited()
    assert (action, details["host"], details["count"]) == ("callback.replay", HOST, 1)


async def test_where_more_is_found_than_is_taken_at_once_it_is_said(desk, outbox) -> None:
    letter = await give_up(desk, outbox)
    await desk.gateway.rows(COPY_LETTER, letter, REPLAYED_MAX)
    fields = {"host": HOST, "since": "2026-03-14T00:00"}
    async with desk.gateway.database.transaction() as connection:
        await connection.execute("UPDATE callback SET status = 'owed' WHERE id = $1", letter)
        # It is found among the others, and owed again by somebody else before it is their turn.
        sending = asyncio.create_task(desk.send(f"{LETTERS}/replay", fields, LETTERS))
        await until_somebody_waits(desk.gateway.database)
    sent = await sending
    assert sent.headers["location"].endswith("?done=limit")
    [(_, _, details)] = await desk.audited()
    assert details["count"] == REPLAYED_MAX - 1


async def test_what_is_not_said_is_asked_for(desk, outbox) -> None:
    await give_up(desk, outbox)
    for fields, problem in (
        ({"host": HOST, "since": ""}, "replay-since"),
        ({"host": "", "since": "2026-03-14T00:00"}, "replay-host"),
        ({"host": HOST, "since": "2026-03-14T00:00", "account": "no one"}, "replay-account"),
        ({"host": HOST, "since": "0001-01-01T00:00"}, "replay-since"),
    ):
        answer = await desk.send(f"{LETTERS}/replay", fields, LETTERS)
        assert answer.status_code == 422
        assert f'id="{problem}-problem"' in answer.text
    assert await statuses(desk) == ["dead"]


async def test_what_is_not_there_is_not_found(desk) -> None:
    for path in (f"{LETTERS}/1/{'0' * 24}", f"{LETTERS}/99999999999/{'0' * 24}", f"{LETTERS}/1/x"):
        assert (await desk.browser.get(f"{OPERATE}{path}")).status_code == 404


async def test_what_the_test_receiver_did_not_take_is_there_for_who_asks(
    desk: Desk, outbox: Outbox
) -> None:
    trial = (await give_up(desk, outbox, RECEIVER_HOST)).hex()
    real = (await give_up(desk, outbox)).hex()
    shown = await desk.see(LETTERS)
    assert real in shown
    assert trial not in shown
    assert RECEIVER_HOST not in shown
    asked = await desk.see(LETTERS, host=RECEIVER_HOST)
    assert trial in asked
