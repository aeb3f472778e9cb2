"""v1's messages: one text to many, stored whole or not at all."""

import asyncio
from datetime import timedelta

import pytest
from bulk_hand import BulkHand, italians
from hand_gateway import Gateway, accepted

from staffetta.db.partitions import ensure_partitions
from staffetta.domain.errors import (
    AccountBlocklisted,
    CreditTooLow,
    IdempotencyKeyReused,
    InvalidText,
    NoRoute,
)
from staffetta.domain.states import State
from staffetta.ledger.verify import verify_books
from staffetta.messaging.bulk.discard import discard_open_once
from staffetta.messaging.bulk.errors import (
    AlreadySending,
    NoRecipient,
    NoSuchMessage,
    RealtimeTooSoon,
    TransactionClosed,
)
from staffetta.messaging.bulk.lanes import Lanes
from staffetta.messaging.draft import IdempotencyKey


@pytest.fixture
def bulk(gateway: Gateway) -> BulkHand:
    return BulkHand(gateway)


async def is_exact(gateway: Gateway) -> bool:
    async with gateway.database.transaction(
        isolation="repeatable_read", readonly=True
    ) as connection:
        return (await verify_books(connection)).holds


async def balance(gateway: Gateway) -> int:
    async with gateway.database.acquire() as connection:
        found: int = await connection.fetchval(
            "SELECT balance_micro FROM wallet WHERE space_id = $1", gateway.space_id
        )
    return found


async def test_recipients_in_every_form_are_stored_once_and_charged_together(
    gateway: Gateway, bulk: BulkHand
) -> None:
    before = await balance(gateway)
    accepted = await bulk.post(
        [
            "+39-3331234567",
            {"number": "+39-3331234568", "fields": {"name": "Anna"}},
            "+39-3331234567",
            "3331234567",
            "+39-33",
            7,
            {"number": "+39-3331234569", "fields": []},
        ],
        body="Ciao {{name}}",
    )
    message = await bulk.read(accepted.message_id)
    assert message.recipient_count == 3
    assert list(message.invalid) == ["3331234567", "+39-33", "7"]
    assert message.segment_total == 3
    assert message.counts == {State.QUEUED: 3}
    assert message.number == 0
    assert message.price_micro == message.base_micro > 0
    assert await balance(gateway) == before - message.price_micro == accepted.credit_micro
    assert await is_exact(gateway)


async def test_each_recipient_gets_its_own_text_with_its_own_segments(
    gateway: Gateway, bulk: BulkHand
) -> None:
    accepted = await bulk.post(
        [
            {"number": "+39-3331234567", "fields": {"name": "Anna"}},
            {"number": "+39-3331234568", "fields": {"name": "y" * 200}},
            {"number": "+39-3331234569", "fields": {"name": "Łukasz"}},
        ],
        body="Ciao {{ name }}, {{missing}}!",
    )
    await gateway.worker.dispatcher.dispatch_once()
    texts = {
        claim.number: "".join(segment.text for segment in claim.segments)
        for claim in gateway.connector.claims
    }
    assert texts["+393331234567"] == "Ciao Anna, !"
    assert texts["+393331234568"] == f"Ciao {'y' * 200}, !"
    encodings = [claim.encoding for claim in gateway.connector.claims]
    assert encodings == ["GSM-7", "GSM-7", "UCS-2"]
    message = await bulk.read(accepted.message_id)
    assert message.segment_total == 1 + 2 + 1


async def test_too_little_credit_stores_nothing(gateway: Gateway, bulk: BulkHand) -> None:
    before = await balance(gateway)
    with pytest.raises(CreditTooLow):
        await bulk.post(italians(1000), body="x" * 1500, priority=10_000)
    assert await balance(gateway) == before
    async with gateway.database.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM recipient") == 0
    assert await is_exact(gateway)


