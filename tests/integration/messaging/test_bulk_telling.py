"""v1's callbacks: changes are noted with themselves, gathered, and told as things are then."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
from aiohttp import web
from bulk_hand import BulkHand, italians
from delivery import LOOPBACK, delivering
from hand_gateway import Gateway, accepted
from outbox import Outbox
from receiver import Received, Receiver, receiving

from staffetta.messaging.accept import AcceptRules
from staffetta.messaging.bulk.discard import discard_open_once
from staffetta.messaging.bulk.gather import GATHERING, MESSAGES_MAX, RECIPIENTS_MAX, Gatherer
from staffetta.messaging.bulk.note import Changed, note_changes
from staffetta.messaging.connector import Refused

URL = {"url": "http://127.0.0.1:9/cb", "method": "JSON"}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


class Story:
    """A message that calls back, what happens to it, and who gathers that."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.bulk = BulkHand(gateway, AcceptRules(networks=LOOPBACK))
        self.gatherer = self.another_gatherer()
        self.outbox = Outbox(gateway.database, gateway.clock.now(), gateway.space_id)

    def another_gatherer(self, messages_max: int = MESSAGES_MAX) -> Gatherer:
        gateway = self.gateway
        return Gatherer(
            *(gateway.database, gateway.callback_bell, gateway.clock, gateway.ids),
            messages_max=messages_max,
        )

    async def post(self, count: int, **changes: Any) -> bytes:
        asked = {"callback": URL, **changes}
        return (await self.bulk.post(italians(count), **asked)).message_id

    async def send_all(self) -> None:
        """Every recipient that waits is taken by the carrier."""
        gateway = self.gateway
        gateway.connector.claims.clear()
        await gateway.worker.dispatcher.dispatch_once()
        for claim in gateway.connector.claims:
            await gateway.settle(claim, accepted(claim.recipient_id.hex()))

    async def deliver(self, count: int) -> None:
        """The first ones of those that were sent last arrive."""
        claims = self.gateway.connector.claims[:count]
        reports = [self.gateway.delivered(claim.recipient_id.hex()) for claim in claims]
        await self.gateway.report(*reports)

    async def noted(self) -> int:
        rows = await self.gateway.rows("SELECT count(*) AS number FROM v1_change")
        return int(rows[0]["number"])

    async def gather(self) -> None:
        """What gathered within a second is owed."""
        self.gateway.clock.advance(1)
        while await self.gatherer.gather_changes_once():
            pass

    async def told(self) -> list[int]:
        """Of how many recipients each callback tells, oldest first."""
        rows = await self.gateway.rows(
            "SELECT jsonb_array_length(payload -> 'recipients') AS number FROM callback"
            " WHERE kind = 'v1' ORDER BY id"
        )
        return [row["number"] for row in rows]


@pytest.fixture
def story(gateway: Gateway) -> Story:
    return Story(gateway)


def delivered_by(story: Story) -> Any:
    return delivering(story.outbox, story.gateway.clock)


def states_in(body: dict[str, Any]) -> Sequence[str]:
    return [one["state"] for one in body["recipients"]["list"]]


async def test_changes_are_noted_once_for_each_recipient_and_told_together(story: Story) -> None:
    await story.post(3)
    assert await story.noted() == 0
    await story.send_all()
    await story.deliver(2)
    assert await story.noted() == 3
    await story.gather()
    assert await story.told() == [3]
    assert await story.noted() == 0


async def test_what_no_url_asked_for_is_not_noted(story: Story) -> None:
    await story.post(2, callback=None)
    await story.send_all()
    await story.deliver(2)
    assert await story.noted() == 0


async def test_the_body_is_the_message_with_the_recipients_that_changed_as_they_are_now(
    story: Story, receiver: Receiver
) -> None:
    message_id = await story.post(3, callback={"url": receiver.url(), "method": "JSON"})
    await story.send_all()
    await story.gather()
    await story.deliver(1)  # after it was owed, and before it is sent
    async with delivered_by(story) as delivery:
        await delivery.step()
    (came,) = receiver.received
    body = came.message
    assert body["id"] == message_id.hex()
    counts = {"error": 0, "sent": 3, "delivered": 1, "total": 3, "sms_total": 3}
    assert body["statistics"] == counts
    assert body["recipients"]["valid"] == {"count": 3}
    assert states_in(body) == ["DELIVERED", "PENDING", "PENDING"]
    assert [one["i"] for one in body["recipients"]["list"]] == [0, 1, 2]
    assert body["recipients"]["list"][0]["report"]["status"]["name"] == "DELIVERED_TO_HANDSET"
    assert "custom" not in body
    assert came.headers["webhook-signature"].startswith("v1,")
    assert came.headers["Content-Type"].startswith("application/json")


async def test_a_field_makes_it_a_form(story: Story, receiver: Receiver) -> None:
    await story.post(1, callback={"url": receiver.url(), "method": "POST", "field": "esito"})
    await story.send_all()
    await story.gather()
    async with delivered_by(story) as delivery:
        await delivery.step()
    (came,) = receiver.received
    assert came.headers["Content-Type"] == "application/x-www-form-urlencoded"
    (text,) = parse_qs(came.body.decode(), strict_parsing=True)["esito"]
    assert states_in(msgspec.json.decode(text)) == ["PENDING"]


