"""One process that plays roles: as a supervisor's child, or started by hand.

Owns what every such process needs: signals, the database, its heartbeat, and the order of its end.
A supervisor's child holds a pipe from it as standard input: its end means that the supervisor is
gone, however it died, and the child drains and ends too.
"""

import asyncio
import gc
import os
from collections.abc import Collection
from contextlib import AsyncExitStack, suppress
from importlib import import_module
from types import MappingProxyType
from typing import Final

import structlog

from staffetta.app.database import START_PATIENCE_SECONDS, prepare_schema, reach_database
from staffetta.app.key_check import check_server_key
from staffetta.app.loops import Loops
from staffetta.app.orders import PROCESSES_LOCK, Orders
from staffetta.app.processes import RENEW_SECONDS, Heartbeat
from staffetta.app.roles import Role, RoleContext, RunRole, Sockets
from staffetta.app.rotating import REFRESH_SECONDS, KeyWatch
from staffetta.config import Settings, ensure_server_key
from staffetta.db.file_locks import open_lock, share
from staffetta.db.pool import Database, DatabaseError
from staffetta.domain.clock import SystemClock
from staffetta.domain.ids import IdMaker

_log = structlog.get_logger(__name__)

# Where each role is played. A process imports its own: all of them take more than a second of CPU.
_MODULES: Final = MappingProxyType(
    {
        Role.API: ("staffetta.app.answering", "run_api"),
        Role.CALLBACKS: ("staffetta.app.calling_back", "run_callbacks"),
        Role.DISPATCH: ("staffetta.app.dispatching", "run_dispatch"),
        Role.HOUSEKEEPING: ("staffetta.app.housekeeping", "run_housekeeping"),
        Role.NETWORK: ("staffetta.app.simulating", "run_network"),
    }
)
_CONNECTIONS_MAX: Final = 8
_CONNECTIONS_OF_API_MAX: Final = 120  # of all API processes together
_COLLECTION_THRESHOLDS: Final = (50_000, 50, 100)
_LIFELINE: Final = 0
_READY_LINE: Final = b"ready\n"
LOST_HEARTBEAT_STATUS: Final = 75  # EX_TEMPFAIL: start me again


async def run_roles(
    settings: Settings, roles: Collection[Role], sockets: Sockets, *, supervised: bool
) -> int:
    """Play the roles until told to end; answers the exit status.

    Raises EmbeddedServerError, MigrationError, NotConnected, SettingsError (WrongServerKey among
    them).
    """
    orders = Orders.from_signals()
    if supervised:
        _watch_lifeline(orders)
    players = [_player(role) for role in roles]
    async with AsyncExitStack() as stack:
        _share_processes_lock(settings, stack)
        keyring = ensure_server_key(settings)
        url = await stack.enter_async_context(
            reach_database(settings, kept_by_other=supervised, hurry=orders.hurry)
        )
        database = await _connect(url, roles, _connections_max(settings, roles), stack)
        # Renewals never queue behind other work.
        pulse = await _connect(url, roles, 1, stack)
        clock = SystemClock()
        if not supervised:
            await prepare_schema(database, clock)
        await check_server_key(database, keyring)
        heartbeat = await Heartbeat.register(pulse, "+".join(roles), clock)
        context = RoleContext(
            settings=settings,
            database=database,
            database_url=url,
            heartbeat=heartbeat,
            keyring=keyring,
            clock=clock,
            ids=IdMaker(),
            sockets=sockets,
            supervised=supervised,
            ready=_Readiness(roles, supervised=supervised).mark,
        )
        await _play(context, players, orders, pulse)
        return LOST_HEARTBEAT_STATUS if heartbeat.lost.is_set() else 0


async def _play(
    context: RoleContext, players: Collection[RunRole], orders: Orders, pulse: Database
) -> None:
    heartbeat = context.heartbeat

    async def renew() -> int:
        found = await heartbeat.renew_once(pulse)
        if heartbeat.lost.is_set():
            orders.stop.set()
        return found

    async with Loops() as loops:
        loops.start(renew, RENEW_SECONDS, name="renew heartbeat")
        if context.keyring.is_live:
            loops.start(KeyWatch(context.keyring).refresh_once, REFRESH_SECONDS)
        async with asyncio.TaskGroup() as group:
            playing = [group.create_task(play(context, orders.stop)) for play in players]
            cut = asyncio.create_task(_cut_short(playing, orders.hurry))
            try:
                await asyncio.wait(playing)
            finally:
                cut.cancel()
    with suppress(DatabaseError):
        await heartbeat.end(pulse)


def _player(role: Role) -> RunRole:
    module, name = _MODULES[role]
    player: RunRole = getattr(import_module(module), name)
    return player


async def _cut_short(playing: list[asyncio.Task[None]], hurry: asyncio.Event) -> None:
    await hurry.wait()
    for task in playing:
        task.cancel()


def _connections_max(settings: Settings, roles: Collection[Role]) -> int:
    """How many connections this process may have, so that all together stay below the server's."""
    if set(roles) == {Role.NETWORK}:
        return 1
    if set(roles) == {Role.API}:
        return max(2, min(_CONNECTIONS_MAX, _CONNECTIONS_OF_API_MAX // settings.api_processes))
    return _CONNECTIONS_MAX


async def _connect(
    url: str, roles: Collection[Role], connections_max: int, stack: AsyncExitStack
) -> Database:
    name = f"staffetta {'+'.join(roles)}"
    database = await Database.connect(
        url,
        application_name=name,
        connections_max=connections_max,
        start_patience_seconds=START_PATIENCE_SECONDS,
    )
    stack.push_async_callback(database.close)
    return database


def _share_processes_lock(settings: Settings, stack: AsyncExitStack) -> None:
    """Be counted among the processes of this installation."""
    locks = settings.data_dir / "locks"
    locks.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = open_lock(locks / PROCESSES_LOCK)
    stack.callback(os.close, lock)
    share(lock)


def _watch_lifeline(orders: Orders) -> None:
    """Stop when the supervisor's end of our standard input closes."""
    loop = asyncio.get_running_loop()

    def look() -> None:
        if not os.read(_LIFELINE, 4096):
            loop.remove_reader(_LIFELINE)
            _log.warning("supervisor_gone", what="draining and ending")
            orders.stop.set()

    loop.add_reader(_LIFELINE, look)


def _rest_what_stays() -> None:
    """Take what was loaded for good out of the garbage collector's rounds, and make these rarer.

    A full round over modules and number plans holds up every request for some 30 ms. What a message
    needs is freed by counting references; cycles are few.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTION_THRESHOLDS)


class _Readiness:
    """Tells the supervisor, through standard output, when every role of this process is ready."""

    def __init__(self, roles: Collection[Role], *, supervised: bool) -> None:
        self._missing = set(roles)
        self._supervised = supervised

    def mark(self, role: Role) -> None:
        """A role can do its work."""
        self._missing.discard(role)
        if self._missing:
            return
        _rest_what_stays()
        _log.info("ready")
        if self._supervised:
            with suppress(BrokenPipeError):
                os.write(1, _READY_LINE)