async def test_priority_and_realtime_cost_more(gateway: Gateway, bulk: BulkHand) -> None:
    plain = await bulk.read((await bulk.post(italians(2))).message_id)
    dear = await bulk.read(
        (await bulk.post(italians(2), priority=1500, factor=1200, realtime=True)).message_id
    )
    assert dear.base_micro == plain.base_micro
    assert dear.price_micro == plain.base_micro * 1.5 * 1.2
    with pytest.raises(RealtimeTooSoon):
        await bulk.post(italians(1), realtime=True)
    gateway.clock.advance(60)
    await bulk.post(italians(1), realtime=True)


async def test_a_transaction_takes_recipients_until_it_is_closed(
    gateway: Gateway, bulk: BulkHand
) -> None:
    before = await balance(gateway)
    accepted = await bulk.post(italians(3), is_open=True)
    identifier = accepted.message_id
    await bulk.put(identifier, [*italians(2, first=2), "nobody"])
    assert await balance(gateway) == before
    open_message = await bulk.read(identifier)
    assert (open_message.recipient_count, open_message.number) == (4, 0)
    await gateway.worker.dispatcher.dispatch_once()
    assert gateway.connector.claims == []

    await bulk.put(identifier, italians(1, first=10), closes=True)
    closed = await bulk.read(identifier)
    assert closed.recipient_count == 5
    assert closed.counts == {State.QUEUED: 5}
    assert await balance(gateway) == before - closed.price_micro
    with pytest.raises(TransactionClosed):
        await bulk.put(identifier, italians(1, first=20))
    with pytest.raises(AlreadySending):
        await bulk.delete(identifier)
    await gateway.worker.dispatcher.dispatch_once()
    assert len(gateway.connector.claims) == 5
    assert await is_exact(gateway)


async def test_of_two_puts_at_once_nothing_is_lost_or_doubled(
    gateway: Gateway, bulk: BulkHand
) -> None:
    bulk.acceptor.lanes = Lanes(locked_seconds_max=60)
    identifier = (await bulk.post([], is_open=True)).message_id
    await asyncio.gather(
        bulk.put(identifier, italians(150)),
        bulk.put(identifier, italians(150, first=75)),
        bulk.put(identifier, italians(10, first=220)),
    )
    message = await bulk.read(identifier)
    assert message.recipient_count == 230
    results = await asyncio.gather(
        *(bulk.put(identifier, closes=True) for _ in range(3)), return_exceptions=True
    )
    closed = [result for result in results if isinstance(result, TransactionClosed)]
    assert len(closed) == 2, results
    assert (await bulk.read(identifier)).counts == {State.QUEUED: 230}
    assert await is_exact(gateway)


async def test_what_waits_for_its_time_can_be_moved_and_cancelled_without_refund(
    gateway: Gateway, bulk: BulkHand
) -> None:
    before = await balance(gateway)
    tomorrow = gateway.clock.now() + timedelta(days=1)
    accepted = await bulk.post(italians(2), due_at=tomorrow)
    assert (await bulk.read(accepted.message_id)).counts == {State.SCHEDULED: 2}
    await bulk.put(accepted.message_id, due_at=tomorrow + timedelta(days=1))
    gateway.clock.advance(86_400 + 60)
    assert await gateway.housekeeper.promote_once() == 0
    await bulk.delete(accepted.message_id)
    message = await bulk.read(accepted.message_id)
    assert (message.number, message.counts) == (3, {State.CANCELLED: 2})
    assert await balance(gateway) == before - message.price_micro
    with pytest.raises(AlreadySending):
        await bulk.delete(accepted.message_id)
    assert await is_exact(gateway)


async def test_an_open_transaction_is_discarded_after_48_hours(
    gateway: Gateway, bulk: BulkHand
) -> None:
    identifier = (await bulk.post(italians(2), is_open=True)).message_id
    gateway.clock.advance(48 * 3600 - 1)
    assert await discard_open_once(gateway.database, gateway.clock.now()) == 0
    gateway.clock.advance(1)
    assert await discard_open_once(gateway.database, gateway.clock.now()) == 1
    assert (await bulk.read(identifier)).number == 3
    with pytest.raises(TransactionClosed):
        await bulk.put(identifier, italians(1))


