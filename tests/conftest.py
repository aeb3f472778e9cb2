"""Fixtures for every test: a real PostgreSQL, a fresh database in it, a frozen clock.

One embedded server serves the whole run, every xdist worker included, with durability off. The
first who needs it starts it (a file lock decides), the last one stops it. A migrated template
database is made once; each test that asks for `database` gets a copy of its own.

`STAFFETTA_TEST_DATABASE_URL` runs the same tests on another PostgreSQL; its role must be allowed
to create databases.
"""

import asyncio
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import hypothesis
import pytest

from staffetta.db.embedded import EmbeddedServer
from staffetta.db.file_locks import open_lock, try_alone
from staffetta.db.migrations import migrate
from staffetta.db.partitions import ensure_partitions
from staffetta.db.pool import Database

_STARTING_SECONDS_MAX = 60.0
_PATIENCE_SECONDS = 60.0
_DATA_DIR_PREFIX = f"staffetta-tests-{os.getuid()}-"
_TEMPLATE_LOCK = 0x57AF_FE7E
_SETTLED = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)

# Without a limit for each example: a pause of the machine says nothing about what is shown by it.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


@dataclass
class FrozenClock:
    """A clock that moves when a test says so."""

    at: datetime = _SETTLED
    elapsed_seconds: float = field(default=1000.0)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.elapsed_seconds

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.elapsed_seconds += seconds


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@dataclass(frozen=True)
class TestServer:
    """A PostgreSQL for tests, with a migrated template database."""

    __test__ = False

    url: str  # of a database that always exists
    template: str

    def url_of(self, database: str) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{database}"))

    @asynccontextmanager
    async def administration(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        connection = await asyncpg.connect(self.url)
        try:
            yield connection
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def database_server(
    tmp_path_factory: pytest.TempPathFactory, testrun_uid: str
) -> Iterator[TestServer]:
    """The server of this run."""
    outside = os.environ.get("STAFFETTA_TEST_DATABASE_URL")
    template = f"staffetta_template_{testrun_uid[:12]}"
    if outside:
        server = TestServer(outside, template)
        asyncio.run(_make_template(server))
        yield server
        asyncio.run(_leave_template(server))
        return
    _sweep_abandoned()
    # Shared by the workers of one run, and by nobody else.
    data_dir = Path(tempfile.gettempdir(), f"{_DATA_DIR_PREFIX}{testrun_uid[:12]}")
    embedded = EmbeddedServer(data_dir, durable=False)
    asyncio.run(embedded.start())
    server = TestServer(embedded.url("postgres"), template)
    try:
        asyncio.run(_make_template(server))
        yield server
    finally:
        stopped = asyncio.run(embedded.stop())
        if stopped:
            shutil.rmtree(data_dir, ignore_errors=True)


def _sweep_abandoned() -> None:
    """Stop the servers of runs that were killed: those that nobody uses any more."""
    place = Path(tempfile.gettempdir())
    sweeping = open_lock(place / f"staffetta-sweep-{os.getuid()}")
    try:
        # Two who sweep the same one would start, stop and remove it under each other's hands.
        fcntl.flock(sweeping, fcntl.LOCK_EX)
        for data_dir in place.glob(f"{_DATA_DIR_PREFIX}*"):
            if _is_old(data_dir) and _is_abandoned(data_dir / "locks"):
                asyncio.run(_stop_abandoned(EmbeddedServer(data_dir, durable=False)))
                shutil.rmtree(data_dir, ignore_errors=True)
    finally:
        os.close(sweeping)


def _is_old(data_dir: Path) -> bool:
    """Whether nobody can be just making it: then its locks are there, and not yet held."""
    with suppress(FileNotFoundError):  # somebody else sweeps, too
        return time.time() - data_dir.stat().st_ctime > _STARTING_SECONDS_MAX
    return False


def _is_abandoned(locks: Path) -> bool:
    """Whether nobody uses the server, nor is just starting it."""
    descriptors: list[int] = []
    try:
        with suppress(FileNotFoundError):  # it is just being removed by its own run
            descriptors.extend(open_lock(locks / name) for name in ("starting", "users"))
        return len(descriptors) == 2 and all(map(try_alone, descriptors))
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


async def _stop_abandoned(server: EmbeddedServer) -> None:
    if (server.cluster / "postmaster.pid").exists():
        await server.start()  # adopts it
        await server.stop()


async def _make_template(server: TestServer) -> None:
    """Migrate the template once, whichever worker comes first."""
    async with server.administration() as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", _TEMPLATE_LOCK)
        known = "SELECT FROM pg_database WHERE datname = $1"
        if await connection.fetch(known, server.template):
            await _count_user(connection, server.template, 1)
            return
        unfinished = f"{server.template}_unfinished"
        await connection.execute(f"DROP DATABASE IF EXISTS {unfinished}")
        await connection.execute(f"CREATE DATABASE {unfinished} TEMPLATE template0 ENCODING 'UTF8'")
        database = await Database.connect(server.url_of(unfinished))
        try:
            await migrate(database)
            # On the first of a month, what happened hours ago is of the month before.
            today = datetime.now(UTC)
            for now in (_SETTLED, today - timedelta(days=31), today):
                async with database.transaction() as transaction:
                    await ensure_partitions(transaction, now)
        finally:
            await database.close()
        await connection.execute(f"ALTER DATABASE {unfinished} RENAME TO {server.template}")
        await _count_user(connection, server.template, 1)


async def _leave_template(server: TestServer) -> None:
    """Drop the template when no other worker needs it any more."""
    async with server.administration() as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", _TEMPLATE_LOCK)
        if await _count_user(connection, server.template, -1) == 0:
            await connection.execute(f"DROP DATABASE {server.template}")


async def _count_user(
    connection: "asyncpg.Connection[asyncpg.Record]", template: str, more: int
) -> int:
    """How many workers use the template now: its comment says it, to all of them."""
    said = await connection.fetchval(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1", template
    )
    count = int(said or 0) + more
    await connection.execute(f"COMMENT ON DATABASE {template} IS '{count}'")
    return count


@pytest.fixture
async def database_url(database_server: TestServer) -> AsyncIterator[str]:
    """The address of a fresh, migrated database."""
    name = f"staffetta_test_{uuid4().hex}"
    async with database_server.administration() as connection:
        # Its files copied, and not written to the log besides: three times as quick.
        await connection.execute(
            f"CREATE DATABASE {name} TEMPLATE {database_server.template} STRATEGY FILE_COPY"
        )
    yield database_server.url_of(name)
    async with database_server.administration() as connection:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated database."""
    # Dozens at once share a few connections: on a slow machine the last of them wait long.
    database = await Database.connect(database_url, patience_seconds=_PATIENCE_SECONDS)
    yield database
    await database.close()
