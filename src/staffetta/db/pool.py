"""Connections to PostgreSQL: a pool that survives the server's restarts, and transactions.

Owns how we talk to the driver: settings of a session, JSON, patience, the meaning of errors. It
knows no table. A connection carries no state between uses (no SET, LISTEN or session lock on a
connection from `acquire` or `transaction`): returning it costs no round trip, so nothing is reset.
"""

import asyncio
import re
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal, Protocol, Self, cast

import asyncpg
import msgspec

from staffetta.db.errors import (
    STANDBY_STATES,
    ConnectionLost,
    DatabaseError,
    DataRefused,
    NotConnected,
    TryAgain,
    meaning_of,
)

__all__ = [
    "NO_LIMITS",
    "Connection",
    "ConnectionLost",
    "DataRefused",
    "Database",
    "DatabaseError",
    "Isolation",
    "Limits",
    "NotConnected",
    "Row",
    "TryAgain",
]

Isolation = Literal["read_committed", "repeatable_read", "serializable"]

_CONNECT_SECONDS_MAX: Final = 5.0
_RECONNECT_PAUSE_SECONDS: Final = 0.1
_HEALTH_SECONDS_MAX: Final = 2.0
_LISTEN_CHECK_SECONDS: Final = 15.0
_QUERIES_PER_CONNECTION_MAX: Final = 10_000_000  # a new one then: caches of plans only grow
_QUOTED_VALUE: Final = re.compile(r":.*|\"[^\"]*\"", re.DOTALL)
_JSONB_VERSION: Final = b"\x01"  # the first byte of the binary format


@dataclass(frozen=True, slots=True)
class Limits:
    """How long anything may take, in seconds; None: as long as it takes."""

    statement_seconds: float | None = 60.0
    idle_in_transaction_seconds: float | None = 60.0
    answer_seconds: float | None = 70.0  # then the network is gone

    @property
    def session(self) -> dict[str, str]:
        """What the server is told; its 0 is no limit."""
        return {
            "statement_timeout": str(int((self.statement_seconds or 0) * 1000)),
            "idle_in_transaction_session_timeout": str(
                int((self.idle_in_transaction_seconds or 0) * 1000)
            ),
        }


# For what reads everything, or waits for a reader: somebody watches it, and can stop it.
NO_LIMITS: Final = Limits(None, None, None)