async def test_a_test_ends_delivered_and_costs_nothing(gateway: Gateway, bulk: BulkHand) -> None:
    before = await balance(gateway)
    message = await bulk.read((await bulk.post(italians(2), is_test=True)).message_id)
    assert (message.counts, message.number, message.price_micro) == ({State.DELIVERED: 2}, 2, 0)
    identifier = (await bulk.post(italians(2), is_test=True, is_open=True)).message_id
    await bulk.put(identifier, closes=True)
    assert (await bulk.read(identifier)).counts == {State.DELIVERED: 2}
    assert await balance(gateway) == before
    await gateway.worker.dispatcher.dispatch_once()
    assert gateway.connector.claims == []


async def test_nobody_to_send_to_is_refused(gateway: Gateway, bulk: BulkHand) -> None:
    with pytest.raises(NoRecipient):
        await bulk.post(["nobody"])
    with pytest.raises(NoRecipient):
        await bulk.put((await bulk.post([], is_open=True)).message_id, closes=True)
    with pytest.raises(NoSuchMessage):
        await bulk.delete(bytes(12))
    async with gateway.database.transaction() as connection:
        await connection.execute("DELETE FROM route")
    await gateway.snapshots.refresh_once()
    with pytest.raises(NoRoute):
        await bulk.post(italians(1))


async def test_a_blocked_account_sends_nothing(gateway: Gateway, bulk: BulkHand) -> None:
    async with gateway.database.transaction() as connection:
        await connection.execute(
            "UPDATE space SET blocklisted_at = now() WHERE id = $1", gateway.space_id
        )
    with pytest.raises(AccountBlocklisted):
        await bulk.post(italians(1))


async def test_a_repeated_request_answers_the_first(gateway: Gateway, bulk: BulkHand) -> None:
    key = IdempotencyKey("/messages", "one", b"h" * 32)
    first, second = await asyncio.gather(
        bulk.post(italians(2), idempotency=key), bulk.post(italians(2), idempotency=key)
    )
    assert first.message_id == second.message_id
    assert {first.replayed, second.replayed} == {True, False}
    with pytest.raises(IdempotencyKeyReused):
        await bulk.post(italians(2), idempotency=IdempotencyKey("/messages", "one", b"i" * 32))
    assert await is_exact(gateway)


async def test_a_text_that_could_grow_without_end_is_refused(
    gateway: Gateway, bulk: BulkHand
) -> None:
    with pytest.raises(InvalidText, match="placeholders"):
        await bulk.post(italians(1), body="{{x}}" * 51)
    accepted = await bulk.post(
        [{"number": "+39-3331234567", "fields": {"x": "y" * 4000}}, "+39-3331234568"],
        body="a{{x}}" * 50,
    )
    assert (await bulk.read(accepted.message_id)).counts == {State.REJECTED: 1, State.QUEUED: 1}


async def test_a_little_more_priority_passes_what_waits(gateway: Gateway, bulk: BulkHand) -> None:
    await bulk.post(italians(200), body="crowd")
    await bulk.post(italians(1, first=2000), body="first", priority=1010)
    await bulk.post(italians(1, first=3000), body="at once", realtime=True)
    gateway.connector.capacity = 3
    await gateway.worker.dispatcher.dispatch_once()
    texts = [claim.segments[0].text for claim in gateway.connector.claims]
    assert texts == ["at once", "first", "crowd"]


async def test_a_message_that_waited_for_months_has_its_reports_matched(
    gateway: Gateway, bulk: BulkHand
) -> None:
    spring = gateway.clock.now() + timedelta(days=100)
    identifier = (await bulk.post(italians(1), due_at=spring)).message_id
    gateway.clock.advance(100 * 86_400)
    async with gateway.database.transaction() as connection:
        await ensure_partitions(connection, gateway.clock.now())
    assert await gateway.housekeeper.promote_once() == 1
    await gateway.worker.dispatcher.dispatch_once()
    await gateway.settle(gateway.connector.claims[-1], accepted("ab12"))
    await gateway.report(gateway.delivered("ab12"))
    await gateway.reporter.rematch_once()
    assert (await bulk.read(identifier)).counts == {State.DELIVERED: 1}
