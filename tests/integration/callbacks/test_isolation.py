"""One lane holds up no other: not a dead host, not a slow one, not one with a long backlog."""

import asyncio
import socket
from collections.abc import Iterator

import pytest
from aiohttp import web
from delivery import delivering
from outbox import Outbox
from receiver import Received, Receiver, receiving

from staffetta.callbacks.breaker import FAILURES_MAX, OPEN_SECONDS
from staffetta.callbacks.claim import OVERDUE_MAX, claim
from staffetta.callbacks.http_client import Patience
from staffetta.callbacks.lanes import DOWN_SECONDS_MIN
from staffetta.callbacks.owe import Lane
from staffetta.domain.clock import Clock

_OWED_TO_THE_DEAD = 3000
_BACKLOG = 200_000
_OWE_MANY = """
INSERT INTO callback (space_id, id, message_id, recipient_id, step, event, host, changed_at, due_at,
                      created_at)
SELECT $1, made.id, made.id, made.id, 2, 'delivered', 'dead.example', $2, $2, $2
  FROM generate_series(1, $3::int) AS number,
       LATERAL (SELECT int4send(extract(epoch FROM $2::timestamptz)::int) || int8send(number) AS id)
           AS made
"""
_READ_WHOLE = """
SELECT sum(seq_tup_read)::bigint FROM pg_stat_user_tables WHERE relname LIKE 'callback_20%'
"""


