"""CPU time of the processes of a system, by what they are, read from /proc.

A process counts with the children it has buried, so backends and vacuum workers that come and go
are not lost. Linux counts in ticks of 10 ms, fine enough for seconds of load.
"""

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# After the command's name in parentheses: field 3 of proc(5) comes first.
_PARENT, _USER, _SYSTEM, _CHILDREN_USER, _CHILDREN_SYSTEM = 1, 11, 12, 13, 14

_QUIET_SECONDS = 2.0
_QUIET_SHARE_MAX = 0.05

NameOf = Callable[[str], str]  # from a command line to what the process is


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    parent: int
    seconds: float
    seconds_of_buried: float
    command: str


@dataclass(frozen=True, slots=True)
class MachineTime:
    """Seconds of all processors since the machine started."""

    busy: float
    idle: float


def cpu_seconds_by_name(roots: Mapping[int, NameOf]) -> dict[str, float]:
    """CPU seconds so far of these processes and all below them.

    A root's function names every process below it that is not itself below another root.
    """
    processes = {process.pid: process for process in _all_processes()}
    seconds: dict[str, float] = defaultdict(float)
    for process in processes.values():
        name_of = _root_of(process, processes, roots)
        if name_of is not None:
            seconds[name_of(process.command)] += process.seconds + process.seconds_of_buried
    return seconds


def pids_by_name(roots: Mapping[int, NameOf]) -> dict[int, str]:
    """What each process below the roots is."""
    processes = {process.pid: process for process in _all_processes()}
    named = {}
    for process in processes.values():
        name_of = _root_of(process, processes, roots)
        if name_of is not None:
            named[process.pid] = name_of(process.command)
    return named


def machine_time() -> MachineTime:
    """How busy the whole machine has been, whoever kept it so."""
    first = (_PROC / "stat").read_text().splitlines()[0]
    ticks = [int(field) / _TICKS_PER_SECOND for field in first.split()[1:9]]
    idle = ticks[3] + ticks[4]
    return MachineTime(busy=sum(ticks) - idle, idle=idle)


async def wait_until_quiet(seconds_max: float) -> bool:
    """Wait until the machine has been nearly idle for a while; False when it never was."""
    deadline = time.monotonic() + seconds_max
    while time.monotonic() < deadline:
        before = machine_time()
        await asyncio.sleep(_QUIET_SECONDS)
        after = machine_time()
        busy, idle = after.busy - before.busy, after.idle - before.idle
        if busy < _QUIET_SHARE_MAX * (busy + idle):
            return True
    return False


def _root_of(
    process: _Process, processes: Mapping[int, _Process], roots: Mapping[int, NameOf]
) -> NameOf | None:
    at: _Process | None = process
    while at is not None:
        if at.pid in roots:
            return roots[at.pid]
        at = processes.get(at.parent)
    return None


def _all_processes() -> Iterable[_Process]:
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
            command = (entry / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
            continue
        fields = stat[stat.rindex(")") + 2 :].split()
        yield _Process(
            pid=int(entry.name),
            parent=int(fields[_PARENT]),
            seconds=(int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS_PER_SECOND,
            seconds_of_buried=(int(fields[_CHILDREN_USER]) + int(fields[_CHILDREN_SYSTEM]))
            / _TICKS_PER_SECOND,
            command=command.replace(b"\0", b" ").decode("utf-8", "replace").strip(),
        )
