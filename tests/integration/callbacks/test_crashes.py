"""Whatever dies between any two lines, a callback is delivered at least once."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from delivery import delivering
from outbox import Outbox
from receiver import Received, Receiver

from staffetta.callbacks.claim import OWNER_DEAD_SECONDS, claim, reap
from staffetta.callbacks.owe import Lane
from staffetta.db.pool import ConnectionLost, Database, NotConnected
from staffetta.domain.clock import Clock
from staffetta.domain.states import State

_SILENT = timedelta(seconds=OWNER_DEAD_SECONDS + 1)


async def _claim_for(outbox: Outbox, owner: int) -> None:
    """What a process did before it died: it claimed, and perhaps sent."""
    async with outbox.database.transaction() as connection:
        await claim(connection, {Lane(outbox.space_id, "127.0.0.1"): 10}, owner, outbox.now)


@pytest.mark.parametrize("ended", [True, False])
async def test_the_claim_of_a_dead_process_is_sent_by_another(
    outbox: Outbox, receiver: Receiver, clock: Clock, *, ended: bool
) -> None:
    await outbox.owe([await outbox.message(receiver.url())])
    dead = outbox.process(ended=True) if ended else outbox.process(silent_for=_SILENT)
    await _claim_for(outbox, await dead)

    async with delivering(outbox, clock) as delivery:
        await delivery.step()
        assert receiver.received == []
        assert await delivery.deliverer.reap_once() == 1
        await delivery.step()

    (owed,) = await outbox.owed()
    assert (owed.status, owed.tries) == ("delivered", 1)  # nobody knows of the first: not used up
    assert len(receiver.received) == 1


async def test_the_claim_of_a_living_process_is_left_alone(outbox: Outbox) -> None:
    await outbox.owe([await outbox.message("http://127.0.0.1/")])
    await _claim_for(outbox, await outbox.process())

    async with outbox.database.acquire() as connection:
        assert await reap(connection) == frozenset()


async def test_silence_counts_only_for_a_process_that_is_steady_itself(outbox: Outbox) -> None:
    await outbox.owe([await outbox.message("http://127.0.0.1/")])
    await _claim_for(outbox, await outbox.process(silent_for=_SILENT))

    async with outbox.database.acquire() as connection:
        assert await reap(connection, silent_too=False) == frozenset()
        assert await reap(connection) == {Lane(outbox.space_id, "127.0.0.1")}


async def test_a_late_result_of_a_claim_that_was_taken_over_changes_nothing(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    may_answer = asyncio.Event()

    async def hold(_received: Received) -> web.StreamResponse:
        await may_answer.wait()
        return web.Response(status=500)

    receiver.answer = hold
    await outbox.owe([await outbox.message(receiver.url())])
    async with delivering(outbox, clock) as slow, delivering(outbox, clock) as quick:
        await slow.deliverer.discover_once()
        await slow.deliverer.claim_once()
        await receiver.wait_for(1)
        await outbox.rows("UPDATE process SET ended_at = now() WHERE id = $1", slow.owner)
        receiver.answers(200)
        await quick.deliverer.reap_once()
        await quick.step()
        may_answer.set()
        await slow.write()

    assert await outbox.statuses() == ["delivered"]
    assert [one["http_status"] for one in await outbox.attempts()] == [200]


async def test_a_late_result_is_not_taken_for_that_of_a_newer_claim_of_the_same_process(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    """It was taken for dead, its claim was opened, and it made the claim again itself."""
    first_may_answer, second_may_answer = asyncio.Event(), asyncio.Event()

    async def hold(_received: Received) -> web.StreamResponse:
        is_first = len(receiver.received) == 1
        await (first_may_answer if is_first else second_may_answer).wait()
        return web.Response(status=500 if is_first else 200)

    receiver.answer = hold
    await outbox.owe([await outbox.message(receiver.url())])
    async with delivering(outbox, clock) as delivery:
        await delivery.deliverer.discover_once()
        await delivery.deliverer.claim_once()
        await receiver.wait_for(1)
        await outbox.rows("UPDATE process SET heartbeat_at = now() - interval '1 hour'")
        await delivery.deliverer.reap_once()
        await delivery.deliverer.claim_once()
        await receiver.wait_for(2)
        first_may_answer.set()
        async with asyncio.timeout(30):
            await delivery.deliverer.results.came.wait()
        await delivery.deliverer.results.write_once()
        assert await outbox.statuses() == ["delivering"]

        second_may_answer.set()
        await delivery.write()

    assert await outbox.statuses() == ["delivered"]
    assert [one["http_status"] for one in await outbox.attempts()] == [200]


async def test_a_claim_whose_commit_nobody_answered_is_put_back_and_sent(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    await outbox.owe([await outbox.message(receiver.url())])
    owner = await outbox.process()
    await _claim_for(outbox, owner)  # and the process lives, and knows nothing of it

    async with delivering(outbox, clock, owner=owner) as delivery:
        await delivery.step()

    (owed,) = await outbox.owed()
    assert (owed.status, owed.tries) == ("delivered", 1)


async def test_what_is_under_way_is_not_put_back(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    may_answer = asyncio.Event()

    async def hold(_received: Received) -> web.StreamResponse:
        await may_answer.wait()
        return web.Response()

    receiver.answer = hold
    await outbox.owe([await outbox.message(receiver.url())])
    async with delivering(outbox, clock) as delivery:
        await delivery.deliverer.discover_once()
        await delivery.deliverer.claim_once()
        await receiver.wait_for(1)
        clock.advance(3600)  # type: ignore[attr-defined]
        await delivery.deliverer.claim_once()
        assert await outbox.statuses() == ["delivering"]
        may_answer.set()
        await delivery.write()

    assert await outbox.statuses() == ["delivered"]
    assert len(receiver.received) == 1


async def test_a_result_is_not_lost_when_the_database_goes_away(
    outbox: Outbox, receiver: Receiver, clock: Clock, database_url: str, database_server: Any
) -> None:
    await outbox.owe(await outbox.messages(3, receiver.url()))
    impatient = await Database.connect(
        database_url, patience_seconds=0.2, start_patience_seconds=30
    )
    outbox.database, lasting = impatient, outbox.database
    (row,) = await outbox.rows("SELECT current_database()")
    outside = await Database.connect(database_server.url)
    async with delivering(outbox, clock) as delivery:
        await delivery.deliverer.discover_once()
        await delivery.deliverer.claim_once()
        await receiver.wait_for(3)
        await _allow_connections(outside, row[0], allowed=False)
        with pytest.raises(ConnectionLost):
            await delivery.write()
        assert len(delivery.deliverer.results) > 0

        await _allow_connections(outside, row[0], allowed=True)
        async with asyncio.timeout(30):
            while delivery.is_busy:  # it has little patience, and tries again
                with suppress(NotConnected):
                    await delivery.write()
    outbox.database = lasting
    await impatient.close()
    await outside.close()

    assert await outbox.statuses() == ["delivered"] * 3
    assert len(receiver.received) == 3


async def _allow_connections(outside: Database, name: str, *, allowed: bool) -> None:
    """Let nobody into a database, and throw out whoever is in it; or let them in again."""
    async with outside.acquire() as connection:
        await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}")
        if not allowed:
            await connection.execute(
                "SELECT pg_terminate_backend(pid, $2) FROM pg_stat_activity WHERE datname = $1",
                name,
                30_000,  # milliseconds until each has ended
            )


async def test_a_stop_gives_back_what_waits_and_awaits_what_is_under_way(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    may_answer = asyncio.Event()

    async def hold(_received: Received) -> web.StreamResponse:
        await may_answer.wait()
        return web.Response()

    await outbox.owe(await outbox.messages(40, receiver.url()))
    async with delivering(outbox, clock) as delivery:
        await delivery.step()  # it has earned more than it began with
        receiver.received.clear()
        receiver.answer = hold
        await outbox.owe(await outbox.messages(200, receiver.url()))
        await delivery.deliverer.discover_once()
        claimed = await delivery.deliverer.claim_once()
        await receiver.wait_for(32)
        assert claimed > 32

        draining = asyncio.create_task(delivery.deliverer.drain(60))
        await asyncio.sleep(0)
        assert await delivery.deliverer.claim_once() == 0
        may_answer.set()
        await draining
        await delivery.write()

    assert len(receiver.received) == 32
    statuses = await outbox.statuses()
    assert (statuses.count("delivered"), statuses.count("owed")) == (72, 168)
    untried = [one.tries for one in await outbox.owed() if one.status == "owed"]
    assert set(untried) == {0}


async def test_what_does_not_end_in_time_is_cut_short_and_given_back(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    async def never(_received: Received) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    receiver.answer = never
    await outbox.owe([await outbox.message(receiver.url())])
    async with delivering(outbox, clock) as delivery:
        await delivery.deliverer.discover_once()
        await delivery.deliverer.claim_once()
        await receiver.wait_for(1)

        await delivery.deliverer.drain(0.01)
        await delivery.write()

    (owed,) = await outbox.owed()
    assert (owed.status, owed.tries) == ("owed", 0)


async def test_a_result_that_the_database_refuses_holds_up_no_other(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    """A constraint stands for whatever we did not think of."""
    await outbox.rows("ALTER TABLE callback_attempt ADD CONSTRAINT short CHECK (answer <> 'bad')")
    count = 0

    async def answer(_received: Received) -> web.StreamResponse:
        nonlocal count
        count += 1
        return web.Response(text="bad" if count == 2 else "good")

    receiver.answer = answer
    await outbox.owe(await outbox.messages(4, receiver.url()), State.DELIVERED)

    async with delivering(outbox, clock) as delivery:
        await delivery.step()

    assert await outbox.statuses() == ["delivered"] * 4
    assert sorted(one["answer"] for one in await outbox.attempts()) == ["", "good", "good", "good"]
