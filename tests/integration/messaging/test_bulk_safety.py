"""What nobody can do to v1's messages from outside: take one apart, stop others, pay twice."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from bulk_hand import BulkHand, italians
from hand_gateway import Gateway

from staffetta.domain.errors import GuardRefused, MessageRefused, NotAcceptingNow
from staffetta.domain.states import State
from staffetta.messaging.bulk.discard import discard_open_once
from staffetta.messaging.bulk.errors import NoRecipient, RealtimeTooSoon, TooManyRecipients
from staffetta.messaging.bulk.lanes import Lanes
from staffetta.messaging.bulk.spans import SPAN
from staffetta.messaging.bulk.steps import STEP
from staffetta.messaging.connector import Refused


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


class Watched:
    """The same item very often, and how many of them were looked at between two turns of others."""

    def __init__(self, item: object, count: int) -> None:
        self.item, self.count = item, count
        self.turn = 0
        self.looked_at: Counter[int] = Counter()

    def __iter__(self) -> Iterator[object]:
        for _ in range(self.count):
            self.looked_at[self.turn] += 1
            yield self.item

    async def watch(self, work: Awaitable[object]) -> int:
        """The most of them between two turns while this is done."""
        task = asyncio.ensure_future(work)
        while not task.done():
            await asyncio.sleep(0)
            self.turn += 1
        with suppress(MessageRefused):
            await task
        return max(self.looked_at.values())


@pytest.mark.parametrize(
    "item", ["+39-3330000001", '"+39-3123"', 7], ids=["repeated", "invalid", "no number"]
)
async def test_others_go_on_while_recipients_are_skipped(
    gateway: Gateway, bulk: BulkHand, item: object
) -> None:
    identifier = (await bulk.post(italians(2), is_open=True)).message_id
    put, posted = Watched(item, 10 * STEP), Watched(item, 10 * STEP)
    assert 1 < await put.watch(bulk.put(identifier, put)) <= STEP
    assert 1 < await posted.watch(bulk.post(posted)) <= STEP


async def test_a_message_has_a_limit_of_recipients_also_over_several_puts(
    gateway: Gateway, bulk: BulkHand
) -> None:
    bulk.acceptor.recipients_max = 10
    with pytest.raises(TooManyRecipients, match="more than 10"):
        await bulk.post(italians(11))
    with pytest.raises(TooManyRecipients):  # nobody may have them looked through for ever
        await bulk.post(["nobody"] * 11)
    identifier = (await bulk.post(italians(10), is_open=True)).message_id
    await bulk.put(identifier, italians(10))
    with pytest.raises(TooManyRecipients):
        await bulk.put(identifier, italians(1, first=10))
    assert (await bulk.read(identifier)).recipient_count == 10


async def test_of_what_is_no_number_all_is_counted_and_the_first_thousand_shown(
    gateway: Gateway, bulk: BulkHand
) -> None:
    identifier = (await bulk.post(["a"] * 600, is_open=True)).message_id
    for _ in range(3):
        await bulk.put(identifier, ["b"] * 300)
    message = await bulk.read(identifier)
    assert (message.invalid_total, len(message.invalid)) == (1500, 1000)
    assert list(message.invalid) == ["a"] * 600 + ["b"] * 400
    with pytest.raises(NoRecipient, match="not a"):
        await bulk.put(identifier, closes=True)


def many_changes(bulk: BulkHand, identifier: bytes) -> list[asyncio.Future[object]]:
    """More than there are connections, all of one message."""
    return [
        asyncio.ensure_future(one)
        for _ in range(12)
        for one in (bulk.delete(identifier), bulk.put(identifier, italians(1)))
    ]


async def test_a_message_that_is_being_changed_takes_no_connection_from_others(
    gateway: Gateway, bulk: BulkHand
) -> None:
    """Another process holds the message: who wants it waits, and nobody else notices."""
    bulk.acceptor.lanes = Lanes(locked_seconds_max=60)
    identifier = (await bulk.post([], is_open=True)).message_id
    async with gateway.database.transaction() as connection:
        await connection.fetch("SELECT FROM v1_message FOR UPDATE")
        waiting = many_changes(bulk, identifier)
        async with asyncio.timeout(30):
            await asyncio.gather(*(bulk.post(italians(1, first=one)) for one in range(8)))
        assert not any(one.done() for one in waiting)
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert NotAcceptingNow not in {type(one) for one in ended}


async def test_who_waits_long_for_a_message_that_is_being_changed_gives_up(
    gateway: Gateway, bulk: BulkHand
) -> None:
    bulk.acceptor.lanes = Lanes(locked_seconds_max=0.1)
    identifier = (await bulk.post([], is_open=True)).message_id
    async with gateway.database.transaction() as connection:
        await connection.fetch("SELECT FROM v1_message FOR UPDATE")
        waiting = many_changes(bulk, identifier)
        refused = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(one) for one in refused} == {NotAcceptingNow}
    await bulk.put(identifier, italians(1))
    await bulk.delete(identifier)


async def test_realtime_takes_its_minute_when_it_is_queued(
    gateway: Gateway, bulk: BulkHand
) -> None:
    now, minute = gateway.clock.now(), timedelta(minutes=1)
    opened = [
        (await bulk.post(italians(1), is_open=True, realtime=True)).message_id for _ in range(3)
    ]
    await bulk.put(opened[0], closes=True)
    with pytest.raises(RealtimeTooSoon):
        await bulk.put(opened[1], closes=True)
    assert (await bulk.read(opened[1])).is_open
    with pytest.raises(RealtimeTooSoon):
        await bulk.post(italians(1), realtime=True, due_at=now + timedelta(seconds=59))
    later = (await bulk.post(italians(1), realtime=True, due_at=now + 60 * minute)).message_id
    with pytest.raises(RealtimeTooSoon):
        await bulk.post(italians(1), realtime=True, due_at=now + 60.5 * minute)
    await bulk.put(later, due_at=now + 30 * minute)
    again = await bulk.post(italians(1), realtime=True, due_at=now + 60.5 * minute)
    with pytest.raises(RealtimeTooSoon):
        await bulk.put(again.message_id, due_at=now + 30.5 * minute)
    await bulk.delete(later)
    await bulk.put(again.message_id, due_at=now + 30.5 * minute)
    gateway.clock.advance(60)
    await bulk.put(opened[1], closes=True)
    with pytest.raises(RealtimeTooSoon):
        await bulk.put(opened[2], closes=True)


async def test_one_transaction_that_cannot_be_discarded_does_not_stop_the_others(
    gateway: Gateway, bulk: BulkHand
) -> None:
    made = [(await bulk.post(italians(2), is_open=True)).message_id for _ in range(3)]
    await gateway.rows(
        "ALTER TABLE recipient ADD CONSTRAINT stuck CHECK (message_id <> $x OR state <>"
        " 'cancelled')".replace("$x", f"'\\x{made[0].hex()}'")
    )
    gateway.clock.advance(48 * 3600)
    assert await discard_open_once(gateway.database, gateway.clock.now()) == 2
    numbers = [(await bulk.read(message_id)).number for message_id in made]
    assert numbers == [0, 3, 3]


async def test_what_changes_all_recipients_does_it_in_spans(
    gateway: Gateway, bulk: BulkHand
) -> None:
    count = SPAN + 10
    await gateway.rows("UPDATE wallet SET balance_micro = 10000000000")
    later = gateway.clock.now() + timedelta(days=1)
    identifier = (await bulk.post(italians(count), is_open=True, due_at=later)).message_id
    closed = await bulk.put(identifier, closes=True)
    assert closed.message.counts == {State.SCHEDULED: count}
    assert closed.paid_micro == count * 30_000
    rows = await gateway.rows("SELECT count(DISTINCT turn) AS turns, max(turn) FROM recipient")
    assert (rows[0]["turns"], rows[0]["max"]) == (count, count)
    await bulk.put(identifier, due_at=later + timedelta(hours=1))
    await bulk.delete(identifier)
    assert (await bulk.read(identifier)).counts == {State.CANCELLED: count}


async def test_a_refund_makes_room_under_the_cap_of_the_day_its_transaction_was_closed(
    gateway: Gateway, bulk: BulkHand
) -> None:
    await gateway.rows("UPDATE wallet SET day_spend_max_micro = 60000")
    identifier = (await bulk.post(italians(2), is_open=True)).message_id
    gateway.clock.advance(86_400)
    await bulk.put(identifier, closes=True)
    await gateway.worker.dispatcher.dispatch_once()
    with pytest.raises(GuardRefused):
        await bulk.post(italians(1, first=5))
    for claim in gateway.connector.claims:
        await gateway.settle(claim, Refused(11, "no", temporary=False))
    assert (await bulk.read(identifier)).counts == {State.REJECTED: 2}
    await bulk.post(italians(2, first=5))
