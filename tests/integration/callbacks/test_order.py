"""An older state is never sent after a newer, whoever claims and whatever fails in between."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import web
from delivery import Delivery, delivering
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from outbox import Outbox, make_outbox
from receiver import Received, Receiver, receiving

from staffetta.callbacks.claim import claim
from staffetta.callbacks.owe import Lane
from staffetta.db.pool import Connection, Database
from staffetta.domain.clock import Clock
from staffetta.domain.states import State

_LANE_HOST = "127.0.0.1"


async def _claim_in(outbox: Outbox, connection: Connection, owner: int) -> list[bytes]:
    lane = Lane(outbox.space_id, _LANE_HOST)
    found = await claim(connection, {lane: 10}, owner, outbox.now)
    return [one.id for one in found.claims]


async def test_a_newer_state_supersedes_an_older_one_that_is_unsent(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    message_id = await outbox.message(receiver.url())
    await outbox.owe([message_id], State.SUBMITTED)
    await outbox.owe([message_id], State.DELIVERED)

    async with delivering(outbox, clock) as delivery:
        await delivery.step()

    assert receiver.states == ["DELIVERED"]
    assert await outbox.statuses() == ["superseded", "delivered"]


async def test_states_of_a_message_are_told_in_their_order(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    message_id = await outbox.message(receiver.url())
    async with delivering(outbox, clock) as delivery:
        for state in (State.SUBMITTED, State.DELIVERED):
            await outbox.owe([message_id], state)
            await delivery.step()

    assert receiver.states == ["PENDING", "DELIVERED"]


async def test_a_newer_state_waits_for_the_older_one_under_way_and_follows_it_at_once(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    may_answer = asyncio.Event()

    async def slowly(_received: Received) -> web.StreamResponse:
        await may_answer.wait()
        return web.Response()

    receiver.answer = slowly
    message_id = await outbox.message(receiver.url())
    async with delivering(outbox, clock) as delivery:
        await outbox.owe([message_id], State.SUBMITTED)
        await delivery.deliverer.discover_once()
        assert await delivery.deliverer.claim_once() == 1
        await receiver.wait_for(1)
        await outbox.owe([message_id], State.DELIVERED)
        await delivery.deliverer.discover_once()

        assert await delivery.deliverer.claim_once() == 0
        assert await outbox.statuses() == ["delivering", "owed"]

        may_answer.set()
        await delivery.write()
        # Nobody rings and nobody discovers: the end of the first makes it look again.
        assert await delivery.deliverer.claim_once() == 1
        await delivery.write()

    assert receiver.states == ["PENDING", "DELIVERED"]


async def test_an_older_state_that_fails_is_superseded_by_the_newer_one_owed_meanwhile(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    message_id = await outbox.message(receiver.url())

    async def fail(_received: Received) -> web.StreamResponse:
        await outbox.owe([message_id], State.DELIVERED)
        receiver.answers(200)
        return web.Response(status=500)

    receiver.answer = fail
    await outbox.owe([message_id], State.SUBMITTED)
    async with delivering(outbox, clock) as delivery:
        await delivery.step()
        await delivery.step()

    assert receiver.states == ["PENDING", "DELIVERED"]
    assert await outbox.statuses() == ["superseded", "delivered"]


async def test_an_older_state_waiting_for_its_repeat_is_superseded(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    message_id = await outbox.message(receiver.url())
    await outbox.owe([message_id], State.SUBMITTED)
    receiver.answers(500)
    async with delivering(outbox, clock) as delivery:
        await delivery.step()
        receiver.answers(200)
        await outbox.owe([message_id], State.DELIVERED)
        await delivery.step()
        clock.advance(60)  # type: ignore[attr-defined]
        await delivery.step()

    assert receiver.states == ["PENDING", "DELIVERED"]
    assert await outbox.statuses() == ["superseded", "delivered"]


async def test_two_processes_never_claim_in_one_lane_at_once(outbox: Outbox, clock: Clock) -> None:
    """The second would not see what the first is taking, and take the newer state beside it."""
    message_id = await outbox.message("http://127.0.0.1/")
    await outbox.owe([message_id], State.SUBMITTED)
    one, other = await outbox.process(), await outbox.process()
    async with outbox.database.transaction() as first:
        assert len(await _claim_in(outbox, first, one)) == 1
        await outbox.owe([message_id], State.DELIVERED)
        async with outbox.database.transaction() as second:
            assert await _claim_in(outbox, second, other) == []
    async with outbox.database.transaction() as second:
        assert await _claim_in(outbox, second, other) == []  # the older one is under way

    assert await outbox.statuses() == ["delivering", "owed"]


async def test_a_transaction_that_began_earlier_sees_what_was_claimed_since(
    outbox: Outbox, clock: Clock
) -> None:
    message_id = await outbox.message("http://127.0.0.1/")
    await outbox.owe([message_id], State.SUBMITTED)
    one, other = await outbox.process(), await outbox.process()
    async with outbox.database.transaction() as early:
        await early.fetchval("SELECT count(*) FROM callback")
        async with outbox.database.transaction() as first:
            await _claim_in(outbox, first, one)
        await outbox.owe([message_id], State.DELIVERED)

        assert await _claim_in(outbox, early, other) == []


async def test_two_processes_deliver_everything_once(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    await outbox.owe(await outbox.messages(300, receiver.url()))

    async def work(delivery: Delivery) -> None:
        deliverer = delivery.deliverer
        while len(receiver.received) < 300 or delivery.is_busy:
            await deliverer.discover_once()
            await deliverer.claim_once()
            await deliverer.results.write_once()
            await asyncio.sleep(0)

    async with (
        asyncio.timeout(60),
        delivering(outbox, clock) as one,
        delivering(outbox, clock) as other,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(work(one))
        tasks.create_task(work(other))

    ids = [request.headers["webhook-id"] for request in receiver.received]
    assert len(ids) == len(set(ids)) == 300
    assert set(await outbox.statuses()) == {"delivered"}


async def test_a_process_taken_for_dead_sends_nothing_it_claimed(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    is_fresh = True
    await outbox.owe([await outbox.message(receiver.url())])
    async with delivering(outbox, clock, may_write=lambda: is_fresh) as delivery:
        await delivery.deliverer.discover_once()
        await delivery.deliverer.claim_once()
        is_fresh = False  # it stood still between its claim and its first request
        await delivery.write()

    (owed,) = await outbox.owed()
    assert receiver.received == []
    assert (owed.status, owed.tries) == ("owed", 0)


# The same, for whatever happens in whatever order ------------------------------------------------

_STEPS = some.lists(
    some.sampled_from(
        [
            "owe",
            "one claims",
            "one claims",
            "other claims",
            "one writes",
            "other writes",
            "a third dies with claims",
            "the receiver fails",
            "the receiver is well",
            "an hour passes",
        ]
    ),
    min_size=4,
    max_size=16,
)


@dataclass
class Story:
    """One message, two processes that deliver, and a receiver."""

    outbox: Outbox
    clock: Any  # that of the tests, which advances
    one: Delivery
    other: Delivery
    message_id: bytes = b""
    status: int = 200
    told: list[str] = field(default_factory=list)  # in the order in which the receiver worked
    changes: list[State] = field(default_factory=lambda: [State.SUBMITTED, State.DELIVERED])

    async def answer(self, received: Received) -> web.StreamResponse:
        """Older states are worked on more slowly: what is under way together comes out turned."""
        state = received.message["state"]
        if state == "PENDING":
            await asyncio.sleep(0.02)
        self.told.append(state)
        return web.Response(status=self.status)

    async def play(self, step: str) -> None:
        match step.split():
            case ["owe"] if self.changes:
                state = self.changes.pop(0)
                await self.outbox.owe([self.message_id], state, now=self.clock.now())
            case [who, "claims"]:
                deliverer = getattr(self, who).deliverer
                await deliverer.discover_once()
                await deliverer.claim_once()
            case [who, "writes"]:
                await getattr(self, who).write()
            case ["a", "third", *_]:
                await self._die()
            case ["the", "receiver", "fails"]:
                self.status = 500
            case ["the", "receiver", *_]:
                self.status = 200
            case ["an", "hour", "passes"]:
                self.clock.advance(3600)

    async def _die(self) -> None:
        self.outbox.now = self.clock.now()
        owner = await self.outbox.process(ended=True)
        async with self.outbox.database.transaction() as connection:
            await _claim_in(self.outbox, connection, owner)
        await self.one.deliverer.reap_once()

    async def end(self) -> None:
        """Everything that is owed comes to its end."""
        for step in ("owe", "owe", "the receiver is well"):
            await self.play(step)
        for _ in range(3):
            for delivery in (self.one, self.other):
                self.clock.advance(24 * 3600 / 4)
                await delivery.step()


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=_STEPS)
async def test_states_never_go_backwards(database: Database, clock: Any, steps: list[str]) -> None:
    clock.at = clock.at.replace(hour=9, day=14)  # where the story before this one began
    outbox = await make_outbox(database, clock.now(), f"{uuid4().hex}@example.com")
    async with (
        receiving() as receiver,
        delivering(outbox, clock) as one,
        delivering(outbox, clock) as other,
    ):
        story = Story(outbox, clock, one, other, await outbox.message(receiver.url()))
        receiver.answer = story.answer
        for step in steps:
            await story.play(step)
        await story.end()

    order = ["PENDING", "DELIVERED"]
    places = [order.index(state) for state in story.told]
    statuses = await outbox.statuses(story.message_id)
    assert places == sorted(places)
    assert places[-1] == 1
    assert set(statuses) <= {"delivered", "superseded"}
    assert statuses[-1] == "delivered"