@pytest.fixture
def dead_url() -> Iterator[str]:
    """Nobody listens there, and nobody else will."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.9", 0))
        yield f"http://127.0.0.9:{bound.getsockname()[1]}/"


async def _never(_received: Received) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_backlog_at_a_dead_host_delays_no_other(
    outbox: Outbox, receiver: Receiver, clock: Clock, dead_url: str
) -> None:
    dead = await outbox.messages(_OWED_TO_THE_DEAD, dead_url)
    await outbox.owe(dead, host="127.0.0.9")
    async with delivering(outbox, clock) as delivery:
        await delivery.step()
        tried = len(await outbox.attempts())
        await outbox.owe(await outbox.messages(50, receiver.url()))
        await delivery.step()

    assert len(receiver.received) == 50
    # The breaker opened, and used up no attempts of what waits behind it.
    assert FAILURES_MAX <= tried <= 4 * FAILURES_MAX
    statuses = await outbox.rows(
        "SELECT status, count(*) FROM callback WHERE host = '127.0.0.9' GROUP BY status"
    )
    assert [tuple(row) for row in statuses] == [("owed", _OWED_TO_THE_DEAD)]


async def test_a_host_that_never_answers_delays_no_other_lane(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    async with receiving() as silent:
        silent.answer = _never
        await outbox.owe(await outbox.messages(200, silent.url(host="localhost")), host="localhost")
        async with delivering(outbox, clock) as delivery:
            await delivery.deliverer.discover_once()
            await delivery.deliverer.claim_once()
            await silent.wait_for(4)
            await outbox.owe(await outbox.messages(100, receiver.url()))
            await delivery.deliverer.discover_once()
            async with asyncio.timeout(60):
                while len(receiver.received) < 100:
                    await delivery.deliverer.claim_once()
                    await delivery.deliverer.results.write_once()
                    await asyncio.sleep(0)

            assert len(silent.received) == 4  # a new lane begins with a few


async def test_a_claim_reads_no_more_than_it_takes_however_much_waits(
    outbox: Outbox, clock: Clock
) -> None:
    await outbox.rows(_OWE_MANY, outbox.space_id, outbox.now, _BACKLOG)
    await outbox.owe(await outbox.messages(10, "http://127.0.0.1/"))
    owner = await outbox.process()
    rooms = {Lane(outbox.space_id, "127.0.0.1"): 4, Lane(outbox.space_id, "dead.example"): 4}
    async with outbox.database.acquire() as connection:
        await connection.execute("ANALYZE")  # the planner knows how long the backlog is
        await connection.execute("SELECT pg_stat_force_next_flush()")
        before = await connection.fetchval(_READ_WHOLE)
        for _ in range(8):  # the sixth uses a plan for any arguments
            await claim(connection, rooms, owner, outbox.now)
        await connection.execute("SELECT pg_stat_force_next_flush()")
        await connection.execute("SELECT pg_stat_clear_snapshot()")

        assert await connection.fetchval(_READ_WHOLE) - before < 1000


async def test_two_accounts_at_one_host_are_two_lanes(
    outbox: Outbox, receiver: Receiver, clock: Clock, dead_url: str
) -> None:
    other = await outbox.account("other@example.com")
    await outbox.owe(await outbox.messages(100, dead_url), host="shared.example")
    theirs = await outbox.messages(10, receiver.url(), space_id=other)
    await outbox.owe(theirs, host="shared.example", space_id=other)

    async with delivering(outbox, clock) as delivery:
        await delivery.step()

    assert len(receiver.received) == 10


async def test_no_more_than_its_limit_is_under_way_at_one_host(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    at_once = most = 0
    several_came = asyncio.Event()

    async def count(_received: Received) -> web.StreamResponse:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        if most >= 4:  # a new lane begins with so many
            several_came.set()
        await several_came.wait()
        await asyncio.sleep(0.01)  # long enough for more to come, if they could
        at_once -= 1
        return web.Response()

    receiver.answer = count
    await outbox.owe(await outbox.messages(100, receiver.url()))
    async with delivering(outbox, clock, per_host_max=6) as delivery:
        await delivery.step()

    assert len(receiver.received) == 100
    assert 4 <= most <= 6


async def test_a_host_that_recovers_gets_all_that_waited(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers(503)
    await outbox.owe(await outbox.messages(60, receiver.url()))
    async with delivering(outbox, clock) as delivery:
        await delivery.step()
        failed = len(receiver.received)
        await delivery.step()
        assert len(receiver.received) == failed  # the breaker is open

        receiver.answers(200)
        clock.advance(OPEN_SECONDS)  # type: ignore[attr-defined]
        await delivery.step()
        clock.advance(60)  # type: ignore[attr-defined]
        await delivery.step()

    assert set(await outbox.statuses()) == {"delivered"}
    assert len(receiver.received) == failed + 60


async def test_while_it_is_open_one_probe_at_a_time_is_made(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers(503)
    await outbox.owe(await outbox.messages(60, receiver.url()))
    async with delivering(outbox, clock) as delivery:
        await delivery.step()
        failed = len(receiver.received)
        clock.advance(OPEN_SECONDS)  # type: ignore[attr-defined]
        await delivery.step()
        assert len(receiver.received) == failed + 1

        clock.advance(OPEN_SECONDS)  # type: ignore[attr-defined]
        await delivery.step()
        assert len(receiver.received) == failed + 1  # it waits twice as long now


async def test_what_waits_for_days_for_its_host_becomes_a_dead_letter(
    outbox: Outbox, clock: Clock, dead_url: str
) -> None:
    await outbox.owe(await outbox.messages(30, dead_url), now=clock.now() - OVERDUE_MAX * 1.01)
    fresh = await outbox.messages(1, dead_url)
    await outbox.owe(fresh)

    async with delivering(outbox, clock, patience=Patience(1, 1, 1)) as delivery:
        await delivery.step()
        assert "dead" not in await outbox.statuses()  # it has only just been found down
        tried = len(await outbox.attempts())
        clock.advance(DOWN_SECONDS_MIN)  # type: ignore[attr-defined]
        await delivery.deliverer.discover_once()

    assert await outbox.statuses(*fresh) == ["owed"]
    statuses = await outbox.statuses()
    assert statuses.count("dead") == 30 - tried


async def test_what_waited_for_days_because_nobody_delivered_is_delivered(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    await outbox.owe(await outbox.messages(30, receiver.url()), now=clock.now() - OVERDUE_MAX * 2)

    async with delivering(outbox, clock) as delivery:
        await delivery.step()

    assert await outbox.statuses() == ["delivered"] * 30


async def test_more_lanes_than_one_look_finds_are_all_found(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    messages = await outbox.messages(620, receiver.url())
    for number, message_id in enumerate(messages):
        await outbox.owe([message_id], host=f"h{number:04}.example")

    async with delivering(outbox, clock) as delivery:
        assert await delivery.deliverer.discover_once() > 0  # there is more
        assert await delivery.deliverer.discover_once() == 0
        await delivery.step()

    assert len(receiver.received) == 620
