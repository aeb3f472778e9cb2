"""Reading v1's messages back: bounded whatever they hold, and told right however it is counted."""

import asyncio
from typing import Any

import pytest
from bulk_hand import BulkHand, italians
from hand_gateway import Gateway, accepted

from staffetta.app.bulk_bodies import read_bulk_bodies
from staffetta.callbacks.claim import Claim
from staffetta.domain.errors import NotAcceptingNow
from staffetta.domain.states import State
from staffetta.messaging.bulk.gather import Gatherer
from staffetta.messaging.bulk.lanes import SlowReads
from staffetta.messaging.bulk.read import READ_STEP, BulkReader
from staffetta.messaging.bulk.told import RecentCounts
from staffetta.messaging.draft import IdempotencyKey

URL = {"url": "https://example.com/sms", "method": "JSON"}


@pytest.fixture
def bulk(gateway: Gateway) -> BulkHand:
    return BulkHand(gateway)


async def test_a_text_that_was_never_sent_is_shown_in_part(
    gateway: Gateway, bulk: BulkHand
) -> None:
    long = {"number": "+39-3330000009", "fields": {"x": "y" * 4000}}
    made = await bulk.post([long, *italians(1)], body="a{{x}}" * 50)
    texts = [one.text for one in await bulk.recipients(made.message_id)]
    assert texts == [("a" + "y" * 4000)[:1000], "a" * 50]


async def test_a_page_comes_a_few_at_a_time_in_its_order(gateway: Gateway, bulk: BulkHand) -> None:
    count = 2 * READ_STEP + 50
    made = await bulk.post(italians(count), is_open=True)
    for skip, limit in ((0, 10_000), (7, READ_STEP), (count - 3, READ_STEP), (count, 5)):
        pages = bulk.reader.recipients(gateway.space_id, made.message_id, skip, limit)
        steps = [[one.position for one in step] async for step in pages]
        assert [place for step in steps for place in step] == list(range(count))[skip:][:limit]
        assert all(len(step) <= READ_STEP for step in steps)
    nobody = bulk.reader.recipients(gateway.space_id, bytes(12), 0, 10)
    assert [step async for step in nobody] == []


async def test_large_pages_and_deep_skips_wait_for_a_turn_and_others_do_not(
    gateway: Gateway, bulk: BulkHand
) -> None:
    made = await bulk.post(italians(3), is_open=True)
    place = (gateway.space_id, made.message_id)
    slow = SlowReads(seconds_max=0.05)
    reader = BulkReader(gateway.database, slow)
    async with slow.enter(), slow.enter():
        with pytest.raises(NotAcceptingNow):
            await anext(reader.recipients(*place, 0, 1001))
        with pytest.raises(NotAcceptingNow):
            await reader.list(gateway.space_id, 10_001, 1)
        await gateway.rows("UPDATE v1_message SET recipient_count = 20001")
        with pytest.raises(NotAcceptingNow):
            await reader.get(*place)
        with pytest.raises(NotAcceptingNow):
            await reader.recipient(*place, "+393330000001")
        await gateway.rows("UPDATE v1_message SET recipient_count = 3")
        assert len(await anext(reader.recipients(*place, 0, 1000))) == 3
        assert await reader.get(*place) is not None
        assert await reader.recipient(*place, "+393330000001") is not None
        assert await reader.list(gateway.space_id, 0, 1)
    assert len(await anext(reader.recipients(*place, 0, 1001))) == 3


def claim_of(row: Any) -> Claim:
    return Claim(
        *(row["space_id"], row["id"], row["host"], "v1", row["message_id"], None, "", 1, 0),
        *(row["changed_at"], row["created_at"], None, None, 0, False, row["payload"]),
    )


async def test_a_count_is_used_again_but_for_the_last_callback(
    gateway: Gateway, bulk: BulkHand
) -> None:
    made = await bulk.post(italians(3), callback=URL)
    gateway.connector.capacity = 1
    recent = RecentCounts(counted_quickly_max=0)
    gatherer = Gatherer(gateway.database, gateway.callback_bell, gateway.clock, gateway.ids)
    sent = []

    async def deliver_next(number: int) -> None:
        await gateway.worker.dispatcher.dispatch_once()
        await gateway.settle(gateway.connector.claims[-1], accepted(f"{number:04x}"))
        await gateway.report(gateway.delivered(f"{number:04x}"))

    async def tell() -> None:
        (row,) = await gateway.rows("SELECT * FROM callback ORDER BY created_at DESC LIMIT 1")
        async with gateway.database.acquire() as connection:
            (told,) = (await read_bulk_bodies(connection, [claim_of(row)], recent)).values()
        statistics: Any = told.body["statistics"]
        sent.append(statistics["delivered"])

    await deliver_next(1)
    await gatherer.gather_changes_once()
    await tell()  # counted, and kept
    await deliver_next(2)
    await tell()  # another change waits to be told: the count may be old
    await gatherer.gather_changes_once()
    await gateway.rows("UPDATE callback SET status = 'delivered'")
    gateway.clock.advance(2)
    await deliver_next(3)
    await gatherer.gather_changes_once()
    await tell()  # nothing will follow: it is counted anew
    assert sent == [1, 1, 3]
    assert (await bulk.read(made.message_id)).counts == {State.DELIVERED: 3}


async def test_the_first_answer_is_given_again_whatever_became_of_the_message(
    gateway: Gateway, bulk: BulkHand
) -> None:
    key = IdempotencyKey("/messages", "one", b"h" * 32)
    options = {"timestamp_send": "1"}
    asked = {"idempotency": key, "is_open": True, "options": options}
    first = await bulk.post([*italians(2), "nobody"], **asked)
    await bulk.put(first.message_id, [*italians(3, first=5), "nobody else"], due_at=None)
    await bulk.put(first.message_id, closes=True)
    await gateway.worker.dispatcher.dispatch_once()
    assert (await bulk.read(first.message_id)).counts == {State.SUBMITTING: 5}
    second, third = await asyncio.gather(
        bulk.post([*italians(2), "nobody"], **asked), bulk.post([*italians(2), "nobody"], **asked)
    )
    assert second.replayed
    assert second.message == third.message == first.message
    assert second.message.options == options
