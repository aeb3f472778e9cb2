"""Callbacks owed: in the transaction of the change they tell, once each, with what they tell."""

from datetime import timedelta
from typing import Any

import pytest
from hand_gateway import FRENCH, Gateway, accepted

from staffetta.domain.environments import Market
from staffetta.messaging.connector import Refused, ReportMeaning, Uncertain

URL = {"url": "https://example.com/cb"}
PENDING, FINAL = 1, 2


async def owed(gateway: Gateway) -> list[tuple[int, str, str, int]]:
    rows = await gateway.rows("SELECT step, event, host, charged_micro FROM callback ORDER BY id")
    return [tuple(row.values()) for row in rows]


async def claim(gateway: Gateway, **changes: Any) -> Any:
    return await gateway.accept_and_claim(**{"callback": URL, **changes})


async def test_pending_and_the_final_state_are_told_after_the_201(gateway: Gateway) -> None:
    taken = await claim(gateway)
    assert await owed(gateway) == []
    await gateway.settle(taken, accepted("a1"))
    assert await owed(gateway) == [(PENDING, "submitted", "example.com", 30_000)]
    await gateway.report(gateway.delivered("a1"))
    assert (await owed(gateway))[1:] == [(FINAL, "delivered", "example.com", 30_000)]


async def test_without_a_callback_nothing_is_owed(gateway: Gateway) -> None:
    taken = await gateway.accept_and_claim()
    await gateway.settle(taken, accepted("a1"))
    await gateway.report(gateway.delivered("a1"))
    assert await owed(gateway) == []


async def test_a_world_message_tells_what_was_captured(gateway: Gateway) -> None:
    taken = await claim(gateway, market=Market.WORLD, recipient=FRENCH)
    await gateway.settle(taken, accepted("a1"))
    assert await owed(gateway) == [(PENDING, "submitted", "example.com", 80_000)]


async def test_a_report_before_its_answer_owes_both_in_order(gateway: Gateway) -> None:
    taken = await claim(gateway, market=Market.WORLD, recipient=FRENCH)
    await gateway.report(gateway.delivered("a1"))
    assert await owed(gateway) == []
    await gateway.settle(taken, accepted("a1"))
    assert [row[:2] for row in await owed(gateway)] == [
        (PENDING, "submitted"),
        (FINAL, "delivered"),
    ]


async def test_a_refused_message_tells_that_nothing_was_paid(gateway: Gateway) -> None:
    taken = await claim(gateway)
    await gateway.settle(taken, Refused(11, "invalid destination", temporary=False))
    assert await owed(gateway) == [(FINAL, "rejected", "example.com", 0)]


async def test_what_is_sent_again_is_told_pending_once(gateway: Gateway) -> None:
    taken = await claim(gateway)
    await gateway.settle(taken, Uncertain("no answer"))
    assert [row[1] for row in await owed(gateway)] == ["uncertain"]
    await gateway.housekeeper.send_again_once()
    await gateway.worker.dispatcher.dispatch_once()
    await gateway.settle(gateway.connector.claims[-1], accepted("a1"))
    assert [row[1] for row in await owed(gateway)] == ["uncertain"]
    await gateway.report(gateway.delivered("a1", ReportMeaning.UNDELIVERABLE))
    assert [row[1] for row in await owed(gateway)] == ["uncertain", "undeliverable"]


async def test_a_temporary_refusal_tells_nothing(gateway: Gateway) -> None:
    taken = await claim(gateway)
    await gateway.settle(taken, Refused(88, "busy", temporary=True))
    assert await owed(gateway) == []


async def test_an_abandoned_claim_tells_that_it_is_pending(gateway: Gateway) -> None:
    await claim(gateway)
    await gateway.rows("UPDATE process SET ended_at = now()")
    assert await gateway.housekeeper.reap_once() == 1
    assert [row[1] for row in await owed(gateway)] == ["uncertain"]


@pytest.mark.parametrize("market", [Market.ITALY, Market.WORLD])
async def test_an_expired_message_tells_that_nothing_was_paid(
    gateway: Gateway, market: Market
) -> None:
    await gateway.accept(callback=URL, market=market)
    gateway.clock.advance(timedelta(hours=49).total_seconds())
    assert await gateway.housekeeper.expire_once() == 1
    assert await owed(gateway) == [(FINAL, "expired", "example.com", 0)]


async def test_a_cancelled_message_is_told(gateway: Gateway) -> None:
    send_at = gateway.clock.now() + timedelta(hours=1)
    message = (await gateway.accept(callback=URL, send_at=send_at)).message
    await gateway.canceller.cancel(gateway.space_id, message.id, gateway.clock.now())
    assert await owed(gateway) == [(FINAL, "cancelled", "example.com", 0)]


async def test_a_dry_run_tells_nothing(gateway: Gateway) -> None:
    await gateway.accept(callback=URL, dry_run=True)
    gateway.clock.advance(timedelta(hours=49).total_seconds())
    await gateway.housekeeper.expire_once()
    assert await owed(gateway) == []
