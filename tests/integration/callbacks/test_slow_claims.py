"""A claim takes its time, and its host may go down meanwhile: nothing is sent to it, or kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from delivery import Delivery, delivering
from lock_waits import until_somebody_waits
from outbox import Outbox
from receiver import Received, Receiver

from staffetta.callbacks.breaker import FAILURES_MAX, OPEN_SECONDS
from staffetta.domain.clock import Clock

_AT_ONCE = FAILURES_MAX + 1
_PER_HOST_MAX = 1000
_EARNING = 300  # so many answers leave room for several requests after all the failures


async def _owe(outbox: Outbox, receiver: Receiver, delivery: Delivery, count: int) -> list[bytes]:
    messages = await outbox.messages(count, receiver.url())
    await outbox.owe(messages)
    await delivery.deliverer.discover_once()
    return messages


def _fail_when_told(receiver: Receiver, unanswered: int) -> asyncio.Event:
    """The receiver answers nobody until the event, and then 503 to all but so many."""
    may_fail = asyncio.Event()
    places = iter(range(_AT_ONCE))

    async def answer(_received: Received) -> web.StreamResponse:
        await (asyncio.Event() if next(places) < unanswered else may_fail).wait()
        return web.Response(status=503)

    receiver.received.clear()
    receiver.answer = answer
    return may_fail


@asynccontextmanager
async def _claiming_while_requests_fail(
    outbox: Outbox, receiver: Receiver, delivery: Delivery, unanswered: int = 0
) -> AsyncIterator[list[bytes]]:
    """Inside, requests have failed and another claim stands still; afterwards it is made."""
    await _owe(outbox, receiver, delivery, _EARNING)
    await delivery.step()  # the lane has earned more than it began with
    may_fail = _fail_when_told(receiver, unanswered)
    await _owe(outbox, receiver, delivery, _AT_ONCE)
    await delivery.deliverer.claim_once()
    await receiver.wait_for(_AT_ONCE)
    late = await _owe(outbox, receiver, delivery, _AT_ONCE)
    async with (
        asyncio.timeout(60),
        asyncio.TaskGroup() as tasks,
        outbox.database.transaction() as held,
    ):
        await held.execute("SELECT FROM callback WHERE message_id = ANY($1) FOR UPDATE", late)
        tasks.create_task(delivery.deliverer.claim_once())
        await until_somebody_waits(outbox.database)
        may_fail.set()
        while delivery.deliverer.under_way > unanswered:
            await delivery.deliverer.results.write_once()
            await asyncio.sleep(0)
        yield late
    await delivery.deliverer.results.write_once()


@pytest.mark.parametrize("unanswered", [0, 1])
async def test_what_was_being_claimed_when_its_host_went_down_is_given_back(
    outbox: Outbox, receiver: Receiver, clock: Clock, unanswered: int
) -> None:
    async with delivering(outbox, clock, per_host_max=_PER_HOST_MAX) as delivery:
        async with _claiming_while_requests_fail(outbox, receiver, delivery, unanswered) as late:
            pass

        assert delivery.deliverer.under_way == unanswered
        assert await outbox.statuses(*late) == ["owed"] * _AT_ONCE
        assert len(receiver.received) == _AT_ONCE


async def test_what_was_being_claimed_when_a_probe_fell_due_is_one_probe(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    async with delivering(outbox, clock, per_host_max=_PER_HOST_MAX) as delivery:
        async with _claiming_while_requests_fail(outbox, receiver, delivery):
            receiver.answers(503)
            clock.advance(OPEN_SECONDS)  # type: ignore[attr-defined]
        await delivery.write()

        assert len(receiver.received) == _AT_ONCE + 1


async def test_a_host_that_recovers_gets_what_was_being_claimed_when_it_went_down(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    async with delivering(outbox, clock, per_host_max=_PER_HOST_MAX) as delivery:
        async with _claiming_while_requests_fail(outbox, receiver, delivery) as late:
            receiver.answers(200)
        clock.advance(OPEN_SECONDS)  # type: ignore[attr-defined]
        await delivery.step()

        assert await outbox.statuses(*late) == ["delivered"] * _AT_ONCE
