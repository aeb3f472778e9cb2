"""Messages for later: they wait without a place in the queue, and can be taken back until then."""

from datetime import timedelta
from typing import Any

import pytest
from hand_gateway import FRENCH, Gateway, accepted, make_space

from staffetta.domain.environments import Market
from staffetta.domain.errors import NotWaiting
from staffetta.domain.states import State
from staffetta.messaging.connector import Refused, Uncertain

AN_HOUR = timedelta(hours=1)


async def later(gateway: Gateway, **changes: Any) -> bytes:
    send_at = gateway.clock.now() + AN_HOUR
    message = (await gateway.accept(send_at=send_at, **changes)).message
    assert (message.state, message.send_at) == (State.SCHEDULED, send_at)
    return message.id


async def test_a_message_for_later_is_charged_now_and_sent_then(gateway: Gateway) -> None:
    message_id = await later(gateway)
    assert await gateway.wallet() == (10_000_000 - 30_000, 0)
    assert await gateway.housekeeper.promote_once() == 0
    assert await gateway.worker.dispatcher.dispatch_once() == 0
    gateway.clock.advance(AN_HOUR.total_seconds())
    assert await gateway.housekeeper.promote_once() == 1
    assert await gateway.worker.dispatcher.dispatch_once() == 1
    assert gateway.connector.claims[0].recipient_id == message_id


async def test_it_lives_its_whole_time_from_when_it_is_due(gateway: Gateway) -> None:
    message_id = await later(gateway)
    gateway.clock.advance(timedelta(hours=48, minutes=59).total_seconds())
    assert await gateway.housekeeper.expire_once() == 0
    gateway.clock.advance(60)
    assert await gateway.housekeeper.expire_once() == 1
    assert (await gateway.view(message_id)).state is State.EXPIRED


async def test_its_reports_match_though_it_was_made_a_month_before(gateway: Gateway) -> None:
    send_at = gateway.clock.now() + timedelta(days=30)
    message = (await gateway.accept(send_at=send_at)).message
    gateway.clock.advance(timedelta(days=30).total_seconds())
    await gateway.housekeeper.promote_once()
    await gateway.worker.dispatcher.dispatch_once()
    await gateway.settle(gateway.connector.claims[0], accepted("a1"))
    gateway.clock.advance(timedelta(days=2).total_seconds() - 1)
    await gateway.report(gateway.delivered("a1"))
    assert (await gateway.view(message.id)).state is State.DELIVERED


async def test_many_for_later_do_not_push_back_what_their_account_sends_now(
    gateway: Gateway,
) -> None:
    for _ in range(3):
        await later(gateway)
    now = (await gateway.accept()).message.id
    other = await make_space(gateway.database, "bob@example.com")
    mine = gateway.space_id
    gateway.space_id = other
    theirs = (await gateway.accept()).message.id
    gateway.space_id = mine
    rows = await gateway.rows("SELECT id, turn FROM recipient WHERE state = 'queued'")
    assert {row["id"]: row["turn"] for row in rows} == {now: 1, theirs: 1}


async def test_what_falls_due_together_queues_behind_others_in_turn(gateway: Gateway) -> None:
    first, second = await later(gateway), await later(gateway, text="x" * 161)
    gateway.clock.advance(AN_HOUR.total_seconds())
    waiting = (await gateway.accept()).message.id
    await gateway.housekeeper.promote_once()
    rows = await gateway.rows("SELECT id, turn FROM recipient ORDER BY turn")
    assert [(row["id"], row["turn"]) for row in rows] == [(waiting, 1), (first, 2), (second, 4)]
    following = (await gateway.accept()).message.id
    rows = await gateway.rows("SELECT turn FROM recipient WHERE id = $1", following)
    assert rows[0]["turn"] == 5


@pytest.mark.parametrize(
    ("market", "recipient"), [(Market.ITALY, "+393331234567"), (Market.WORLD, FRENCH)]
)
async def test_a_cancelled_message_is_refunded_and_never_sent(
    gateway: Gateway, market: Market, recipient: str
) -> None:
    message_id = await later(gateway, market=market, recipient=recipient)
    view = await gateway.canceller.cancel(gateway.space_id, message_id, gateway.clock.now())
    assert view is not None
    assert (view.state, view.total_price_micro) == (State.CANCELLED, 0)
    assert await gateway.wallet() == (10_000_000, 0)
    gateway.clock.advance(AN_HOUR.total_seconds())
    assert await gateway.housekeeper.promote_once() == 0
    await gateway.books_hold()


async def test_only_what_waits_can_be_cancelled(gateway: Gateway) -> None:
    queued = (await gateway.accept()).message.id
    cancelled = await later(gateway)
    await gateway.canceller.cancel(gateway.space_id, cancelled, gateway.clock.now())
    for message_id in (queued, cancelled):
        with pytest.raises(NotWaiting):
            await gateway.canceller.cancel(gateway.space_id, message_id, gateway.clock.now())
    unknown = await gateway.canceller.cancel(gateway.space_id, b"x" * 12, gateway.clock.now())
    assert unknown is None
    await gateway.books_hold()


async def test_what_may_have_gone_out_cannot_be_cancelled_though_it_waits_once_more(
    gateway: Gateway,
) -> None:
    message_id = await later(gateway)
    gateway.clock.advance(AN_HOUR.total_seconds())
    await gateway.housekeeper.promote_once()
    await gateway.worker.dispatcher.dispatch_once()
    await gateway.settle(gateway.connector.claims[-1], Uncertain("no answer"))
    await gateway.housekeeper.send_again_once()
    await gateway.worker.dispatcher.dispatch_once()
    await gateway.settle(gateway.connector.claims[-1], Refused(88, "busy", temporary=True))
    assert (await gateway.view(message_id)).state is State.SCHEDULED
    with pytest.raises(NotWaiting):
        await gateway.canceller.cancel(gateway.space_id, message_id, gateway.clock.now())
    assert await gateway.wallet() == (10_000_000 - 30_000, 0)


async def test_nobody_cancels_the_message_of_another_account(gateway: Gateway) -> None:
    message_id = await later(gateway)
    other = await make_space(gateway.database, "bob@example.com")
    assert await gateway.canceller.cancel(other, message_id, gateway.clock.now()) is None
    assert (await gateway.view(message_id)).state is State.SCHEDULED
