"""The embedded PostgreSQL: started, adopted, shared and stopped; no installation needed.

Owns the life of the server below `data_dir/postgresql`. Three lock files say what is going on, and
the kernel frees them when their holders die:

- `starting`: whoever starts or stops the server holds it alone.
- `users`: every process that uses the server shares it. The last one out stops the server.
- `running`: PostgreSQL itself holds it, inherited by all its processes, so it is free exactly when
  not one of them is left: after a kill -9 of the postmaster, its orphans still count. Process ids
  would not do: they are reused, and differ between containers that share a directory.

Everything else (roles, restarts, logging of children) belongs to `app`.
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg
import structlog

from staffetta.db.embedded_cluster import (
    ROLE,
    SOCKET_FOLDER,
    check_version,
    create_cluster,
    write_configuration,
)
from staffetta.db.embedded_owner import (
    EmbeddedServerError,
    Owner,
    choose_owner,
    find_binaries,
    walkable,
)
from staffetta.db.file_locks import alone, open_lock, share, try_alone

__all__ = ["EmbeddedServer", "EmbeddedServerError", "embedded_server"]

_log = structlog.get_logger(__name__)

_PORT: Final = 5432
_SOCKET_NAME: Final = f".s.PGSQL.{_PORT}"
_SOCKET_PATH_BYTES_MAX: Final = 103  # sockaddr_un on every system we know, with its final zero
_POLL_SECONDS: Final = 0.02
_UNSEEN_POLL_SECONDS: Final = 1.0
_REMARK_SECONDS: Final = 5.0
_CONNECT_SECONDS_MAX: Final = 5.0
_STOP_SECONDS_MAX: Final = 60.0
_SHARED_MEMORY_IN_USE: Final = "pre-existing shared memory block"


class _Answer(Enum):
    READY = "ready"
    STARTING = "starting or stopping"
    SILENT = "nobody listens"


class EmbeddedServer:
    """One process's view of the server in `data_dir`."""

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self.data_dir = data_dir.absolute()
        self.cluster = self.data_dir / "postgresql"
        self._locks = self.data_dir / "locks"
        self._durable = durable
        self._users_lock: int | None = None
        self._data_dir_descriptor: int | None = None

    # Using it ------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Become a user of the server, and start it unless it runs; waits for crash recovery.

        Raises EmbeddedServerError when it cannot run here.
        """
        self._prepare_directory()
        async with alone(self._locks / "starting", "another process starting PostgreSQL"):
            self._become_user()
            await self._bring_up()

    def join(self) -> None:
        """Become a user of a server that somebody else keeps running."""
        self._become_user()

    async def stop(self, hurry: asyncio.Event | None = None) -> bool:
        """Stop being a user; the last one out stops the server, and only they get True.

        A set `hurry` makes PostgreSQL stop at once: nothing is lost, the next start recovers.
        """
        if self._users_lock is None:
            return False
        async with alone(self._locks / "starting", "another process starting PostgreSQL"):
            is_last = try_alone(self._users_lock)
            if is_last:
                await self._shut_down(hurry or asyncio.Event())
            self._leave()
        return is_last

    def leave(self) -> None:
        """Stop being a user without stopping the server."""
        self._leave()

    def url(self, database: str = ROLE) -> str:
        """How this process, and no other, connects: the path may name an open descriptor."""
        directory = quote(self._socket_directory(), safe="")
        return f"postgresql://{ROLE}@/{database}?host={directory}&port={_PORT}"

    async def gone(self) -> None:
        """Return when the server has died. Call after `start`."""
        pid = self._postmaster_pid()
        if pid is None:
            await self._silent()
            return
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(descriptor, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)

    async def _silent(self) -> None:
        """Return when nobody answers: for a server whose process we cannot see.

        Containers that share a directory see each other's sockets and not each other's processes.
        """
        while await self._ask() is not _Answer.SILENT:  # noqa: ASYNC110 - it is in another process
            await asyncio.sleep(_UNSEEN_POLL_SECONDS)

    # Locks ---------------------------------------------------------------------------------------

    def _prepare_directory(self) -> None:
        choose_owner(self.cluster)
        try:
            # Others may walk through, so that the server's user can; what is inside is closed.
            self.data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
            self._locks.mkdir(mode=0o700, exist_ok=True)
            os.close(open_lock(self._locks / "starting"))
        except OSError as error:
            raise EmbeddedServerError(
                f"the data directory {self.data_dir} cannot be used ({error.strerror}): set "
                "STAFFETTA_DATA_DIR to a directory you may write to, e.g. ~/staffetta"
            ) from error

    def _become_user(self) -> None:
        if self._users_lock is not None:
            return
        self._users_lock = open_lock(self._locks / "users")
        # Alone it is held only by who looks for users, or by the last one who stops the server.
        share(self._users_lock)

    def _leave(self) -> None:
        if self._users_lock is not None:
            os.close(self._users_lock)
            self._users_lock = None
        if self._data_dir_descriptor is not None:
            os.close(self._data_dir_descriptor)
            self._data_dir_descriptor = None

    # Starting ------------------------------------------------------------------------------------

    async def _bring_up(self) -> None:
        launched = False
        remark = _Remarks()
        while True:
            answer = await self._ask()
            if answer is _Answer.READY:
                break
            free = self._running_lock()
            if free is not None:
                try:
                    if launched:
                        await self._explain_death()
                    self._launch(free)
                finally:
                    os.close(free)  # the server has inherited it, or there is none
                launched = True
            elif answer is _Answer.SILENT:
                remark.make("it is starting, or processes of a killed one are still ending")
            else:
                remark.make("it is recovering, as long as that takes")
            await asyncio.sleep(_POLL_SECONDS)
        await self._create_database()
        _log.info("postgresql_ready", adopted=not launched, directory=str(self.cluster))

    def _running_lock(self) -> int | None:
        """The `running` lock when nobody holds it, to be inherited by a new server."""
        descriptor = open_lock(self._locks / "running")
        if try_alone(descriptor):
            return descriptor
        os.close(descriptor)
        return None

    def _launch(self, running_lock: int) -> None:
        """Start postgres, detached: it outlives us, and no signal of our terminal reaches it."""
        owner = choose_owner(self.cluster)
        binaries = find_binaries(owner, self.data_dir)
        if not self.cluster.exists():
            _log.info("postgresql_cluster_made", directory=str(self.cluster))
            create_cluster(self.cluster, owner, binaries, durable=self._durable)
        check_version(self.cluster)
        write_configuration(self.cluster, owner, durable=self._durable)
        # Nobody holds `running`, so whatever process their numbers name today is not ours.
        for left in ("postmaster.pid", f"{SOCKET_FOLDER}/{_SOCKET_NAME}.lock"):
            (self.cluster / left).unlink(missing_ok=True)
        self._spawn(owner, binaries, running_lock)

    def _spawn(self, owner: Owner, binaries: Path, running_lock: int) -> None:
        # The shell goes away at once and leaves postgres to init, which reaps it whoever we are.
        detach = '"$@" &'
        with (
            walkable(self.cluster, owner) as (path, descriptors),
            self._start_log.open("wb") as output,
        ):
            subprocess.run(  # noqa: S603 - fixed words and our own paths
                ["/bin/sh", "-c", detach, "sh", str(binaries / "postgres"), "-D", path],
                check=True,
                cwd="/",
                env={"LC_ALL": "C", "PATH": os.defpath},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=(*descriptors, running_lock),
                **owner.spawn_arguments(),
            )

    @property
    def _start_log(self) -> Path:
        return self.data_dir / "postgresql-start.log"

    async def _explain_death(self) -> None:
        """Raise what a server that died while starting left as its last words."""
        words = self._start_log.read_text(encoding="utf-8", errors="replace").strip()
        if _SHARED_MEMORY_IN_USE in words:
            _log.warning("postgresql_shared_memory_in_use", what="a killed server's: trying again")
            await asyncio.sleep(1)
            return
        logs = sorted((self.cluster / "log").glob("*.log"), key=lambda log: log.stat().st_mtime)
        if logs:
            words += "\n" + logs[-1].read_text(encoding="utf-8", errors="replace")[-1500:].strip()
        raise EmbeddedServerError(f"PostgreSQL did not start in {self.cluster}: {words[-2500:]}")

    # Talking to it -------------------------------------------------------------------------------

    def _socket_directory(self) -> str:
        path = self.cluster / SOCKET_FOLDER
        length = len(os.fsencode(path / _SOCKET_NAME))
        if length <= _SOCKET_PATH_BYTES_MAX and "," not in str(path):  # a comma separates hosts
            return str(path)
        if self._data_dir_descriptor is None:
            flags = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
            self._data_dir_descriptor = os.open(self.data_dir, flags)
        return f"/proc/self/fd/{self._data_dir_descriptor}/{self.cluster.name}/{SOCKET_FOLDER}"

    async def _ask(self) -> _Answer:
        try:
            connection = await asyncpg.connect(
                self.url("postgres"), timeout=_CONNECT_SECONDS_MAX, ssl=False
            )
        except (FileNotFoundError, ConnectionRefusedError):
            return _Answer.SILENT
        except asyncpg.TooManyConnectionsError:
            return _Answer.READY
        except (asyncpg.CannotConnectNowError, OSError, asyncpg.InterfaceError):
            return _Answer.STARTING
        except asyncpg.InvalidAuthorizationSpecificationError as error:
            raise EmbeddedServerError(
                f"the PostgreSQL in {self.cluster} was started by another user: {error}"
            ) from error
        await connection.close()
        return _Answer.READY

    async def _create_database(self) -> None:
        connection = await asyncpg.connect(
            self.url("postgres"), timeout=_CONNECT_SECONDS_MAX, ssl=False
        )
        try:
            known = "SELECT FROM pg_database WHERE datname = $1"
            if not await connection.fetch(known, ROLE):
                await connection.execute(f"CREATE DATABASE {ROLE}")
        finally:
            await connection.close()

    # Stopping ------------------------------------------------------------------------------------

    async def _shut_down(self, hurry: asyncio.Event) -> None:
        """Ask for a fast shutdown, and for an immediate one when hurried or after a minute."""
        self._signal(signal.SIGINT)
        remark = _Remarks()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _STOP_SECONDS_MAX
        while (free := self._running_lock()) is None:
            if loop.time() > deadline + _STOP_SECONDS_MAX:
                _log.error("postgresql_not_stopped", directory=str(self.cluster))
                return
            if hurry.is_set() or loop.time() > deadline:
                self._signal(signal.SIGQUIT)
            remark.make("it is writing its last checkpoint")
            await asyncio.sleep(_POLL_SECONDS)
        os.close(free)
        _log.info("postgresql_stopped", directory=str(self.cluster))

    def _signal(self, number: signal.Signals) -> None:
        pid = self._postmaster_pid()
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _postmaster_pid(self) -> int | None:
        """The postmaster's process id, if it lives and its working directory is our cluster."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            pid = int(lines[0])
            ours = Path(f"/proc/{pid}/cwd").samefile(self.cluster)
        except (OSError, ValueError, IndexError):
            return None
        return pid if ours else None


class _Remarks:
    """Says why we wait, every few seconds."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        self._next = self._started + _REMARK_SECONDS

    def make(self, sentence: str) -> None:
        """Log the sentence, unless the last remark is fresh."""
        now = self._loop.time()
        if now >= self._next:
            self._next = now + _REMARK_SECONDS
            _log.info("postgresql_awaited", why=sentence, waited_seconds=round(now - self._started))


@asynccontextmanager
async def embedded_server(data_dir: Path) -> AsyncIterator[EmbeddedServer]:
    """The server for as long as the block runs; it stays when others use it."""
    server = EmbeddedServer(data_dir)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
