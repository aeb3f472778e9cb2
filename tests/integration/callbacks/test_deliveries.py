"""What an account sees of its callbacks: where each went, how often, and what came of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from delivery import delivering
from outbox import Outbox
from receiver import Receiver

from staffetta.callbacks import history_sql as sql
from staffetta.callbacks.claim import claim
from staffetta.callbacks.history import (
    CallbackFilter,
    Delivery,
    find_delivery,
    list_callbacks,
    list_deliveries,
    read_attempts,
)
from staffetta.callbacks.owe import Lane
from staffetta.domain.clock import Clock
from staffetta.domain.ids import IdMaker
from staffetta.domain.states import State


async def listed(
    outbox: Outbox, space_id: int, *calls: tuple[str, str], window: tuple[int, int] = (0, 100)
) -> list[Delivery]:
    async with outbox.database.acquire() as connection:
        return await list_deliveries(connection, space_id, calls or None, *window)


async def found(outbox: Outbox, space_id: int, callback_id: bytes) -> Delivery | None:
    async with outbox.database.acquire() as connection:
        return await find_delivery(connection, space_id, callback_id)


async def test_a_delivered_one_shows_its_attempts(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    message_id = await outbox.message(receiver.url(), custom={"order": 7})
    await outbox.owe([message_id])
    async with delivering(outbox, clock) as delivery:
        await delivery.step()
    (one,) = await listed(outbox, outbox.space_id)
    assert (one.status, one.is_under_way, one.claim.attempt) == ("delivered", False, 1)
    assert (one.service, one.segment) == ("v2", "IT-messages")
    assert one.target is not None
    assert (one.target["url"], one.target["custom"]) == (receiver.url(), {"order": 7})
    assert one.http_status == 200
    assert one.started_at == one.attempted_at == outbox.now
    assert one.settled_at is not None
    assert one.elapsed_ms is not None
    assert (one.claim.message_id, one.claim.event) == (message_id, "delivered")
    assert await found(outbox, outbox.space_id, one.claim.id) == one


async def test_a_claim_that_was_given_back_is_shown_as_no_attempt(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    await outbox.owe([await outbox.message(receiver.url())])
    dead = await outbox.process(ended=True)
    async with delivering(outbox, clock) as delivery, outbox.database.acquire() as connection:
        await claim(connection, {Lane(outbox.space_id, "127.0.0.1"): 1}, dead, outbox.now)
        await delivery.deliverer.reap_once()
        await delivery.step()
        (record,) = await list_callbacks(connection, CallbackFilter())
        attempts = await read_attempts(connection, outbox.space_id, record.id)
    (one,) = await listed(outbox, outbox.space_id)
    assert one.attempt_count == record.attempt_count == 1
    assert [attempt.attempt for attempt in attempts] == [1]
    assert record.http_status == 200


async def test_one_that_was_not_tried_has_no_attempt(outbox: Outbox, receiver: Receiver) -> None:
    await outbox.owe([await outbox.message(receiver.url())])
    (one,) = await listed(outbox, outbox.space_id)
    assert (one.status, one.is_under_way, one.claim.attempt) == ("owed", True, 0)
    tried = (one.started_at, one.attempted_at, one.settled_at, one.elapsed_ms, one.http_status)
    assert set(tried) == {None}


@pytest.mark.parametrize(
    ("changed", "call"),
    [
        ("market = 'ES'", ("v2", "ES-messages")),
        ("sealed_code = 'sealed'", ("v2", "otp")),
        ("service = 'v1', market = NULL", ("v1", "messages")),
    ],
)
async def test_the_call_that_asked_for_it_is_named_and_can_be_asked_for(
    outbox: Outbox, receiver: Receiver, changed: str, call: tuple[str, str]
) -> None:
    plain, special = await outbox.messages(2, receiver.url())
    await outbox.rows(f"UPDATE message SET {changed} WHERE id = $1", special)
    await outbox.owe([plain, special])
    (one,) = await listed(outbox, outbox.space_id, call)
    assert (one.claim.message_id, (one.service, one.segment)) == (special, call)
    assert len(await listed(outbox, outbox.space_id, call, ("v2", "IT-messages"))) == 2
    assert await listed(outbox, outbox.space_id, ("v2", "WW-messages")) == []


async def test_they_come_newest_first_in_windows(outbox: Outbox, receiver: Receiver) -> None:
    messages = await outbox.messages(5, receiver.url())
    await outbox.owe(messages, State.SUBMITTED)
    window = await listed(outbox, outbox.space_id, window=(1, 3))
    assert [one.claim.message_id for one in window] == messages[3:0:-1]


async def test_what_is_skipped_is_not_looked_up(outbox: Outbox, receiver: Receiver) -> None:
    messages = await outbox.messages(30, receiver.url())
    await outbox.owe(messages, State.SUBMITTED)
    query = f"EXPLAIN (ANALYZE, FORMAT JSON) {sql.LIST_DELIVERIES}"
    async with outbox.database.acquire() as connection:
        (plan,) = await connection.fetchval(query, outbox.space_id, 25, 2)
    scans = [node for node in nodes(plan["Plan"]) if "attempt" in node.get("Relation Name", "")]
    assert scans
    assert max(node["Actual Loops"] for node in scans) <= 2


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step of a plan."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


async def test_those_of_a_call_are_looked_for_among_the_newest(
    outbox: Outbox, receiver: Receiver
) -> None:
    await outbox.owe(await outbox.messages(5, receiver.url()), State.SUBMITTED)
    call = ("v2", "IT-messages")
    async with outbox.database.acquire() as connection:
        found = await list_deliveries(connection, outbox.space_id, [call], looked_at_max=3)
        every = await list_deliveries(connection, outbox.space_id)
        assert found == every[:3]
        assert await list_deliveries(connection, outbox.space_id, [call], 1, 1) == every[1:2]
        assert await list_deliveries(connection, outbox.space_id, []) == []


async def test_those_of_another_account_are_not_there(outbox: Outbox, receiver: Receiver) -> None:
    await outbox.owe([await outbox.message(receiver.url())])
    (mine,) = await listed(outbox, outbox.space_id)
    other = await outbox.account("bruno@example.com")
    assert await listed(outbox, other) == []
    assert await found(outbox, other, mine.claim.id) is None
    assert await found(outbox, outbox.space_id, IdMaker().make(outbox.now)) is None


async def test_an_event_of_the_account_has_no_call(outbox: Outbox, receiver: Receiver) -> None:
    await outbox.owe([await outbox.message(receiver.url())])
    payload = {"url": receiver.url(), "body": {"event": "low_credit"}}
    await outbox.rows(
        "UPDATE callback SET kind = 'low_credit', message_id = NULL, payload = $1", payload
    )
    (one,) = await listed(outbox, outbox.space_id)
    assert (one.service, one.segment, one.target) == (None, None, None)
    assert one.claim.payload == payload
