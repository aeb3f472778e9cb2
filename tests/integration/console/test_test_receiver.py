"""The test receiver: what is handed over to it, how it answers, and what its page shows."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from console_people import AccountConsole, account_console
from delivery import KEYRING, delivering
from hand_gateway import make_gateway
from outbox import Outbox
from standardwebhooks import Webhook

from staffetta.callbacks.addresses import PUBLIC_ONLY
from staffetta.callbacks.letters import Request
from staffetta.callbacks.receiver import (
    BODY_BYTES_MAX,
    KEPT_MAX,
    RECEIVER_HOST,
    RECEIVER_URL,
    ReceiverAnswer,
    TestReceiver,
    forget_test_deliveries_once,
    list_test_deliveries,
    read_answer,
)
from staffetta.callbacks.secret import ensure_secret, rotate_secret
from staffetta.callbacks.target import parse_callback
from staffetta.db.pool import Database
from staffetta.domain.errors import InvalidCallback

PAGE = "/console/production/callbacks/receiver"
CAME = f"{PAGE}/came"


@pytest.fixture
async def console(database: Database, clock: Any) -> AsyncIterator[AccountConsole]:
    async with account_console(await make_gateway(database, clock)) as one:
        yield one


@pytest.fixture
def outbox(console: AccountConsole) -> Outbox:
    gateway = console.gateway
    return Outbox(gateway.database, gateway.clock.now(), gateway.space_id)


async def hand_over(console: AccountConsole, outbox: Outbox, url: str = RECEIVER_URL) -> None:
    """Owe a callback to the receiver, and deliver what is due; no network may be reached."""
    message = await outbox.message(url, custom={"order": "<b>7</b>"})
    await outbox.owe([message], host=RECEIVER_HOST)
    await deliver(console, outbox)


async def deliver(console: AccountConsole, outbox: Outbox) -> None:
    async with delivering(outbox, console.gateway.clock, networks=PUBLIC_ONLY) as delivery:
        await delivery.step()


async def came(outbox: Outbox) -> list[Any]:
    async with outbox.database.acquire() as connection:
        return await list_test_deliveries(connection, outbox.space_id, outbox.now)


async def switch(console: AccountConsole, answer: str) -> None:
    sent = await console.send(console.owner, PAGE, answer=answer)
    assert sent.headers["location"] == f"{PAGE}?done=answer"


async def test_a_callback_is_handed_over_as_it_would_be_sent(
    console: AccountConsole, outbox: Outbox
) -> None:
    await hand_over(console, outbox)
    (one,) = await came(outbox)
    async with outbox.database.transaction() as connection:
        secrets = await ensure_secret(connection, KEYRING, outbox.space_id, outbox.now)
    expected = Webhook(secrets.secrets[0]).sign(
        one.headers["webhook-id"], outbox.now, one.body.decode()
    )
    assert one.headers["webhook-signature"] == expected
    assert one.is_signed
    assert one.headers["Content-Type"] == "application/json"
    assert one.url == RECEIVER_URL
    assert await outbox.statuses() == ["delivered"]
    (attempt,) = await outbox.attempts()
    assert attempt["http_status"] == 200


async def test_its_page_shows_what_came_and_runs_none_of_it(
    console: AccountConsole, outbox: Outbox
) -> None:
    assert "Nothing came yet" in (await console.owner.get(PAGE)).text
    await hand_over(console, outbox)
    for path in (PAGE, CAME):
        shown = (await console.member.get(path)).text
        assert "signature valid" in shown
        assert "answered 200" in shown
        assert "&lt;b&gt;7&lt;/b&gt;" in shown
        assert "<b>7</b>" not in shown
    assert "Nothing came yet" in (await console.stranger.get(PAGE)).text


async def test_a_page_that_shows_the_newest_is_told_nothing(
    console: AccountConsole, outbox: Outbox
) -> None:
    await hand_over(console, outbox)
    (one,) = await came(outbox)
    answer = await console.owner.get(CAME, params={"newest": str(one.id)})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    ("answer", "status", "becomes"),
    [("well", 200, "delivered"), ("broken", 500, "owed"), ("gone", 410, "ended")],
)
async def test_it_answers_as_it_is_told(
    console: AccountConsole, outbox: Outbox, answer: str, status: int, becomes: str
) -> None:
    await switch(console, answer)
    await hand_over(console, outbox)
    (attempt,) = await outbox.attempts()
    assert attempt["http_status"] == status
    assert await outbox.statuses() == [becomes]
    assert f"answered {status}" in (await console.owner.get(CAME)).text


async def test_after_a_failure_it_is_tried_again_without_waiting(
    console: AccountConsole, outbox: Outbox
) -> None:
    await switch(console, "broken")
    await hand_over(console, outbox)
    await switch(console, "well")
    await deliver(console, outbox)
    assert await outbox.statuses() == ["owed"]
    sent = await console.send(console.owner, PAGE, do="hurry")
    assert sent.headers["location"] == f"{PAGE}?done=hurried"
    await deliver(console, outbox)
    assert await outbox.statuses() == ["delivered"]
    first, second = await came(outbox)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert (first.http_status, second.http_status) == (200, 500)
    nothing = await console.send(console.owner, PAGE, do="hurry")
    assert nothing.headers["location"] == f"{PAGE}?done=nothing"


async def test_a_receiver_that_fails_again_and_again_is_left_alone_and_says_so(
    console: AccountConsole, outbox: Outbox
) -> None:
    await switch(console, "broken")
    messages = await outbox.messages(5, RECEIVER_URL)
    await outbox.owe(messages, host=RECEIVER_HOST)
    async with delivering(outbox, console.gateway.clock, networks=PUBLIC_ONLY) as delivery:
        await delivery.step()
        await delivery.deliverer.pauses.write_once()
    shown = (await console.owner.get(CAME)).text
    assert "is left alone for a while" in shown
    newest = str((await came(outbox))[0].id)
    assert (await console.owner.get(CAME, params={"newest": newest})).status_code == 200
    console.gateway.clock.advance(31)
    assert (await console.owner.get(CAME, params={"newest": newest})).status_code == 204


async def test_it_answers_slowly_when_it_is_told_to(
    console: AccountConsole, outbox: Outbox
) -> None:
    await switch(console, "slow")
    clock, request = console.gateway.clock, Request(RECEIVER_URL, {}, b"{}")
    quick = TestReceiver(outbox.database, KEYRING, clock, slow_seconds=0)
    assert (await quick.take(outbox.space_id, request)).status == 200
    slow = TestReceiver(outbox.database, KEYRING, clock, slow_seconds=3600)
    answering = asyncio.create_task(slow.take(outbox.space_id, request))
    async with asyncio.timeout(20):
        while len(await came(outbox)) < 2:
            assert not answering.done()
    assert not answering.done()  # it has it, and says nothing yet
    answering.cancel()


async def test_a_rotated_secret_signs_beside_the_new_one(
    console: AccountConsole, outbox: Outbox
) -> None:
    async with outbox.database.transaction() as connection:
        await ensure_secret(connection, KEYRING, outbox.space_id, outbox.now)
        secrets = await rotate_secret(connection, KEYRING, outbox.space_id, outbox.now)
    await hand_over(console, outbox)
    (one,) = await came(outbox)
    assert (one.signature_count, one.is_signed) == (2, True)
    text = one.body.decode()
    for secret in secrets.secrets:
        signature = Webhook(secret).sign(one.headers["webhook-id"], outbox.now, text)
        assert signature in one.headers["webhook-signature"].split(" ")
    assert "two signatures" in (await console.owner.get(CAME)).text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"webhook-signature": "v1,"},
        {
            "webhook-id": "cb_1",
            "webhook-timestamp": "1",
            "webhook-signature": "v1," + base64.b64encode(b"x" * 32).decode(),
        },
        {"webhook-signature": "v1,è"},
    ],
)
async def test_what_is_not_signed_is_said_to_be_so(
    console: AccountConsole, outbox: Outbox, headers: dict[str, str]
) -> None:
    receiver = TestReceiver(outbox.database, KEYRING, console.gateway.clock)
    await receiver.take(outbox.space_id, Request(RECEIVER_URL, headers, b"{}"))
    assert "signature not valid" in (await console.owner.get(CAME)).text


async def test_only_so_much_is_kept_and_not_for_long(
    console: AccountConsole, outbox: Outbox
) -> None:
    receiver = TestReceiver(outbox.database, KEYRING, console.gateway.clock)
    large = b'"' + b"x" * (BODY_BYTES_MAX + 10) + b'"'
    for number in range(KEPT_MAX + 2):
        body = large if number == KEPT_MAX + 1 else b"%d" % number
        await receiver.take(outbox.space_id, Request(RECEIVER_URL, {}, body))
    kept = await came(outbox)
    assert len(kept) == KEPT_MAX
    assert [one.body for one in (kept[1], kept[-1])] == [b"%d" % KEPT_MAX, b"2"]
    assert (len(kept[0].body), kept[0].octet_count) == (BODY_BYTES_MAX, len(large))
    assert kept[0].is_cut
    now = outbox.now + timedelta(days=1, seconds=1)
    assert await forget_test_deliveries_once(outbox.database, now) == KEPT_MAX
    assert await came(outbox) == []


async def test_what_came_is_forgotten_when_somebody_says_so(
    console: AccountConsole, outbox: Outbox
) -> None:
    await hand_over(console, outbox)
    await console.send(console.stranger, PAGE, do="clear")
    assert len(await came(outbox)) == 1
    await console.send(console.owner, PAGE, do="clear")
    assert await came(outbox) == []


async def test_an_answer_that_there_is_not_changes_nothing(
    console: AccountConsole, outbox: Outbox
) -> None:
    await switch(console, "gone")
    for fields in ({"answer": "teapot"}, {}, {"do": "dance"}):
        answer = await console.send(console.owner, PAGE, **fields)
        assert answer.status_code == 422
        assert "Choose how the receiver answers." in answer.text
    async with outbox.database.acquire() as connection:
        assert await read_answer(connection, outbox.space_id) is ReceiverAnswer.GONE


@pytest.mark.parametrize("deep", [b"[" * 30_000, b"[" * 30_000 + b"]" * 30_000])
async def test_what_nests_deeper_than_we_read_is_shown_as_it_is(
    console: AccountConsole, outbox: Outbox, deep: bytes
) -> None:
    receiver = TestReceiver(outbox.database, KEYRING, console.gateway.clock)
    await receiver.take(outbox.space_id, Request(RECEIVER_URL, {}, deep))
    shown = await console.owner.get(CAME)
    assert shown.status_code == 200
    assert "[" * 1_000 in shown.text


async def test_bodies_are_read_only_where_there_is_something_new(
    console: AccountConsole, outbox: Outbox
) -> None:
    await hand_over(console, outbox)
    (one,) = await came(outbox)
    await outbox.rows("ALTER TABLE test_delivery RENAME COLUMN body TO nobody_reads_it")
    answer = await console.owner.get(CAME, params={"newest": str(one.id)})
    assert answer.status_code == 204
    assert (await console.owner.get(CAME)).status_code == 500


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        (RECEIVER_URL, True),
        ("http://TEST-RECEIVER.INVALID:81/any/path?x=1", True),
        ("https://test-receiver.invalid./", True),
        ("https://test-receiver.invalid.example.com/", False),
        ("https://example.com/test-receiver.invalid", False),
        ("https://sub.test-receiver.invalid/", False),
        ("https://test-receiver.invalid@example.com/", None),
    ],
)
def test_only_its_own_name_leads_to_it(url: str, is_ours: bool | None) -> None:
    if is_ours is None:
        with pytest.raises(InvalidCallback):
            parse_callback({"url": url})
    else:
        assert (parse_callback({"url": url}).host == RECEIVER_HOST) is is_ours
