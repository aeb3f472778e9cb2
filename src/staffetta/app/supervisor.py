"""A whole installation: PostgreSQL, the schema, the sockets, and the processes that do the work.

Starts in an order in which nothing is promised too early, restarts what dies, ends in the reverse
order: first those who take work, then the simulated network, then PostgreSQL. It works on no
message itself, so there is little that could stop it.
"""

import asyncio
import os
import shutil
import socket
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Final

import structlog
from prometheus_client.multiprocess import mark_process_dead

from staffetta.accounts.demo import DemoAccount
from staffetta.app.children import Child, ChildPlan
from staffetta.app.database import START_PATIENCE_SECONDS, prepare_schema, reach_database
from staffetta.app.first_start import seed_first_start, welcome
from staffetta.app.key_check import check_server_key
from staffetta.app.orders import PROCESSES_LOCK, Orders
from staffetta.app.processes import end_child
from staffetta.app.roles import Role
from staffetta.app.sockets import LOOPBACK, AddressInUseError, port_of, wanted
from staffetta.config import Settings, ensure_server_key
from staffetta.db.file_locks import open_lock, try_alone
from staffetta.db.pool import Database, DatabaseError
from staffetta.domain.clock import SystemClock

_log = structlog.get_logger(__name__)

DRAIN_SECONDS_MAX: Final = 30.0
_HURRY_SECONDS_MAX: Final = 2.0
_PREDECESSORS_SECONDS_MAX: Final = 45.0
_POLL_SECONDS: Final = 0.05


class AlreadyServingError(Exception):
    """Another supervisor works with this data directory."""


