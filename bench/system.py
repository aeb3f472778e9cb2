"""A whole gateway for one benchmark: the installed command, a fresh data directory, an SMSC.

Owns the processes and the directory, and ends both. Everything is asked of the command, as an
operator would; only the progress of messages is read from the database.
"""

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import asyncpg

from bench.cpu import NameOf, cpu_seconds_by_name, pids_by_name
from staffetta.db.embedded import EmbeddedServer

HOST = "127.0.0.1"
EMAIL = "bench@example.com"
SYSTEM_ID = "bench"
_CREDIT = "1000000"
_PRICE = "0.03"
_WINDOW = "500"
_START_SECONDS_MAX = 90.0
_STOP_SECONDS_MAX = 60.0
_COMMAND_SECONDS_MAX = 60.0
_POLL_SECONDS = 0.05
_LOG_CHARACTERS_SHOWN = 3_000


class SystemFailed(Exception):
    """A part of the system did not do what the benchmark needs; the text holds its words."""


@dataclass(frozen=True, slots=True)
class SystemPlan:
    """What a benchmark wants to run on."""

    smsc_answers: bool = True  # False: there is a route, and its carrier is away
    report_seconds: str = "0"  # from the carrier's answer to its delivery report


class System:
    """A running gateway and what is known of it. Made by `running_system`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = 0
        self.token = ""
        self.database: asyncpg.Connection[Any]
        self._roots: dict[int, NameOf] = {}
        self._environment = _clean_environment() | {
            "STAFFETTA_DATA_DIR": str(directory / "data"),
            "STAFFETTA_LOG_LEVEL": "warning",
            "STAFFETTA_RATE_LIMIT_PER_MINUTE": "0",
            "BENCH_SMSC_PASSWORD": "bench",
        }

    # What benchmarks use -----------------------------------------------------------------------

    def cpu_seconds(self) -> dict[str, float]:
        """CPU seconds so far by part: api, dispatch, network, postgres, smsc, supervisor."""
        return cpu_seconds_by_name(self._roots)

    def pids(self, name: str) -> list[int]:
        """The processes that are one part."""
        return [pid for pid, found in pids_by_name(self._roots).items() if found == name]

    async def neighbour(self, name: str) -> str:
        """Another account with credit; its token of production."""
        email = f"{name}@example.com"
        account = ("--email", email, "--environment", "production")
        await self.command("account", "create", "--email", email)
        await self.command("topup", *account, "--amount", _CREDIT)
        token: str = (await self.command("token", "create", *account))["token"]
        return token

    async def command(self, *arguments: str) -> Any:
        """What `staffetta <arguments> --json` printed. Raises SystemFailed."""
        process = await asyncio.create_subprocess_exec(
            *_staffetta(),
            *arguments,
            "--json",
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            env=self._environment,
        )
        async with asyncio.timeout(_COMMAND_SECONDS_MAX):
            out, error = await process.communicate()
        if not out:
            raise SystemFailed(f"staffetta {' '.join(arguments)}: {error.decode()}")
        return json.loads(out)

    # Making it ---------------------------------------------------------------------------------

    async def start(self, plan: SystemPlan, stack: AsyncExitStack) -> Self:
        """Start the SMSC and the gateway, make an account, a token and a connector."""
        self.port, smsc_port = _free_port(), _free_port()
        if plan.smsc_answers:
            delay = ("--delay", plan.report_seconds)
            smsc = (*_staffetta(), "smsc", "--port", str(smsc_port), *delay, "--quiet")
            await self._spawn("smsc", smsc, lambda _: "smsc", stack)
        self._environment["STAFFETTA_PORT"] = str(self.port)
        await self._spawn("serve", (*_staffetta(), "serve"), _name_of_ours, stack)
        await self._until_healthy()
        await self._connect_database(stack)
        await self._furnish(smsc_port)
        return self

    async def _spawn(
        self, name: str, command: Sequence[str], name_of: NameOf, stack: AsyncExitStack
    ) -> None:
        log = stack.enter_context((self.directory / f"{name}.log").open("wb"))
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=log, stderr=log, env=self._environment
        )
        self._roots[process.pid] = name_of
        stack.push_async_callback(_end, process)

    async def _until_healthy(self) -> None:
        request = f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
        try:
            async with asyncio.timeout(_START_SECONDS_MAX):
                while not await self._answers_200(request):  # noqa: ASYNC110 - another process
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            raise SystemFailed(f"staffetta serve does not start: {self.log('serve')}") from None

    async def _answers_200(self, request: bytes) -> bool:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(HOST, self.port)
            writer.write(request)
            status = await reader.readline()
            writer.close()
            return b" 200 " in status
        return False

    def log(self, name: str) -> str:
        """The end of what a part wrote."""
        return (self.directory / f"{name}.log").read_text()[-_LOG_CHARACTERS_SHOWN:]

    async def _connect_database(self, stack: AsyncExitStack) -> None:
        data = self.directory / "data"
        self.database = await asyncpg.connect(EmbeddedServer(data).url())
        stack.push_async_callback(self.database.close)
        first_line = (data / "postgresql" / "postmaster.pid").read_text().splitlines()[0]
        self._roots[int(first_line)] = lambda _: "postgres"

    async def _furnish(self, smsc_port: int) -> None:
        account = ("--email", EMAIL, "--environment", "production")
        await self.command("account", "create", "--email", EMAIL)
        await self.command("topup", *account, "--amount", _CREDIT)
        await self.command(
            *("connector", "add", "--name", "bench", "--environment", "production"),
            *("--host", HOST, "--port", str(smsc_port), "--system-id", SYSTEM_ID),
            *("--password-env", "BENCH_SMSC_PASSWORD", "--window", _WINDOW, "--rate", "0"),
            *("--countries", "IT,ES,*", "--price", _PRICE),
        )
        self.token = (await self.command("token", "create", *account))["token"]


@asynccontextmanager
async def running_system(plan: SystemPlan, *, keep: bool) -> AsyncIterator[System]:
    """A system for the length of the block; `keep` leaves its directory behind."""
    directory = Path(tempfile.mkdtemp(prefix="staffetta-bench-"))
    os.chmod(directory, 0o711)  # noqa: PTH101 - PostgreSQL's own user walks through it
    system = System(directory)
    try:
        async with AsyncExitStack() as stack:
            yield await system.start(plan, stack)
    finally:
        if not keep:
            shutil.rmtree(directory, ignore_errors=True)


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(_STOP_SECONDS_MAX):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _staffetta() -> list[str]:
    """The installed command, or the same from a source tree."""
    installed = Path(sys.executable).with_name("staffetta")
    if installed.exists():
        return [str(installed)]
    return [sys.executable, "-c", "from staffetta.cli import main; main()"]


def _name_of_ours(command: str) -> str:
    for role in ("api", "dispatch", "callbacks", "network"):
        if f"--role {role}" in command:
            return role
    return "supervisor"


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if "STAFFETTA" not in name}


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind((HOST, 0))
        port: int = bound.getsockname()[1]
        return port
