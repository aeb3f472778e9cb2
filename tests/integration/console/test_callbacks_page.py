"""The page of callbacks: hosts, tries, sending again, and the secret."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from console_people import AccountConsole, account_console, found_in
from delivery import delivering
from hand_gateway import make_gateway
from outbox import Outbox
from receiver import Receiver, receiving

from staffetta.accounts.audit import list_entries
from staffetta.db.pool import Database
from staffetta.domain.states import State

CALLBACKS = "/console/production/callbacks"
SECRET = f"{CALLBACKS}/secret"
SHOWN_SECRET = re.compile(r"<code>(whsec_[^<]+)</code>")


@pytest.fixture
async def console(database: Database, clock: Any) -> AsyncIterator[AccountConsole]:
    async with account_console(await make_gateway(database, clock)) as one:
        yield one


@pytest.fixture
def outbox(console: AccountConsole) -> Outbox:
    gateway = console.gateway
    return Outbox(gateway.database, gateway.clock.now(), gateway.space_id)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


async def owe(outbox: Outbox, receiver: Receiver, **callback: Any) -> str:
    """A callback that is owed; its address."""
    message = await outbox.message(receiver.url(), **callback)
    await outbox.owe([message])
    return f"{CALLBACKS}/{(await outbox.owed(message))[0].id.hex()}"


async def deliver(console: AccountConsole, outbox: Outbox) -> None:
    async with delivering(outbox, console.gateway.clock) as delivery:
        await delivery.step()


async def test_an_account_without_callbacks_is_told_how_to_have_some(
    console: AccountConsole,
) -> None:
    shown = (await console.owner.get(CALLBACKS)).text
    assert "No callback here" in shown
    assert f"{CALLBACKS}/receiver" in shown


async def test_a_host_and_its_callbacks_are_shown_as_they_stand(
    console: AccountConsole, outbox: Outbox, receiver: Receiver
) -> None:
    path = await owe(outbox, receiver)
    shown = (await console.owner.get(CALLBACKS)).text
    assert ">127.0.0.1</a>" in shown
    assert ">not tried yet</span>" in shown

    receiver.answers(503, "<b>come back later</b>")
    await deliver(console, outbox)
    shown = (await console.owner.get(f"{CALLBACKS}/now")).text
    assert "1 callback failed so far" in shown
    assert ">failing</span>" in shown
    one = (await console.owner.get(path)).text
    assert "&lt;b&gt;come back later&lt;/b&gt;" in one
    assert "answered 503" in one

    receiver.answers(200)
    console.gateway.clock.advance(60)
    await deliver(console, outbox)
    shown = (await console.owner.get(f"{CALLBACKS}/now")).text
    assert "Nothing waits" in shown
    assert ">received</span>" in shown


async def test_one_callback_shows_what_was_sent(
    console: AccountConsole, outbox: Outbox, receiver: Receiver
) -> None:
    path = await owe(outbox, receiver, custom={"order": "<i>7</i>"}, headers={"X-Shop": "s3"})
    await deliver(console, outbox)
    shown = (await console.owner.get(path)).text
    (request,) = receiver.received
    assert request.headers["webhook-id"] in shown
    assert "&#34;state&#34;: &#34;DELIVERED&#34;" in shown
    assert "&lt;i&gt;7&lt;/i&gt;" in shown
    assert "X-Shop" in shown
    assert request.headers["webhook-signature"] not in shown


async def test_a_form_is_shown_as_it_was_sent(
    console: AccountConsole, outbox: Outbox, receiver: Receiver
) -> None:
    path = await owe(outbox, receiver, method="POST", field="sms")
    await deliver(console, outbox)
    shown = (await console.owner.get(path)).text
    assert receiver.received[0].body.decode()[:40] in shown


@pytest.mark.parametrize(
    ("search", "count"),
    [
        ({}, 2),
        ({"standing": "received"}, 2),  # nothing that we know: nothing is left out
        ({"standing": "delivered"}, 1),
        ({"standing": "waiting"}, 1),
        ({"standing": "dead"}, 0),
        ({"host": "127.0.0.1"}, 2),
        ({"host": "evil\0"}, 0),
    ],
)
async def test_callbacks_are_searched(
    console: AccountConsole, outbox: Outbox, receiver: Receiver, search: dict[str, str], count: int
) -> None:
    await owe(outbox, receiver)
    await deliver(console, outbox)
    await owe(outbox, receiver)
    shown = (await console.owner.get(f"{CALLBACKS}/now", params=search)).text
    assert shown.count('<td><a id="cb-') == count


async def test_what_was_given_up_is_sent_again_since_a_time(
    console: AccountConsole, outbox: Outbox, receiver: Receiver
) -> None:
    receiver.answers(500)
    await owe(outbox, receiver, retry=0)
    await deliver(console, outbox)
    assert await outbox.statuses() == ["dead"]
    shown = (await console.owner.get(CALLBACKS)).text
    assert "1 callback was given up" in shown
    assert 'value="2026-03-13T09:26"' in shown

    page = f"{CALLBACKS}/replay"
    later = await console.send(console.owner, CALLBACKS, page, since="2026-03-14T10:00")
    assert later.headers["location"] == f"{CALLBACKS}?done=nothing"
    answer = await console.send(console.member, CALLBACKS, page, since="2026-03-14T09:00")
    assert answer.headers["location"] == f"{CALLBACKS}?done=replayed"
    assert await outbox.statuses() == ["owed"]
    receiver.answers(200)
    await deliver(console, outbox)
    assert await outbox.statuses() == ["delivered"]


@pytest.mark.parametrize("since", ["", "yesterday", "2026-13-01T00:00"])
async def test_a_replay_needs_a_time(
    console: AccountConsole, outbox: Outbox, receiver: Receiver, since: str
) -> None:
    await owe(outbox, receiver)
    answer = await console.send(console.owner, CALLBACKS, f"{CALLBACKS}/replay", since=since)
    assert answer.status_code == 422
    assert 'id="since-problem"' in answer.text


async def test_one_callback_is_sent_again(
    console: AccountConsole, outbox: Outbox, receiver: Receiver
) -> None:
    path = await owe(outbox, receiver)
    await deliver(console, outbox)
    answer = await console.send(console.owner, path)
    assert answer.headers["location"] == f"{path}?done=replayed"
    await deliver(console, outbox)
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


async def test_what_waits_for_its_next_try_is_tried_now(
    console: AccountConsole, outbox: Outbox, receiver: Receiver
) -> None:
    receiver.answers(500)
    path = await owe(outbox, receiver)
    await deliver(console, outbox)
    receiver.answers(200)
    await deliver(console, outbox)
    assert len(receiver.received) == 1
    await console.send(console.owner, CALLBACKS, f"{CALLBACKS}/hurry", host="127.0.0.1")
    await deliver(console, outbox)
    assert len(receiver.received) == 2
    again = await console.send(console.owner, path)
    assert again.headers["location"] == f"{path}?done=replayed"


async def test_a_host_that_does_not_answer_is_said_to_be_left_alone(
    console: AccountConsole, outbox: Outbox, receiver: Receiver
) -> None:
    receiver.answers(500)
    for _ in range(5):
        await owe(outbox, receiver)
    async with delivering(outbox, console.gateway.clock) as delivery:
        await delivery.step()
        assert await delivery.deliverer.pauses.write_once() == 1
        shown = (await console.owner.get(CALLBACKS)).text
        assert "is left alone" in shown
        assert (console.gateway.clock.now() + timedelta(seconds=30)).isoformat() in shown
        assert "is left alone" not in (await console.stranger.get(CALLBACKS)).text

        receiver.answers(200)
        console.gateway.clock.advance(75)
        await delivery.step()
        assert await delivery.deliverer.pauses.write_once() == 1
    assert "is left alone" not in (await console.owner.get(CALLBACKS)).text


async def test_another_account_learns_nothing(
    console: AccountConsole, outbox: Outbox, receiver: Receiver
) -> None:
    path = await owe(outbox, receiver)
    await deliver(console, outbox)
    assert (await console.stranger.get(path)).status_code == 404
    assert "127.0.0.1" not in (await console.stranger.get(CALLBACKS)).text
    refused = await console.send(console.stranger, CALLBACKS, path)
    assert refused.status_code == 404
    await console.send(
        console.stranger, CALLBACKS, f"{CALLBACKS}/replay", since="2026-03-14T09:00", which="all"
    )
    assert await outbox.statuses() == ["delivered"]
    assert (await console.owner.get(path.replace("production", "sandbox"))).status_code == 404


async def test_superseded_callbacks_stay_as_they_are(
    console: AccountConsole, outbox: Outbox, receiver: Receiver
) -> None:
    message = await outbox.message(receiver.url())
    await outbox.owe([message], State.SUBMITTED)
    await outbox.owe([message], State.DELIVERED)
    await deliver(console, outbox)
    older = (await outbox.owed(message))[0]
    path = f"{CALLBACKS}/{older.id.hex()}"
    assert ">replaced by a newer one</span>" in (await console.owner.get(path)).text
    answer = await console.send(console.owner, CALLBACKS, path)
    assert answer.headers["location"] == f"{path}?done=nothing"


# The secret ---------------------------------------------------------------------------------------


async def shown_secret(console: AccountConsole) -> str:
    return found_in(SHOWN_SECRET, (await console.send(console.owner, SECRET)).text)


async def test_the_secret_is_shown_to_an_owner_who_asks(console: AccountConsole) -> None:
    assert "whsec_" not in (await console.owner.get(SECRET)).text
    secret = await shown_secret(console)
    assert await shown_secret(console) == secret
    async with console.gateway.database.acquire() as connection:
        entries = await list_entries(connection)
    assert [one.action for one in entries] == ["callback.show_secret"] * 2
    assert secret not in str(entries)


async def test_a_member_gets_no_secret(console: AccountConsole) -> None:
    assert SECRET not in (await console.member.get(CALLBACKS)).text
    assert (await console.member.get(SECRET)).status_code == 403
    for path in (SECRET, f"{SECRET}/rotate"):
        assert (await console.send(console.member, CALLBACKS, path)).status_code == 403


async def test_a_rotation_is_told_with_its_end(console: AccountConsole) -> None:
    before = await shown_secret(console)
    answer = await console.send(console.owner, SECRET, f"{SECRET}/rotate")
    assert answer.headers["location"] == f"{SECRET}?done=rotated"
    shown = (await console.owner.get(SECRET)).text
    assert (console.gateway.clock.now() + timedelta(hours=24)).isoformat() in shown
    assert "The last rotation is not over" in shown
    assert await shown_secret(console) != before
    console.gateway.clock.advance(24 * 3600 + 1)
    assert "The last rotation is not over" not in (await console.owner.get(SECRET)).text