class Supervisor:
    """One installation on this machine."""

    def __init__(
        self, settings: Settings, environment: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._environment = dict(environment)
        self._say = say
        self._clock = SystemClock()
        self._orders = Orders(asyncio.Event(), asyncio.Event())
        self._sockets: dict[str, socket.socket] = {}
        self._children: list[Child] = []

    async def run(self) -> None:
        """Work until told to stop.

        Raises AddressInUseError, AlreadyServingError, EmbeddedServerError, MigrationError,
        NotConnected, SettingsError.
        """
        self._orders = Orders.from_signals()
        main = asyncio.create_task(self._run(), name="supervisor")
        stopped = asyncio.create_task(self._orders.stop.wait())
        await asyncio.wait([main, stopped], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not self._children:
            # Still starting: a long crash recovery, perhaps. Nothing is lost by leaving it.
            main.cancel()
        with suppress(asyncio.CancelledError):
            await main

    async def _run(self) -> None:
        async with AsyncExitStack() as stack:
            self._be_the_only_one(stack)
            await self._bind(stack)
            url = await stack.enter_async_context(
                reach_database(self._settings, hurry=self._orders.hurry)
            )
            database = await Database.connect(
                url,
                application_name="staffetta supervisor",
                connections_max=2,
                start_patience_seconds=START_PATIENCE_SECONDS,
            )
            stack.push_async_callback(database.close)
            await prepare_schema(database, self._clock)
            keyring = ensure_server_key(self._settings)
            await check_server_key(database, keyring)
            seal_tokens = keyring if self._settings.tokens_listable else None
            account = await seed_first_start(database, seal_tokens, self._clock.now())
            self._children = self._plan(database, stack)
            await self._supervise(lambda: self._welcome(account))

    # Before ------------------------------------------------------------------------------------

    def _be_the_only_one(self, stack: AsyncExitStack) -> None:
        locks = self._settings.data_dir / "locks"
        try:
            self._settings.data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
            locks.mkdir(mode=0o700, exist_ok=True)
            lock = open_lock(locks / "serving")
        except OSError as error:
            raise AlreadyServingError(
                f"the data directory {self._settings.data_dir} cannot be used ({error.strerror}): "
                "set STAFFETTA_DATA_DIR to a directory you may write to"
            ) from error
        stack.callback(os.close, lock)
        if not try_alone(lock):
            raise AlreadyServingError(
                f"another staffetta serves {self._settings.data_dir}: stop it, or give this one a "
                "STAFFETTA_DATA_DIR of its own"
            )

    async def _bind(self, stack: AsyncExitStack) -> None:
        """Bind, waiting for the children of a killed supervisor to let go."""
        roles = [Role.API]
        if self._settings.network_address is None:
            roles.append(Role.NETWORK)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _PREDECESSORS_SECONDS_MAX
        while not self._sockets:
            try:
                self._sockets = wanted(self._settings, roles)
            except AddressInUseError:
                if loop.time() > deadline or not self._predecessors_work():
                    raise
                await asyncio.sleep(_POLL_SECONDS)
        for bound in self._sockets.values():
            stack.callback(bound.close)

    def _predecessors_work(self) -> bool:
        lock = open_lock(self._settings.data_dir / "locks" / PROCESSES_LOCK)
        try:
            return not try_alone(lock)
        finally:
            os.close(lock)

    # The children ------------------------------------------------------------------------------

    def _plan(self, database: Database, stack: AsyncExitStack) -> list[Child]:
        environment = self._environment | {
            "PROMETHEUS_MULTIPROC_DIR": str(self._metrics_directory(stack))
        }

        async def ended(pid: int) -> None:
            mark_process_dead(pid, environment["PROMETHEUS_MULTIPROC_DIR"])  # type: ignore[no-untyped-call]  # the library has no types
            with suppress(DatabaseError):
                async with database.acquire() as connection:
                    await end_child(connection, pid)

        plans = []
        network = self._sockets.get("network")
        if network is not None:
            environment["STAFFETTA_NETWORK_ADDRESS"] = f"{LOOPBACK}:{port_of(network)}"
            plans.append(self._child_plan("network", [Role.NETWORK], environment, "network"))
        plans.append(self._child_plan("dispatch", [Role.DISPATCH, Role.HOUSEKEEPING], environment))
        plans.append(self._child_plan("callbacks", [Role.CALLBACKS], environment))
        for number in range(1, self._settings.api_processes + 1):
            name = f"api {number}"
            plans.append(self._child_plan(name, [Role.API], environment, "http", "https"))
        return [Child(plan, ended) for plan in plans]

    def _child_plan(
        self, name: str, roles: list[Role], environment: Mapping[str, str], *sockets: str
    ) -> ChildPlan:
        arguments = ["--supervised"]
        arguments += [part for role in roles for part in ("--role", role)]
        descriptors = []
        for socket_name in sockets:
            given = self._sockets.get(socket_name)
            if given is not None:
                arguments += [f"--{socket_name}-descriptor", str(given.fileno())]
                descriptors.append(given.fileno())
        return ChildPlan(name, tuple(arguments), dict(environment), tuple(descriptors))

    def _metrics_directory(self, stack: AsyncExitStack) -> Path:
        """Where the processes keep their counters, empty at every start."""
        directory = self._settings.data_dir / "metrics"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(mode=0o700)
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        return directory

    # While and after ---------------------------------------------------------------------------

    async def _supervise(self, all_ready: Callable[[], None]) -> None:
        keepers = {child: asyncio.create_task(child.keep()) for child in self._children}
        greeting = asyncio.create_task(self._greet(all_ready))
        try:
            await self._orders.stop.wait()
        finally:
            greeting.cancel()
            await self._drain(keepers)

    async def _greet(self, all_ready: Callable[[], None]) -> None:
        for child in self._children:
            await child.ready.wait()
        all_ready()

    def _welcome(self, account: DemoAccount | None) -> None:
        addresses = [
            f"{scheme}://{_shown(self._settings.host)}:{port_of(self._sockets[scheme])}"
            for scheme in ("http", "https")
            if scheme in self._sockets
        ]
        _log.info("serving", addresses=addresses, data_dir=str(self._settings.data_dir))
        self._say(welcome(account, addresses, str(self._settings.data_dir)))

    async def _drain(self, keepers: dict[Child, asyncio.Task[None]]) -> None:
        """End the children: the simulated network last, since others await its answers."""
        _log.info("stopping")
        for name in ("http", "https"):
            if name in self._sockets:
                self._sockets[name].close()  # then new connections are refused, not kept waiting
        networks = {child for child in keepers if child.plan.name == "network"}
        for group in (set(keepers) - networks, networks):
            for child in group:
                child.stop()
            await self._await_end({keepers[child] for child in group}, group)
        _log.info("stopped")

    async def _await_end(self, tasks: set[asyncio.Task[None]], group: set[Child]) -> None:
        if not tasks:
            return
        hurry = asyncio.create_task(self._orders.hurry.wait())
        try:
            done = asyncio.create_task(_all_ended(tasks))
            await asyncio.wait(
                [done, hurry], timeout=DRAIN_SECONDS_MAX, return_when=asyncio.FIRST_COMPLETED
            )
            if not done.done():
                for child in group:
                    child.stop()  # the second SIGTERM hurries them too
                await asyncio.wait([done], timeout=_HURRY_SECONDS_MAX)
            if not done.done():
                for child in group:
                    child.kill()
            await done
        finally:
            hurry.cancel()


async def _all_ended(tasks: set[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)


def _shown(host: str) -> str:
    """A host as it stands in an address."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return "localhost"
    return f"[{host}]" if ":" in host else host
