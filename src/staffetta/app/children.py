"""Child processes: started, watched, started again when they die, asked to end, made to end.

Owns the processes; what they do is `child`'s. Each gets a pipe of ours as standard input, so that
it notices our death, and tells us through its standard output when it is ready.
"""

import asyncio
import math
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog

_log = structlog.get_logger(__name__)

CHILD_COMMAND: Final = (sys.executable, "-m", "staffetta.app.child")
_PAUSE_SECONDS: Final = 0.1
_PAUSE_SECONDS_MAX: Final = 15.0
_STEADY_SECONDS: Final = 1.0
_OUTPUT_LINE_BYTES_MAX: Final = 1024


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """One child: how to start it, again and again."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    descriptors: tuple[int, ...] = ()


class Child:
    """A child process and its successors."""

    def __init__(
        self,
        plan: ChildPlan,
        ended: Callable[[int], Awaitable[None]],
        command: tuple[str, ...] = CHILD_COMMAND,
    ) -> None:
        self.ready = asyncio.Event()
        self.plan = plan
        self._ended = ended
        self._command = command
        self._process: Process | None = None
        self._ready_at = math.inf
        self._stopping = asyncio.Event()

    async def keep(self) -> None:
        """Run the child until `stop`; when it dies by itself, start another."""
        loop = asyncio.get_running_loop()
        pause = 0.0
        while not self._stopping.is_set():
            self._ready_at = math.inf
            try:
                await self._run()
            except OSError as error:  # out of processes, memory or descriptors: it may pass
                _log.error("child_not_started", child=self.plan.name, error=str(error))
            if self._stopping.is_set():
                return
            pause = pause_after(pause, loop.time() - self._ready_at)
            await self._rest(pause)

    def stop(self) -> None:
        """Ask the child to drain and end; no other is started."""
        self._stopping.set()
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End the child at once."""
        self._stopping.set()
        self._send(signal.SIGKILL)

    @property
    def pid(self) -> int | None:
        """The running child's process id."""
        return self._process.pid if self._process is not None else None

    async def _run(self) -> None:
        """Start the child, wait for its end, tell about it."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            *self.plan.arguments,
            stdin=PIPE,
            stdout=PIPE,
            env=dict(self.plan.environment),
            pass_fds=self.plan.descriptors,
            limit=_OUTPUT_LINE_BYTES_MAX,
            start_new_session=True,  # a terminal's Ctrl-C is for us; we tell the children
        )
        self._process = process
        _log.info("child_started", child=self.plan.name, child_pid=process.pid)
        if self._stopping.is_set():  # stopped while it was being started
            self._send(signal.SIGTERM)
        try:
            await self._listen(process)
            status = await process.wait()
        finally:
            self._process = None
            self.ready.clear()
        await self._tell(process.pid, status)

    async def _listen(self, process: Process) -> None:
        """Wait for the word that it is ready, then for the end of its output."""
        assert process.stdout is not None
        while data := await process.stdout.read(_OUTPUT_LINE_BYTES_MAX):
            if b"ready" in data:
                self._ready_at = asyncio.get_running_loop().time()
                self.ready.set()

    async def _tell(self, pid: int, status: int) -> None:
        if not self._stopping.is_set():
            _log.error("child_died", child=self.plan.name, child_pid=pid, reason=_reason(status))
        elif status != 0:
            _log.warning("child_ended", child=self.plan.name, reason=_reason(status))
        await self._ended(pid)

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)


def pause_after(last_pause: float, ready_seconds: float) -> float:
    """How long to wait before the next start, given the last wait (0 for none) in seconds.

    What worked is started again at once, however often somebody kills it. Only what never gets
    ready, or dies as soon as it is, waits longer each time. `ready_seconds` is how long it was
    ready; a negative number when it never was.
    """
    if last_pause == 0 or ready_seconds >= _STEADY_SECONDS:
        return _PAUSE_SECONDS
    return min(last_pause * 2, _PAUSE_SECONDS_MAX)


def _reason(status: int) -> str:
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"ended with status {status}"
