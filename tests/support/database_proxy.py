"""A database behind a proxy that can cut the way to it, before or after what it answered."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from tcp_proxy import TcpProxy, Way, running_proxy

from staffetta.db.pool import Database

_COMMIT: Final = b"COMMIT;"
_COMMITTED: Final = b"COMMIT\0"
_PATIENT: Final = {"patience_seconds": 60, "start_patience_seconds": 60}


@contextmanager
def database_proxy(database_url: str) -> Iterator[TcpProxy]:
    """A proxy in front of a database."""
    parts = urlsplit(database_url)
    port = parts.port or 5432
    folder = parse_qs(parts.query).get("host")
    with running_proxy(Path(folder[0], f".s.PGSQL.{port}") if folder else port) as proxy:
        yield proxy


@asynccontextmanager
async def proxied(database_url: str, proxy: TcpProxy, **settings: Any) -> AsyncIterator[Database]:
    """The database, reached through the proxy alone; patient unless `settings` say otherwise."""
    parts = urlsplit(database_url)
    user = parts.netloc.partition("@")[0]
    url = f"postgresql://{user}@127.0.0.1:{proxy.port}{parts.path}?sslmode=disable"
    database = await Database.connect(url, **{**_PATIENT, **settings})
    yield database
    await database.close()


def cut_before_the_answer(
    proxy: TcpProxy, *, for_good: bool = False, then: Callable[[], None] = lambda: None
) -> asyncio.Event:
    """The next COMMIT reaches the server, and its answer does not come back.

    The event is set then, after `then` was called in the proxy's thread.
    """
    loop, event = asyncio.get_running_loop(), asyncio.Event()
    committed = cut = False

    def guard(way: Way, octets: bytes) -> int:
        nonlocal committed, cut
        if cut:
            return 0 if for_good else len(octets)
        committed = committed or (way is Way.TO_SERVER and _COMMIT in octets)
        if not committed or way is Way.TO_SERVER:
            return len(octets)
        cut = True
        then()
        loop.call_soon_threadsafe(event.set)
        return 0

    proxy.guard = guard
    return event


def cut_after_the_answer(proxy: TcpProxy) -> None:
    """The answer to the next COMMIT comes back, and then nothing passes any more."""
    answered = False

    def guard(way: Way, octets: bytes) -> int:
        nonlocal answered
        if answered:
            return 0
        answered = way is Way.TO_CLIENT and _COMMITTED in octets
        return len(octets)

    proxy.guard = guard
