"""What nobody can do to v1's messages from outside: take one apart, stop others, pay twice."""

from datetime import timedelta

import pytest
from bulk_hand import BulkHand, italians
from hand_gateway import Gateway

from staffetta.domain.states import State


@pytest.fixture
def bulk(gateway: Gateway) -> BulkHand:
    return BulkHand(gateway)


@pytest.mark.parametrize("is_open", [True, False], ids=["open", "later"])
async def test_v2_cannot_cancel_a_recipient_of_v1(
    gateway: Gateway, bulk: BulkHand, *, is_open: bool
) -> None:
    now = gateway.clock.now()
    due_at = None if is_open else now + timedelta(days=1)
    made = await bulk.post(italians(2), is_open=is_open, due_at=due_at)
    before = await gateway.wallet()
    recipient = await bulk.reader.recipient(gateway.space_id, made.message_id, "+393330000001")
    assert recipient is not None
    assert await gateway.canceller.cancel(gateway.space_id, recipient.id, now) is None
    assert (await bulk.read(made.message_id)).counts == {State.SCHEDULED: 2}
    assert await gateway.wallet() == before
    await gateway.books_hold()


async def test_what_is_charged_is_what_is_queued_whatever_was_estimated(
    gateway: Gateway, bulk: BulkHand
) -> None:
    identifier = (await bulk.post(italians(3), is_open=True, priority=1500)).message_id
    await gateway.rows(
        "UPDATE recipient SET state = 'cancelled', updated_at = $1 WHERE number = '+393330000001'",
        gateway.clock.now(),
    )
    closed = await bulk.put(identifier, closes=True)
    message = await bulk.read(identifier)
    assert closed.paid_micro == message.price_micro == 2 * 45_000
    assert message.base_micro == 2 * 30_000
    assert message.counts == {State.QUEUED: 2, State.CANCELLED: 1}
    assert await gateway.wallet() == (10_000_000 - 90_000, 0)
    await gateway.books_hold()
