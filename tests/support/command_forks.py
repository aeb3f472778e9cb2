"""The command as a process of its own, forked from one that has imported it already.

What a command does is the same, and starts in a twentieth of the time.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import IO, Final

from staffetta.cli.commands import COMMANDS

# Nothing of the tests: the process that is forked does not know where they are, and leaves out
# without a word what it cannot import. (typer imports the last of these at its first argument.)
_IMPORTED: Final = (
    *(f"staffetta.cli.{module}" for module in sorted(set(COMMANDS.values()))),
    "typer._adapters",
)
# Whoever starts a process looks at all the others, too, and an exit code can be read but once: two
# threads that read the same one would make 255 of it.
_ONE_AT_A_TIME: Final = threading.Lock()


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_IMPORTED))
    return context


def run_forked(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    given: str | None = None,
    seconds_max: float,
) -> subprocess.CompletedProcess[str]:
    """Run `staffetta` with these arguments and exactly this environment."""
    with (
        tempfile.NamedTemporaryFile() as stdin,
        tempfile.NamedTemporaryFile() as out,
        tempfile.NamedTemporaryFile() as err,
    ):
        stdin.write((given or "").encode())
        stdin.flush()
        names = (stdin.name, out.name, err.name)
        process = _context().Process(
            target=_run, args=(list(arguments), dict(environment), names), daemon=True
        )
        with _ONE_AT_A_TIME:
            process.start()
        wait([process.sentinel], seconds_max)
        with _ONE_AT_A_TIME:
            exit_code = process.exitcode
            if exit_code is None:
                process.kill()
                process.join()
                raise subprocess.TimeoutExpired(["staffetta", *arguments], seconds_max)
        return subprocess.CompletedProcess(
            ["staffetta", *arguments],
            exit_code,
            Path(out.name).read_text(encoding="utf-8"),
            Path(err.name).read_text(encoding="utf-8"),
        )


def _run(arguments: list[str], environment: dict[str, str], names: tuple[str, str, str]) -> None:
    """In the child: become the command."""
    assert set(_IMPORTED) <= set(sys.modules), "each command would import them all anew"
    from staffetta.cli import main

    os.environ.clear()
    os.environ.update(environment)
    for descriptor, (name, mode) in enumerate(zip(names, ("r", "w", "w"), strict=True)):
        with Path(name).open(mode, encoding="utf-8") as file:
            os.dup2(file.fileno(), descriptor)
    sys.stdin, sys.stdout, sys.stderr = _stream(0, "r"), _stream(1, "w"), _stream(2, "w")
    sys.argv = ["staffetta", *arguments]
    with suppress(KeyboardInterrupt):
        main()


def _stream(descriptor: int, mode: str) -> IO[str]:
    return os.fdopen(descriptor, mode, encoding="utf-8", closefd=False)
