"""The command as a process, on a database of the test's own."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from command_forks import run_forked
from typer.testing import CliRunner

from staffetta.cli import app
from staffetta.cli.failures import EXPECTED

_SECONDS_MAX = 180  # patience, not a promise: the machine may be busy
_COMMAND = (sys.executable, "-c", "from staffetta.cli import main; main()")


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


Run = Callable[..., Awaitable[Ended]]


def _whole(environment: Mapping[str, str]) -> dict[str, str]:
    """All variables of a command: none of ours but these."""
    clean = {name: value for name, value in os.environ.items() if "STAFFETTA" not in name}
    return {**clean, "COLUMNS": "200", "NO_COLOR": "1", **environment}


async def run_command(*arguments: str, environment: Mapping[str, str]) -> Ended:
    process = await asyncio.create_subprocess_exec(
        *_COMMAND,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=_whole(environment),
    )
    try:
        async with asyncio.timeout(_SECONDS_MAX):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


def _run_forked(
    arguments: Sequence[str], environment: Mapping[str, str], given: bytes | None
) -> Ended:
    ended = run_forked(
        arguments,
        _whole(environment),
        given=None if given is None else given.decode(),
        seconds_max=_SECONDS_MAX,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture
def staffetta(installed: Run) -> Run:
    """The command, as a process."""
    return installed


@pytest.fixture
def installed(database_url: str) -> Run:
    """Runs the command with its arguments, as a process that is forked.

    `given` is its standard input, other keywords are environment variables.
    """
    base = {"STAFFETTA_DATABASE_URL": database_url, "STAFFETTA_SERVER_KEY": "ab" * 32}

    async def run(*arguments: str, given: bytes | None = None, **environment: str) -> Ended:
        return await asyncio.to_thread(_run_forked, arguments, {**base, **environment}, given)

    return run


def _run_here(
    arguments: Sequence[str], environment: Mapping[str, str], given: bytes | None
) -> Ended:
    others = dict.fromkeys(name for name in os.environ if "STAFFETTA" in name)
    before = structlog.get_config()
    try:
        ended = CliRunner().invoke(
            app,
            list(arguments),
            prog_name="staffetta",
            input=given,
            env={**others, "COLUMNS": "200", "NO_COLOR": "1", **environment},
        )
    finally:
        structlog.configure(**before)  # not a stream that the command closed
    failure = ended.exception
    if isinstance(failure, EXPECTED):  # as cli/failures.py tells it
        return Ended(1, ended.stdout, f"{ended.stderr}staffetta: {failure}\n")
    if failure is not None and not isinstance(failure, SystemExit):
        raise failure
    return Ended(ended.exit_code, ended.stdout, ended.stderr)


@pytest.fixture
def here(database_url: str) -> Run:
    """As `staffetta`, but in this process: twenty times as quick, where a process proves nothing.

    It is given to a whole file by a fixture of that file, `staffetta`; `installed` is the process.
    """
    base = {"STAFFETTA_DATABASE_URL": database_url, "STAFFETTA_SERVER_KEY": "ab" * 32}

    async def run(*arguments: str, given: bytes | None = None, **environment: str) -> Ended:
        return await asyncio.to_thread(_run_here, arguments, {**base, **environment}, given)

    return run


@pytest.fixture
def bare() -> Run:
    """Starts the command as a shell does, with no settings but its keywords."""

    async def run(*arguments: str, **environment: str) -> Ended:
        return await run_command(*arguments, environment=environment)

    return run


@pytest.fixture
async def anna(staffetta: Run) -> dict[str, Any]:
    """An account, as the command made it."""
    return (await staffetta("account", "create", "--email", "anna@example.com", "--json")).json