async def test_no_callback_tells_of_more_than_a_thousand_and_no_message_has_two_in_a_second(
    story: Story, receiver: Receiver
) -> None:
    await story.gateway.rows("UPDATE wallet SET balance_micro = 1000000000")
    url = {"url": receiver.url(), "method": "JSON"}
    await story.post(RECIPIENTS_MAX + 200, is_test=True, callback=url)
    await story.gather()
    assert await story.told() == [RECIPIENTS_MAX]
    async with delivered_by(story) as delivery:
        await delivery.step()
        await story.gatherer.gather_changes_once()
        assert await story.told() == [RECIPIENTS_MAX]
        await story.gather()
        assert await story.told() == [RECIPIENTS_MAX, 200]
        await delivery.step()
    numbers = [
        one["number"] for came in receiver.received for one in came.message["recipients"]["list"]
    ]
    assert len(numbers) == len(set(numbers)) == RECIPIENTS_MAX + 200


async def test_while_one_waits_for_its_first_try_no_other_is_made_of_its_message(
    story: Story,
) -> None:
    await story.post(2)
    await story.send_all()
    await story.gather()
    await story.deliver(2)
    await story.gather()
    assert await story.told() == [2]
    assert await story.noted() == 2
    await story.gateway.rows("UPDATE callback SET attempt = 1")  # it failed, and is repeated later
    await story.gather()
    assert await story.told() == [2, 2]


async def test_callbacks_of_one_message_are_sent_one_after_the_other_and_none_supersedes_another(
    story: Story, receiver: Receiver
) -> None:
    await story.post(2, callback={"url": receiver.url(), "method": "JSON"})
    await story.send_all()
    receiver.answers(500)
    async with delivered_by(story) as delivery:
        await story.gather()
        await delivery.step()
        await story.deliver(2)
        await story.gather()
        await delivery.step()
        assert await story.outbox.statuses() == ["owed", "owed"]
        receiver.answers(200)
        story.gateway.clock.advance(timedelta(hours=1).total_seconds())
        under_way = most = 0

        async def count(_received: Received) -> web.StreamResponse:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            for _ in range(100):  # long enough for another to come, if it could
                await asyncio.sleep(0)
            under_way -= 1
            return web.Response()

        receiver.answer = count
        await delivery.step()
    assert most == 1
    assert await story.outbox.statuses() == ["delivered", "delivered"]


async def test_cancelling_discarding_and_tests_tell_the_recipients_that_they_end(
    story: Story,
) -> None:
    later = story.gateway.clock.now() + timedelta(hours=1)
    await story.bulk.delete(await story.post(2, due_at=later))
    assert await story.noted() == 2
    await story.gather()
    await story.post(3, is_open=True)
    assert await story.noted() == 0
    story.gateway.clock.advance(timedelta(hours=49).total_seconds())
    assert await discard_open_once(story.gateway.database, story.gateway.clock.now()) == 1
    assert await story.noted() == 3
    await story.gather()
    test = await story.post(4, is_open=True, is_test=True)
    assert await story.noted() == 0
    await story.bulk.put(test, closes=True)
    assert await story.noted() == 4
    await story.gather()
    assert await story.told() == [2, 3, 4]


async def test_a_recipient_refused_by_acceptance_is_told_and_one_refused_by_the_carrier(
    story: Story,
) -> None:
    await story.gateway.rows("DELETE FROM route WHERE country = '*'")
    await story.gateway.snapshots.refresh_once()
    await story.bulk.post(["+39-3331234567", "+33-612345678"], callback=URL)
    assert await story.noted() == 1
    await story.gateway.worker.dispatcher.dispatch_once()
    (claim,) = story.gateway.connector.claims
    await story.gateway.settle(claim, Refused(11, "invalid destination", temporary=False))
    assert await story.noted() == 2


async def test_an_end_that_no_carrier_reported_is_told_too(story: Story) -> None:
    await story.post(2)
    story.gateway.clock.advance(timedelta(hours=49).total_seconds())
    assert await story.gateway.housekeeper.expire_once() == 2
    assert await story.noted() == 2


async def test_a_change_that_is_not_committed_yet_is_not_taken_for_one_that_was_told(
    story: Story,
) -> None:
    """Its note was there before, of an earlier change: whoever gathers must not take that away."""
    await story.post(1)
    await story.send_all()
    async with story.gateway.database.transaction() as connection:
        await connection.execute("UPDATE recipient SET state = 'delivered'")
        row = await connection.fetchrow("SELECT space_id, message_id, id FROM recipient")
        assert row is not None
        await note_changes(connection, [Changed(*row)])
        await story.gather()
        assert await story.told() == []
    await story.gather()
    assert await story.told() == [1]


async def test_only_one_process_gathers_at_a_time(story: Story) -> None:
    await story.post(1)
    await story.send_all()
    async with story.gateway.database.transaction() as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", GATHERING)
        await story.gather()
        assert await story.told() == []
    await story.gather()
    assert await story.told() == [1]


async def test_more_messages_than_fit_into_a_step_are_all_looked_at(story: Story) -> None:
    story.gatherer = story.another_gatherer(messages_max=2)
    for _ in range(5):
        await story.post(1)
    await story.send_all()
    await story.gather()
    assert await story.told() == [1] * 5
