"""The heartbeat tells who lives, to others by the database's clock and to ourselves by our own."""

import os
import subprocess
import sys

from staffetta.app.processes import (
    FRESH_SECONDS,
    STEADY_SECONDS,
    Heartbeat,
    end_child,
    machine,
)
from staffetta.db.pool import Database

_INSERT = """
INSERT INTO process (role, host, pid, started_at, heartbeat_at)
VALUES ('api', $1, $2, clock_timestamp() - $3 * interval '1 hour', clock_timestamp())
RETURNING id
"""


async def _insert(database: Database, host: str, pid: int, hours_ago: int = 0) -> int:
    async with database.acquire() as connection:
        found: int = await connection.fetchval(_INSERT, host, pid, hours_ago)
        return found


async def _has_ended(database: Database, process_id: int) -> bool:
    async with database.acquire() as connection:
        query = "SELECT ended_at IS NOT NULL FROM process WHERE id = $1"
        ended: bool = await connection.fetchval(query, process_id)
        return ended


def _dead_pid() -> int:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


async def test_a_starting_process_ends_the_rows_of_those_that_died(database: Database, clock):
    dead = await _insert(database, machine(), _dead_pid())
    living = await _insert(database, machine(), os.getpid())
    elsewhere = await _insert(database, "another machine", _dead_pid())

    heartbeat = await Heartbeat.register(database, "dispatch", clock)

    assert await _has_ended(database, dead)
    assert not await _has_ended(database, living)
    assert not await _has_ended(database, elsewhere)
    assert not await _has_ended(database, heartbeat.process_id)


async def test_a_reused_process_id_does_not_keep_a_row_alive(database: Database, clock):
    # Registered long before the process that has the number now was started.
    row = await _insert(database, machine(), os.getpid(), hours_ago=24 * 365)
    await Heartbeat.register(database, "dispatch", clock)
    assert await _has_ended(database, row)


async def test_a_heartbeat_is_fresh_only_for_a_while_after_its_renewal(database: Database, clock):
    heartbeat = await Heartbeat.register(database, "dispatch", clock)
    assert heartbeat.fresh(clock.monotonic())
    clock.advance(FRESH_SECONDS)
    assert not heartbeat.fresh(clock.monotonic())
    await heartbeat.renew_once(database)
    assert heartbeat.fresh(clock.monotonic())


async def test_a_heartbeat_is_steady_after_unbroken_renewals(database: Database, clock):
    heartbeat = await Heartbeat.register(database, "housekeeping", clock)
    steps = int(STEADY_SECONDS // 2)
    for _ in range(steps):
        assert not heartbeat.steady(clock.monotonic())
        clock.advance(2)
        await heartbeat.renew_once(database)
    assert heartbeat.steady(clock.monotonic())


async def test_after_an_outage_a_heartbeat_has_to_become_steady_again(database: Database, clock):
    heartbeat = await Heartbeat.register(database, "housekeeping", clock)
    clock.advance(STEADY_SECONDS * 10)
    await heartbeat.renew_once(database)
    assert heartbeat.fresh(clock.monotonic())
    assert not heartbeat.steady(clock.monotonic())


async def test_a_process_whose_row_was_ended_by_others_must_stop(database: Database, clock):
    heartbeat = await Heartbeat.register(database, "dispatch", clock)
    await heartbeat.end(database)
    await heartbeat.renew_once(database)
    assert heartbeat.lost.is_set()
    assert not heartbeat.fresh(clock.monotonic())


async def test_a_supervisor_ends_the_row_of_a_child_it_saw_die(database: Database):
    row = await _insert(database, machine(), 4_000_000)
    async with database.acquire() as connection:
        await end_child(connection, 4_000_000)
    assert await _has_ended(database, row)
