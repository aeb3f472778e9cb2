"""Reaching the database, whichever it is: the settings' own, or the embedded one kept running."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from staffetta.config import Settings
from staffetta.db.embedded import EmbeddedServer, EmbeddedServerError
from staffetta.db.migrations import migrate
from staffetta.db.partitions import ensure_partitions
from staffetta.db.pool import Database
from staffetta.domain.clock import Clock

_log = structlog.get_logger(__name__)

_RESTART_PAUSE_SECONDS: Final = 0.2
_RESTART_PAUSE_SECONDS_MAX: Final = 15.0
START_PATIENCE_SECONDS: Final = 60.0  # for a database that starts beside us


@asynccontextmanager
async def reach_database(
    settings: Settings, *, kept_by_other: bool = False, hurry: asyncio.Event | None = None
) -> AsyncIterator[str]:
    """The database's address for as long as the block runs.

    The embedded server is started or adopted, and restarted whenever it dies; with `kept_by_other`
    a supervisor does that, and we only use it. Raises EmbeddedServerError.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    server = EmbeddedServer(settings.data_dir)
    if kept_by_other:
        server.join()
        try:
            yield server.url()
        finally:
            server.leave()
        return
    try:
        await server.start()
    except BaseException:  # a signal may interrupt a long recovery
        await server.stop(hurry)
        raise
    keeper = asyncio.create_task(_keep_running(server), name="keep PostgreSQL running")
    try:
        yield server.url()
    finally:
        keeper.cancel()
        with suppress(asyncio.CancelledError):
            await keeper
        await server.stop(hurry)


async def _keep_running(server: EmbeddedServer) -> None:
    """Start the server again whenever it dies."""
    pause = _RESTART_PAUSE_SECONDS
    while True:
        await server.gone()
        _log.error("postgresql_died", what="starting it again")
        try:
            await server.start()
        except EmbeddedServerError as error:
            _log.error("postgresql_does_not_start", error=str(error))
        else:
            pause = _RESTART_PAUSE_SECONDS
            continue
        await asyncio.sleep(pause)
        pause = min(pause * 2, _RESTART_PAUSE_SECONDS_MAX)


async def prepare_schema(database: Database, clock: Clock) -> list[str]:
    """Migrate, and make the partitions that are needed now; answers the migrations' titles.

    Raises MigrationError.
    """
    applied = await migrate(database)
    async with database.transaction() as connection:
        await ensure_partitions(connection, clock.now())
    return [migration.title for migration in applied]
