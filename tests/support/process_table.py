"""The processes of one installation, as the kernel lists them. Linux alone; nothing is guessed.

A process belongs to an installation when its supervisor or one of its children started it (their
environment names the data directory), or when it is PostgreSQL working in that directory.
"""

import itertools
import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def children_of(pid: int) -> list[int]:
    """The children of a process, those of all its threads included."""
    found: list[int] = []
    with suppress(OSError):
        for thread in (_PROC / str(pid) / "task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    return found


def with_role(pids: Iterable[int], role: str) -> list[int]:
    """Those that play a role: `--role <role>` stands in their command line."""
    return [pid for pid in pids if _plays(pid, role)]


def postmaster_of(data_dir: Path) -> int | None:
    """The process id of a data directory's PostgreSQL, if it runs."""
    try:
        pid = int((data_dir / "postgresql" / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if _works_in(pid, data_dir / "postgresql") else None


def all_of(data_dir: Path) -> list[int]:
    """Every living process of the installation with this data directory."""
    return [pid for pid in _pids() if _is_of(pid, data_dir)]


def kill(pids: Iterable[int]) -> None:
    """SIGKILL to each; who is gone already is left alone."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def command_of(pid: int) -> str:
    """The command line, for people."""
    return _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace").strip()


def _pids() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]


def _is_of(pid: int, data_dir: Path) -> bool:
    if pid == os.getpid() or _is_dead(pid):
        return False
    named = b"STAFFETTA_DATA_DIR=" + os.fsencode(data_dir)
    return named in _read(pid, "environ").split(b"\0") or _works_in(pid, data_dir / "postgresql")


def _plays(pid: int, role: str) -> bool:
    words = _read(pid, "cmdline").split(b"\0")
    pairs = itertools.pairwise(words)
    return (b"--role", role.encode()) in pairs


def _works_in(pid: int, directory: Path) -> bool:
    with suppress(OSError):
        return (_PROC / str(pid) / "cwd").samefile(directory)
    return False


def _is_dead(pid: int) -> bool:
    state = _read(pid, "stat").rpartition(b")")[2].split()[:1]
    return state in ([], [b"Z"], [b"X"])


def _read(pid: int, name: str) -> bytes:
    with suppress(OSError):
        return (_PROC / str(pid) / name).read_bytes()
    return b""
