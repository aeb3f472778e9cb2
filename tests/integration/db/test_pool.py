"""The pool: what comes back, what an error means, and how a restart of the server is survived."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from staffetta.db.embedded import EmbeddedServer
from staffetta.db.pool import (
    NO_LIMITS,
    ConnectionLost,
    Database,
    DatabaseError,
    DataRefused,
    Limits,
    NotConnected,
    TryAgain,
)


@pytest.fixture
async def own_server(tmp_path: Path) -> AsyncIterator[EmbeddedServer]:
    """A server that a test may kill."""
    server = EmbeddedServer(tmp_path / "data", durable=False)
    await server.start()
    yield server
    await server.start()
    await server.stop()


def _kill(server: EmbeddedServer) -> None:
    pid = int((server.cluster / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)


async def _execute(database: Database, query: str, *arguments: object) -> None:
    async with database.transaction() as connection:
        await connection.execute(query, *arguments)


async def test_jsonb_comes_and_goes_as_plain_values(database: Database) -> None:
    value = {"a": [1, None, "è"], "b": {"c": True}}
    async with database.acquire() as connection:
        assert await connection.fetchval("SELECT $1::jsonb", value) == value
        assert await connection.fetchval("SELECT $1::jsonb[]", [value, {}]) == [value, {}]
        assert await connection.fetchval("SELECT $1::jsonb ->> 'a'", {"a": "x"}) == "x"
        assert await connection.fetchval("SELECT $1::json", value) == value


async def test_limits_of_time_are_kept_or_there_are_none(database_url: str) -> None:
    # Long enough for what connecting asks, on a slow machine too.
    hasty = await Database.connect(database_url, limits=Limits(answer_seconds=4))
    patient = await Database.connect(database_url, limits=NO_LIMITS)
    try:
        async with hasty.acquire() as connection:
            assert await connection.fetchval("SHOW statement_timeout") == "1min"
            with pytest.raises(TimeoutError):
                await connection.fetchval("SELECT pg_sleep(600)")
        async with patient.acquire() as connection:
            for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
                assert await connection.fetchval(f"SHOW {limit}") == "0"
    finally:
        await hasty.close()
        await patient.close()


async def test_a_transaction_is_kept_when_its_block_ends_well_and_undone_otherwise(
    database: Database,
) -> None:
    async with database.transaction() as connection:
        await connection.execute("CREATE TABLE kept (n int)")

    async def fail() -> None:
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO kept VALUES (1)")
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with database.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM kept") == 0


@pytest.mark.parametrize(
    ("query", "argument"),
    [
        ("SELECT 1 / $1::int", 0),
        ("SELECT $1::int", "no number"),
        ("SELECT $1::text", "a\0b"),
        ("INSERT INTO configuration (version) VALUES ($1::int)", 2),
    ],
)
async def test_what_the_data_caused_is_told_apart(
    database: Database, query: str, argument: object
) -> None:
    with pytest.raises(DataRefused):
        await _execute(database, query, argument)


async def test_a_refused_row_is_not_quoted(database: Database) -> None:
    async with database.acquire() as connection:
        await connection.execute("CREATE TABLE people (number text CHECK (number = ''))")
    with pytest.raises(DataRefused) as caught:
        await _execute(database, "INSERT INTO people VALUES ($1)", "+393331234567")
    assert "393331234567" not in str(caught.value)
    assert "393331234567" not in str(caught.value.__cause__)


@pytest.mark.parametrize("query", ["SELECT $1::int", "SELECT $1::text::inet"])
async def test_a_refused_argument_is_not_quoted(database: Database, query: str) -> None:
    with pytest.raises(DataRefused, match="invalid input") as caught:
        await _execute(database, query, "+393331234567")
    assert "393331234567" not in str(caught.value)
    assert "393331234567" not in str(caught.value.__cause__)


async def test_a_statement_that_takes_too_long_may_be_tried_again(database: Database) -> None:
    with pytest.raises(TryAgain):
        await _execute(database, "SET LOCAL statement_timeout = 20; SELECT pg_sleep(5)")


async def test_of_two_transactions_that_wait_for_each_other_one_may_try_again(
    database: Database,
) -> None:
    async with database.acquire() as connection:
        await connection.execute("CREATE TABLE pair (n int); INSERT INTO pair VALUES (1), (2)")
    first_locked = [asyncio.Event(), asyncio.Event()]

    async def cross(mine: int) -> None:
        async with database.transaction() as connection:
            await connection.execute("SET LOCAL deadlock_timeout = '50ms'")
            await connection.execute("UPDATE pair SET n = n WHERE n = $1", mine + 1)
            first_locked[mine].set()
            await first_locked[1 - mine].wait()
            await connection.execute("UPDATE pair SET n = n WHERE n = $1", 2 - mine)

    results = await asyncio.gather(cross(0), cross(1), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["NoneType", "TryAgain"]


async def test_a_bug_in_sql_is_no_answer_and_stays_what_it_is(database: Database) -> None:
    with pytest.raises(Exception, match="no_such_table") as caught:
        async with database.acquire() as connection:
            await connection.fetch("SELECT * FROM no_such_table")
    assert not isinstance(caught.value, DatabaseError)


async def test_nobody_listening_is_said_in_time() -> None:
    with pytest.raises(NotConnected):
        await Database.connect("postgresql://x@127.0.0.1:1/x", patience_seconds=0.3)


async def test_waiting_for_a_connection_has_an_end(database_url: str) -> None:
    database = await Database.connect(
        database_url, connections_max=1, patience_seconds=0.2, start_patience_seconds=60
    )
    async with database.acquire():
        with pytest.raises(NotConnected, match="every connection is in use"):
            async with database.acquire():
                pass
    await database.close()


async def test_a_server_killed_inside_a_transaction_leaves_it_unknown(
    own_server: EmbeddedServer,
) -> None:
    database = await Database.connect(own_server.url())

    async def lose() -> None:
        async with database.transaction() as connection:
            _kill(own_server)
            await own_server.gone()
            while True:
                await connection.execute("SELECT 1")

    with pytest.raises(ConnectionLost) as caught:
        await lose()
    assert not isinstance(caught.value, NotConnected)
    await database.close()


async def test_after_a_restart_of_the_server_the_pool_works_again(
    own_server: EmbeddedServer,
) -> None:
    database = await Database.connect(own_server.url(), patience_seconds=30)
    async with asyncio.timeout(60):
        while not await database.healthy():
            continue
    _kill(own_server)
    await own_server.gone()
    waiting = asyncio.create_task(_one(database))
    await own_server.start()
    assert await waiting == 1
    await database.close()


async def _one(database: Database) -> object:
    while True:
        try:
            async with database.acquire() as connection:
                return await connection.fetchval("SELECT 1")
        except ConnectionLost:
            continue


async def test_a_listener_hears_what_is_notified(database: Database) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    listening = asyncio.create_task(database.listen_once("bell", heard.put_nowait))
    payload = None
    while payload is None:
        async with database.acquire() as connection:
            await connection.execute("SELECT pg_notify('bell', 'seven')")
        try:
            payload = await asyncio.wait_for(heard.get(), 0.05)
        except TimeoutError:
            continue
    assert payload == "seven"
    listening.cancel()
    await asyncio.wait([listening])


async def test_a_listener_ends_when_its_connection_is_cut(
    database: Database, database_url: str
) -> None:
    listener = await Database.connect(database_url, application_name="the listener")
    listening = asyncio.create_task(listener.listen_once("bell", lambda _: None))
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE query ~ $1 AND application_name = 'the listener'"
    )
    while not listening.done():
        async with database.acquire() as connection:
            await connection.execute(cut, "LISTEN")
        await asyncio.wait([listening], timeout=0.02)
    assert listening.result() == 0
    await listener.close()
