"""What commands need open: settings, database, server's key, for as long as the command runs.

The embedded server is adopted when it runs and started when it does not. A database that was never
used gets its tables first, so that `account create` may come before `serve`.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from staffetta.app.key_check import check_server_key
from staffetta.app.logs import configure_command_logs
from staffetta.config import Settings, ensure_server_key, read_settings
from staffetta.db.embedded import embedded_server
from staffetta.db.migrations import migrate
from staffetta.db.partitions import ensure_partitions
from staffetta.db.pool import NO_LIMITS, Database, Limits
from staffetta.domain.clock import SystemClock
from staffetta.domain.secrets import Keyring

_CONNECTIONS_MAX: Final = 2
_PATIENCE_SECONDS: Final = 5.0  # somebody sits and waits
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Opened:
    """The open parts, and the moment at which the command began."""

    settings: Settings
    database: Database
    keyring: Keyring
    now: datetime


@asynccontextmanager
async def opened(*, patient: bool = False) -> AsyncIterator[Opened]:
    """Open everything, and close it after. Raises what failures.EXPECTED lists.

    `patient`: for what reads whole books, or is read slowly. No statement and no pause is too long.
    """
    settings = read_settings(os.environ)
    now = SystemClock().now()
    async with AsyncExitStack() as stack:
        url = settings.database_url
        if url is None:
            server = await stack.enter_async_context(embedded_server(settings.data_dir))
            url = server.url()
        database = await Database.connect(
            url,
            application_name="staffetta command",
            connections_max=_CONNECTIONS_MAX,
            patience_seconds=_PATIENCE_SECONDS,
            limits=NO_LIMITS if patient else Limits(),
        )
        stack.push_async_callback(database.close)
        await migrate(database)
        async with database.transaction() as connection:
            await ensure_partitions(connection, now)
        keyring = ensure_server_key(settings)
        await check_server_key(database, keyring)
        yield Opened(settings, database, keyring, now)


def with_everything_open(
    use_case: Callable[[Opened], Awaitable[Answer]], *, patient: bool = False
) -> Answer:
    """Run one use-case of a command in an event loop of its own; `patient`: see `opened`."""
    configure_command_logs()

    async def work() -> Answer:
        async with opened(patient=patient) as parts:
            return await use_case(parts)

    return asyncio.run(work())
