"""Locks between processes that the kernel frees when their holder dies, however it dies.

Owns flock(2) and nothing else. What a lock means is written where it is used.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

_log = structlog.get_logger(__name__)

_POLL_SECONDS = 0.05
_REMARK_SECONDS = 5.0


def open_lock(path: Path) -> int:
    """A file descriptor to lock. Closing it frees the lock."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def share(descriptor: int) -> None:
    """Lock the file together with others, after whoever has it alone for a moment."""
    fcntl.flock(descriptor, fcntl.LOCK_SH)


def try_alone(descriptor: int) -> bool:
    """Lock the file alone, or say that somebody else holds it.

    A failed change from shared to alone may lose the shared lock (flock(2): the conversion is not
    atomic), so only a holder on its way out may ask for it.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@asynccontextmanager
async def alone(path: Path, waiting_for: str) -> AsyncIterator[None]:
    """Be the only process inside, waiting as long as it takes; long waits are logged."""
    descriptor = open_lock(path)
    try:
        loop = asyncio.get_running_loop()
        remark_at = loop.time() + _REMARK_SECONDS
        while not try_alone(descriptor):
            if loop.time() >= remark_at:
                _log.info("lock_awaited", waiting_for=waiting_for, lock=str(path))
                remark_at += _REMARK_SECONDS
            await asyncio.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)
