"""The page of callbacks: hosts, tries, sending again, and the secret."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from bulk_hand import BulkHand, italians
from console_people import AccountConsole, account_console, found_in
from delivery import delivering
from hand_gateway import make_gateway
from outbox import Outbox
from receiver import Receiver, receiving

from staffetta.accounts.audit import list_entries
from staffetta.callbacks.sql import OWE_GATHERED
from staffetta.db.pool import Database
from staffetta.domain.states import State

CALLBACKS = "/console/production/callbacks"


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

    console.gateway.clock.advance(3600)
    page = f"{CALLBACKS}/replay"
    later = await console.send(console.owner, CALLBACKS, page, since="2026-03-14T10:00")
    assert later.headers["location"] == f"{CALLBACKS}?done=nothing"
    answer = await console.send(console.member, CALLBACKS, page, since="2026-03-14T09:00")
    assert answer.headers["location"] == f"{CALLBACKS}?done=replayed"
    assert await outbox.statuses() == ["owed"]
    receiver.answers(200)
    await deliver(console, outbox)
    assert await outbox.statuses() == ["delivered"]


SINCE_PROBLEMS = (
    "",
    "yesterday",
    "2026-13-01T00:00",
    "0001-01-01T00:00",
    "0001-01-01T00:00+23:00",
    "2025-01-01T00:00",  # longer than a year ago
    "2026-03-14T09:27",  # not yet
    "9999-12-31T23:59",
)


@pytest.mark.parametrize("since", SINCE_PROBLEMS)
async def test_a_replay_needs_a_time(
    console: AccountConsole, outbox: Outbox, receiver: Receiver, since: str
) -> None:
    await owe(outbox, receiver)
    answer = await console.send(console.owner, CALLBACKS, f"{CALLBACKS}/replay", since=since)
    assert answer.status_code == 422
    assert 'id="since-problem"' in answer.text
    assert not since or f'value="{since}"' in answer.text


async def test_a_time_with_an_offset_is_that_time(
    console: AccountConsole, outbox: Outbox, receiver: Receiver
) -> None:
    await owe(outbox, receiver)
    await deliver(console, outbox)
    page, form = f"{CALLBACKS}/replay", {"which": "all"}
    later = await console.send(
        console.owner, CALLBACKS, page, since="2026-03-14T11:26:40+02:00", **form
    )
    assert later.headers["location"] == f"{CALLBACKS}?done=replayed"


async def test_only_the_host_that_is_looked_at_is_sent_again(
    console: AccountConsole, outbox: Outbox, receiver: Receiver
) -> None:
    message = await outbox.message(receiver.url())
    await outbox.owe([message], host="a.example")
    await outbox.owe([message], host="b.example")
    await outbox.rows("UPDATE callback SET status = 'dead', kind = 'v1'")
    here = f"{CALLBACKS}?host=a.example"
    shown = (await console.owner.get(here)).text
    assert 'type="hidden" name="host" value="a.example"' in shown
    assert "callbacks to a.example again?" in shown
    answer = await console.send(
        console.owner, here, f"{CALLBACKS}/replay", host="a.example", since="2026-03-14T09:00"
    )
    assert answer.headers["location"] == f"{here}&done=replayed"
    rows = await outbox.rows("SELECT host FROM callback WHERE status = 'owed'")
    assert [row["host"] for row in rows] == ["a.example"]


@pytest.mark.parametrize("search", [{"message": "x"}, {"before": "x"}, {"message": "0" * 23}])
async def test_an_id_that_is_none_is_not_left_out(
    console: AccountConsole, outbox: Outbox, receiver: Receiver, search: dict[str, str]
) -> None:
    await owe(outbox, receiver)
    for path in (CALLBACKS, f"{CALLBACKS}/now"):
        shown = (await console.owner.get(path, params=search)).text
        assert "No callback here." in shown
        assert '<td><a id="cb-' not in shown


async def test_a_replay_of_no_message_sends_nothing(
    console: AccountConsole, outbox: Outbox, receiver: Receiver
) -> None:
    await owe(outbox, receiver)
    await deliver(console, outbox)
    form = {"since": "2026-03-14T09:00", "which": "all", "message": "x"}
    answer = await console.send(console.owner, CALLBACKS, f"{CALLBACKS}/replay", **form)
    assert answer.status_code == 404
    assert await outbox.statuses() == ["delivered"]


async def test_the_page_looks_again_only_while_somebody_sees_it(console: AccountConsole) -> None:
    for path in (CALLBACKS, f"{CALLBACKS}/receiver"):
        shown = (await console.owner.get(path)).text
        assert "data-again=" in shown
        assert "/again.js" in shown
        assert "every " not in found_in(re.compile(r'hx-trigger="([^"]+)"'), shown)


async def test_whoever_sends_again_is_noted(
    console: AccountConsole, outbox: Outbox, receiver: Receiver
) -> None:
    receiver.answers(500)
    path = await owe(outbox, receiver)
    await deliver(console, outbox)
    await console.send(console.member, CALLBACKS, f"{CALLBACKS}/hurry", host="127.0.0.1")
    receiver.answers(200)
    await deliver(console, outbox)
    await console.send(console.member, path)
    await console.send(console.member, CALLBACKS, f"{CALLBACKS}/hurry", host="127.0.0.1")
    async with console.gateway.database.acquire() as connection:
        entries = await list_entries(connection)
    assert [one.action for one in entries] == ["callback.replay", "callback.hurry"]
    assert {one.actor for one in entries} == {"otto@example.com"}


async def test_a_callback_about_many_recipients_shows_its_head(
    console: AccountConsole, outbox: Outbox
) -> None:
    hand = BulkHand(console.gateway)
    target = {"url": "https://many.example/sms"}
    message = (await hand.post(italians(101), callback=target)).message_id
    ids = [one.id.hex() for one in await hand.recipients(message)]
    for count, is_left_out in ((101, True), (100, False)):
        given = outbox.space_id, outbox.ids.make(outbox.now), message, "many.example"
        payload = {"recipients": ids[:count]}
        async with outbox.database.transaction() as connection:
            columns = [[one] for one in (*given, payload)]
            await connection.execute(OWE_GATHERED, *columns, outbox.now)
        shown = (await console.owner.get(f"{CALLBACKS}/{given[1].hex()}")).text
        assert ("It tells of 101 recipients, too many to show here." in shown) is is_left_out
        assert ("3330000007" in shown) is not is_left_out
        assert message.hex() in shown


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
