"""Where the CPU time of Python processes goes, sampled by py-spy while a load runs.

Owns the sampler's processes and the reading of what they write: one line a stack, with a count.
"""

import asyncio
import shutil
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.system import System

PROFILED = ("api", "dispatch", "smsc")
_SAMPLES_PER_SECOND = 200
_TOP = 40
_ROOTS_SHOWN = ("site-packages/", "/src/", "lib/python3")
_STOP_SECONDS_MAX = 30.0


class NoProfiler(Exception):
    """py-spy is not installed, or may not look into our processes."""


@dataclass(frozen=True, slots=True)
class Hot:
    """A function, and the shares of all samples in it alone, and in it and what it calls."""

    function: str
    own_percent: float
    total_percent: float


class Profiler:
    """Samples the processes of a system between `start` and `stop`."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._running: dict[str, tuple[Process, Path]] = {}

    async def start(self) -> None:
        """Attach. Raises NoProfiler."""
        program = shutil.which("py-spy", path=str(Path(sys.executable).parent))
        if program is None:
            raise NoProfiler("py-spy is not installed: pip install py-spy")
        for name in PROFILED:
            for pid in self._system.pids(name)[:1]:
                file = self._system.directory / f"profile-{name}"
                process = await asyncio.create_subprocess_exec(
                    *(program, "record", "--pid", str(pid), "--format", "raw", "--function"),
                    *("--rate", str(_SAMPLES_PER_SECOND), "--duration", "600"),
                    *("--output", str(file)),
                    stdin=DEVNULL,
                    stdout=DEVNULL,
                    stderr=PIPE,
                )
                self._running[name] = process, file

    async def stop(self) -> dict[str, list[Hot]]:
        """Detach, and read what was found. Raises NoProfiler."""
        found = {}
        for name, (process, file) in self._running.items():
            if process.returncode is None:
                process.send_signal(signal.SIGINT)
            async with asyncio.timeout(_STOP_SECONDS_MAX):
                _, error = await process.communicate()
            if not file.exists():
                raise NoProfiler(f"py-spy wrote nothing about {name}: {error.decode()[-500:]}")
            found[name] = hottest(file.read_text().splitlines())
        return found


def hottest(lines: Iterable[str]) -> list[Hot]:
    """The functions in which most samples fell, by their own share."""
    own: Counter[str] = Counter()
    total: Counter[str] = Counter()
    samples = 0
    for line in lines:
        stack, _, count = line.rpartition(" ")
        frames = [_short(frame) for frame in stack.split(";")]
        samples += int(count)
        own[frames[-1]] += int(count)
        for frame in set(frames):
            total[frame] += int(count)
    percent = 100 / max(samples, 1)
    return [
        Hot(name, round(own[name] * percent, 1), round(total[name] * percent, 1))
        for name, _ in sorted(total.items(), key=lambda item: (-own[item[0]], -item[1]))[:_TOP]
    ]


def _short(frame: str) -> str:
    """A frame without the directories that say nothing."""
    for root in _ROOTS_SHOWN:
        _, found, rest = frame.partition(root)
        if found:
            name = frame.split(" (", 1)[0]
            return f"{name} ({rest}"
    return frame
