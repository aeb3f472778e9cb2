"""A v1 message in a timeline: as a whole, and one recipient of it."""

from datetime import timedelta

import pytest
from bulk_hand import BulkHand, italians
from hand_gateway import FrozenClock, Gateway, accepted
from traced import texts, traced

from staffetta.messaging.connector import Refused
from staffetta.messaging.tracing.read import NoSuchMessage


@pytest.fixture
def bulk(gateway: Gateway) -> BulkHand:
    return BulkHand(gateway)


async def test_the_whole_is_told_in_sums_and_by_recipient(gateway: Gateway, bulk: BulkHand) -> None:
    made = await bulk.post([*italians(3), "nobody"])
    timeline = await traced(gateway, made.message_id)
    assert timeline.number is None
    assert texts(timeline, "bulk") == ["3 recipients, 3 segments, 0.09 in all, 1 numbers invalid"]
    assert texts(timeline, "money") == [
        "charged 0.09 EUR for the whole message; the balance is then 9.91"
    ]
    assert timeline.state == "3 queued"
    strangers = await traced(gateway, made.message_id, redacts=True)
    assert "+3933******01: queued" in str(strangers.events)
    assert "3330000001" not in str(strangers)
    assert [text.split(":")[0] for text in texts(timeline, "recipient")] == [
        "+393330000000",
        "+393330000001",
        "+393330000002",
    ]


async def test_one_recipient_has_a_timeline_of_its_own(gateway: Gateway, bulk: BulkHand) -> None:
    made = await bulk.post(
        [{"number": number, "fields": {"name": "Anna"}} for number in italians(2)],
        body="Ciao {{name}}",
    )
    await gateway.worker.dispatcher.dispatch_once()
    first, second = gateway.connector.claims
    await gateway.settle(first, accepted("a1"))
    await gateway.settle(second, Refused(0x0B, "invalid destination", temporary=False))
    await gateway.report(gateway.delivered("a1"))

    delivered = await traced(gateway, made.message_id, number=first.number)
    refused = await traced(gateway, second.recipient_id)

    assert (delivered.state, refused.state) == ("delivered", "rejected")
    assert texts(delivered, "segment") == ["segment 1 of 1 by carrier: accepted as A1"]
    assert texts(refused, "money")[-1] == "refunded 0.03 EUR; the balance is then 9.97"
    assert texts(delivered, "money") == [
        "charged 0.06 EUR for the whole message; the balance is then 9.94"
    ]
    with pytest.raises(NoSuchMessage, match=r"has no recipient \+393339999999"):
        await traced(gateway, made.message_id, number="+393339999999")


async def test_one_of_one_is_told_as_it_is(gateway: Gateway, bulk: BulkHand) -> None:
    made = await bulk.post(italians(1))
    timeline = await traced(gateway, made.message_id)
    assert timeline.number == "+393330000000"
    assert texts(timeline, "request") == ["v1 /messages from alice@example.com, sender Openapi"]


async def test_an_open_transaction_waits_to_be_closed(gateway: Gateway, bulk: BulkHand) -> None:
    made = await bulk.post(italians(2), is_open=True)
    whole = await traced(gateway, made.message_id)
    assert "a transaction that is still open: nothing is sent" in texts(whole, "bulk")
    one = await traced(gateway, made.message_id, number="+393330000000")
    assert texts(one, "queue") == ["waits for its transaction to be closed"]
    assert texts(one, "state") == ["waits for its time"]
    assert texts(one, "money") == []


async def test_a_closed_transaction_shows_its_charge(
    gateway: Gateway, bulk: BulkHand, clock: FrozenClock
) -> None:
    made = await bulk.post(italians(2), is_open=True)
    clock.advance(3600)
    await bulk.put(made.message_id, closes=True)
    one = await traced(gateway, made.message_id, number="+393330000000")
    assert texts(one, "money") == [
        "charged 0.06 EUR for the whole message; the balance is then 9.94"
    ]
    assert one.state == "queued"


async def test_a_cancelled_message_says_so(
    gateway: Gateway, bulk: BulkHand, clock: FrozenClock
) -> None:
    made = await bulk.post(italians(2), due_at=clock.now() + timedelta(hours=2))
    await bulk.delete(made.message_id)
    whole = await traced(gateway, made.message_id)
    assert texts(whole, "cancel") == ["the whole message was cancelled"]
    assert whole.state == "2 cancelled"
