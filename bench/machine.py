"""What the figures were measured on."""

import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_SYNCS = 100
_SYNC_BYTES = 8192


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine, the versions, and how long a write takes to become durable."""

    cores: int
    memory_mib: int
    cpu: str
    kernel: str
    python: str
    postgresql: str
    commit: str
    sync_ms: float  # median of a write of 8 KiB and fdatasync


def describe_machine(postgresql: str, directory: Path) -> Machine:
    """Describe this machine; `directory` is where the database's files would be."""
    pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        memory_mib=pages * page_bytes >> 20,
        cpu=_cpu(),
        kernel=platform.release(),
        python=sys.version.split()[0],
        postgresql=postgresql,
        commit=_commit(),
        sync_ms=_sync_ms(directory),
    )


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _commit() -> str:
    """The commit, with a plus when the tree holds changes that are not in it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--abbrev=12"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "unknown"


def _sync_ms(directory: Path) -> float:
    path = directory / "sync-probe"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        taken = sorted(_sync_seconds(descriptor) for _ in range(_SYNCS))
    finally:
        os.close(descriptor)
        path.unlink()
    return round(taken[len(taken) // 2] * 1000, 3)


def _sync_seconds(descriptor: int) -> float:
    before = time.perf_counter()
    os.pwrite(descriptor, bytes(_SYNC_BYTES), 0)
    os.fdatasync(descriptor)
    return time.perf_counter() - before