class Row(Protocol):
    """One row: by column name or position, or unpacked."""

    def __getitem__(self, column: str | int, /) -> Any:
        """The value of a column."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """The values, in the order of the columns."""
        ...

    def __len__(self) -> int:
        """How many columns."""
        ...

    def keys(self) -> Iterator[str]:
        """The names of the columns."""
        ...

    def items(self) -> Iterator[tuple[str, Any]]:
        """Names and values, in the order of the columns."""
        ...


class Connection(Protocol):
    """What the driver's connections can do for us."""

    async def fetch(self, query: str, /, *arguments: object) -> Sequence[Row]:
        """Every row."""
        ...

    async def fetchrow(self, query: str, /, *arguments: object) -> Row | None:
        """The first row, or None."""
        ...

    async def fetchval(self, query: str, /, *arguments: object) -> Any:
        """The first column of the first row, or None."""
        ...

    async def execute(
        self,
        query: str,
        /,
        *arguments: object,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> str:
        """Run it; answers PostgreSQL's command tag, e.g. "UPDATE 3".

        `timeout`: how many seconds to wait for the answer, instead of the pool's limit.
        """
        ...

    async def executemany(self, query: str, rows: Iterable[Sequence[object]], /) -> None:
        """Run it once for each row of arguments, without waiting in between."""
        ...

    def cursor(
        self, query: str, /, *arguments: object, prefetch: int | None = None
    ) -> AsyncIterable[Row]:
        """The rows one by one, fetched `prefetch` at a time; only inside a transaction."""
        ...

    async def copy_records_to_table(
        self,
        table_name: str,
        /,
        *,
        records: Iterable[Sequence[object]],
        columns: Iterable[str] | None = None,
    ) -> str:
        """COPY rows in, in the binary format."""
        ...

    def transaction(self) -> AbstractAsyncContextManager[Any]:
        """Inside a transaction: a savepoint."""
        ...


class Database:
    """A pool of connections to one PostgreSQL. Make one with `connect`."""

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        patience_seconds: float,
        connect_apart: Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]],
    ) -> None:
        self._pool = pool
        self._patience_seconds = patience_seconds
        self._connect_apart = connect_apart

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        application_name: str = "staffetta",
        connections_max: int = 8,
        patience_seconds: float = 10.0,
        start_patience_seconds: float | None = None,
        session: Mapping[str, str] | None = None,
        limits: Limits = Limits(),
    ) -> Self:
        """Open a pool and prove that the server answers.

        `url` is libpq's: several hosts and target_session_attrs are passed through. Whoever needs
        a connection waits `patience_seconds` at most for one, restarts of the server included; this
        first time, `start_patience_seconds`. `limits`: how long work on one may take. Raises
        NotConnected.
        """
        settings = {
            "application_name": application_name,
            "timezone": "UTC",
            "jit": "off",
            **limits.session,
            **(session or {}),
        }
        pool = asyncpg.create_pool(
            url,
            min_size=0,
            max_size=connections_max,
            max_queries=_QUERIES_PER_CONNECTION_MAX,
            max_inactive_connection_lifetime=0,
            max_cached_statement_lifetime=0,
            timeout=_CONNECT_SECONDS_MAX,
            command_timeout=limits.answer_seconds,
            server_settings=settings,
            init=_teach_json,
            reset=_keep_session,
        )
        apart = partial(
            asyncpg.connect, url, timeout=_CONNECT_SECONDS_MAX, server_settings=settings
        )
        first = cls(await pool, start_patience_seconds or patience_seconds, apart)
        try:
            async with first.acquire() as connection:
                await connection.execute("SELECT 1")
        except BaseException:
            pool.terminate()
            raise
        return cls(pool, patience_seconds, apart)

    async def close(self) -> None:
        """Close every connection; those in use are given a few seconds."""
        try:
            async with asyncio.timeout(_CONNECT_SECONDS_MAX):
                await self._pool.close()
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._pool.terminate()

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        """A connection for single statements, each its own transaction.

        Raises NotConnected, and what `staffetta.db.errors` describes.
        """
        taken = await self._take()
        try:
            yield cast("Connection", taken)
        except Exception as error:
            await self._translate(error, closed=_is_closed(taken))
            raise
        finally:
            await self._give_back(taken)

    @asynccontextmanager
    async def transaction(
        self, *, isolation: Isolation = "read_committed", readonly: bool = False
    ) -> AsyncIterator[Connection]:
        """A connection inside a transaction that commits when the block ends well.

        Raises NotConnected, and what `staffetta.db.errors` describes.
        """
        taken = await self._take()
        try:
            async with taken.transaction(isolation=isolation, readonly=readonly):
                yield cast("Connection", taken)
        except Exception as error:
            await self._translate(error, closed=_is_closed(taken))
            raise
        finally:
            await self._give_back(taken)

    async def healthy(self) -> bool:
        """Whether the server answers a query now."""
        try:
            async with asyncio.timeout(_HEALTH_SECONDS_MAX), self.acquire() as connection:
                await connection.execute("SELECT 1")
        except (DatabaseError, TimeoutError):
            return False
        return True

    async def listen_once(self, channel: str, heard: Callable[[str], None]) -> int:
        """Call `heard` with the payload of every NOTIFY, until the connection is lost.

        Returns the count heard. It has a connection of its own, outside the pool. Notifications
        sent while nobody listens are gone, so a listener only shortens a poll.
        """
        count = 0

        def hear(_connection: object, _pid: int, _channel: str, payload: object) -> None:
            nonlocal count
            count += 1
            heard(str(payload))

        ended = asyncio.Event()
        try:
            connection = await self._connect_apart()
            connection.add_termination_listener(lambda _connection: ended.set())
            try:
                await connection.add_listener(channel, hear)
                await _watch(connection, ended)
            finally:
                connection.terminate()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if meaning_of(error, connection_closed=ended.is_set()) is None:
                raise
        return count

    async def _take(self) -> "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]":
        """A live connection, waiting for a free one and for the server to come back."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience_seconds
        reason = "every connection is in use"
        while True:
            try:
                return await self._pool.acquire(timeout=max(0.001, deadline - loop.time()))
            except TimeoutError as error:
                raise NotConnected(f"no connection to the database in time: {reason}") from error
            except (OSError, asyncpg.PostgresError, asyncpg.InternalClientError) as error:
                reason = str(error) or type(error).__name__
                if not _passes(error) or loop.time() >= deadline:
                    raise NotConnected(f"no connection to the database: {reason}") from error
            except asyncpg.InterfaceError as error:  # the pool is closing
                raise NotConnected(f"no connection to the database: {error}") from error
            await asyncio.sleep(_RECONNECT_PAUSE_SECONDS)

    async def _give_back(self, taken: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]") -> None:
        # A connection that cannot be returned is closed, and another one opened when needed.
        with suppress(
            OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError
        ):
            await self._pool.release(taken, timeout=_CONNECT_SECONDS_MAX)

    async def _translate(self, error: Exception, *, closed: bool) -> None:
        meaning = meaning_of(error, connection_closed=closed)
        if meaning is None:
            return
        if getattr(error, "sqlstate", None) in STANDBY_STATES:
            await self._pool.expire_connections()
        _forget_values(error)
        raise meaning(f"{type(error).__name__}: {error}") from error


def _passes(error: Exception) -> bool:
    """Whether waiting may help against a failed connect: not when a password is wrong."""
    sqlstate = str(getattr(error, "sqlstate", None) or "08")
    return not sqlstate.startswith(("28", "3D", "42"))


def _forget_values(error: Exception) -> None:
    """Take out of an error what it quotes: rows and arguments hold people's numbers and texts."""
    if not isinstance(error, asyncpg.PostgresError | ValueError):
        return
    if isinstance(error, asyncpg.PostgresError):
        error.detail = None
    if str(getattr(error, "sqlstate", None) or "22").startswith("22"):  # data exceptions
        error.args = (_QUOTED_VALUE.sub("", str(error.args[0])),)


async def _watch(connection: "asyncpg.Connection[asyncpg.Record]", ended: asyncio.Event) -> None:
    """Return when the connection ended; one that is silently gone shows only when it is used."""
    while not ended.is_set():
        try:
            async with asyncio.timeout(_LISTEN_CHECK_SECONDS):
                await ended.wait()
        except TimeoutError:
            await connection.execute("SELECT 1", timeout=_LISTEN_CHECK_SECONDS)


def _is_closed(taken: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]") -> bool:
    try:
        return taken.is_closed()
    except asyncpg.InterfaceError:  # the pool has already seen it die, and taken it back
        return True


async def _keep_session(_connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Instead of the driver's reset: one round trip less, see the top of this file."""


async def _teach_json(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Give jsonb and json columns as plain values, and take plain values for them."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: _JSONB_VERSION + msgspec.json.encode(value),
        decoder=lambda data: msgspec.json.decode(data[1:]),
    )
    await connection.set_type_codec(
        "json",
        schema="pg_catalog",
        format="binary",
        encoder=msgspec.json.encode,
        decoder=msgspec.json.decode,
    )
