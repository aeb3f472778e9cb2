"""Nobody starves: thousands of one account take turns with one of another; priority is an order."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from bulk_hand import BulkHand, bulk_request, italians
from hand_gateway import Gateway, make_space

from staffetta.accounts.terms import DEFAULT_TERMS
from staffetta.domain.environments import Environment
from staffetta.messaging.housekeeping import STEP_MAX
from staffetta.messaging.inspection import Space

MANY = 5_000
BATCH = 100


class Queue:
    """Anna with very much to send, Bruno with little, and one connector for both."""

    def __init__(self, gateway: Gateway, bruno: Space) -> None:
        self.gateway = gateway
        self.bulk = BulkHand(gateway)
        self.anna = gateway.space
        self.bruno = bruno
        gateway.connector.capacity = BATCH

    async def post(self, space: Space, count: int, first: int = 0, **changes: Any) -> bytes:
        """A v1 message to so many numbers."""
        request = bulk_request(italians(count, first), **changes)
        accepted = await self.bulk.acceptor.accept(space, request, self.gateway.clock.now())
        return accepted.message_id

    async def claim(self) -> Sequence[int]:
        """Whose recipients the next batch takes, in their order."""
        self.gateway.connector.claims.clear()
        await self.gateway.worker.dispatcher.dispatch_once()
        return [claim.space_id for claim in self.gateway.connector.claims]

    async def numbers(self) -> Sequence[str]:
        """Which numbers the next batch takes, in their order."""
        await self.claim()
        return [claim.number for claim in self.gateway.connector.claims]


@pytest.fixture
async def queue(gateway: Gateway) -> Queue:
    bruno = await make_space(gateway.database, "bruno@example.com")
    await gateway.rows("UPDATE wallet SET balance_micro = 1000000000")
    return Queue(gateway, Space(bruno, Environment.PRODUCTION, DEFAULT_TERMS))


@pytest.mark.parametrize("claimed", [0, 3])
@pytest.mark.parametrize("service", ["v1", "v2"])
async def test_one_message_is_claimed_with_the_next_batch_whatever_another_account_has_waiting(
    queue: Queue, service: str, claimed: int
) -> None:
    await queue.post(queue.anna, MANY)
    for _ in range(claimed):
        assert set(await queue.claim()) == {queue.anna.id}
    if service == "v1":
        await queue.post(queue.bruno, 1)
    else:
        await queue.gateway.accept(queue.bruno)
    batch = await queue.claim()
    assert len(batch) == BATCH
    assert queue.bruno.id in batch[:2]


async def test_two_accounts_with_much_to_send_share_every_batch(queue: Queue) -> None:
    await queue.post(queue.anna, 1_000)
    await queue.claim()
    await queue.post(queue.bruno, 200)
    for _ in range(4):
        assert (await queue.claim()).count(queue.bruno.id) == pytest.approx(BATCH / 2, abs=1)
    assert set(await queue.claim()) == {queue.anna.id}


async def test_a_transaction_takes_its_turns_when_it_is_closed(queue: Queue) -> None:
    """Neither before those that came while it was open, nor behind all that its account has."""
    opened = await queue.post(queue.anna, 1_000, is_open=True)
    await queue.post(queue.bruno, 300)
    await queue.claim()
    await queue.bulk.put(opened, closes=True)
    for _ in range(4):
        assert (await queue.claim()).count(queue.bruno.id) == pytest.approx(BATCH / 2, abs=1)
    assert set(await queue.claim()) == {queue.anna.id}
    await queue.post(queue.bruno, 1)
    assert queue.bruno.id in (await queue.claim())[:2]


async def test_what_falls_due_in_several_batches_takes_fair_turns(queue: Queue) -> None:
    later = queue.gateway.clock.now() + timedelta(hours=1)
    await queue.post(queue.anna, 2 * STEP_MAX + 500, due_at=later)
    queue.gateway.clock.advance(3601)
    await queue.gateway.housekeeper.promote_once()
    assert set(await queue.claim()) == {queue.anna.id}
    await queue.post(queue.bruno, 100)
    assert [await queue.gateway.housekeeper.promote_once() for _ in range(2)] == [STEP_MAX, 500]
    for _ in range(2):
        assert (await queue.claim()).count(queue.bruno.id) == pytest.approx(BATCH / 2, abs=1)
    rows = await queue.gateway.rows(
        "SELECT count(DISTINCT turn) AS turns FROM recipient WHERE space_id = $1", queue.anna.id
    )
    assert rows[0]["turns"] == 2 * STEP_MAX + 500  # no batch of theirs overtakes another


async def test_a_hundredth_more_of_priority_passes_a_thousand_that_wait(queue: Queue) -> None:
    await queue.post(queue.anna, 1_000)
    await queue.post(queue.anna, 1, first=5_000, priority=1_010)
    await queue.post(queue.bruno, 1, first=6_000, priority=1_020)
    assert (await queue.numbers())[:3] == ["+393330006000", "+393330005000", "+393330000000"]


async def test_realtime_passes_every_priority(queue: Queue) -> None:
    await queue.post(queue.anna, 1_000, priority=10_000)
    await queue.post(queue.anna, 1, first=5_000, realtime=True)
    await queue.post(queue.bruno, 1, first=6_000, realtime=True, priority=1_010)
    assert (await queue.numbers())[:3] == ["+393330006000", "+393330005000", "+393330000000"]


async def test_a_text_of_more_segments_takes_as_many_turns(queue: Queue) -> None:
    await queue.post(queue.anna, 1_000, body="x" * 300)
    await queue.claim()
    await queue.post(queue.bruno, 1_000)
    batch = [*await queue.claim(), *await queue.claim(), *await queue.claim()]
    assert batch.count(queue.bruno.id) == pytest.approx(2 * batch.count(queue.anna.id), abs=3)
