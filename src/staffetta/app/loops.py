"""Background steps, repeated: a failing step is logged and tried again, the process goes on.

Owns the repetition, its pauses and its end. What a step does is its own business: a bounded amount
of work, answering how much it found (see DESIGN: `async def <verb>_once(...) -> int`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Final, Self

import structlog

from staffetta.db.pool import ConnectionLost, TryAgain

_log = structlog.get_logger(__name__)

Step = Callable[[], Awaitable[int]]

_FAILURE_PAUSE_SECONDS: Final = 0.2
_FAILURE_PAUSE_SECONDS_MAX: Final = 15.0
_STOP_SECONDS_MAX: Final = 20.0


async def run_forever(
    step: Step,
    idle_seconds: float,
    *,
    wake: asyncio.Event | None = None,
    stop: asyncio.Event | None = None,
    name: str | None = None,
) -> None:
    """Repeat `step`: at once while it finds work, else after `idle_seconds` or a `wake`.

    Ends when `stop` is set, after the step in progress. `wake` is cleared before the step that it
    causes, so a ring during a step is never lost. A bug pauses its step, longer each time.
    """
    title = name or getattr(step, "__qualname__", repr(step))
    pause = _FAILURE_PAUSE_SECONDS
    while stop is None or not stop.is_set():
        if wake is not None:
            wake.clear()
        try:
            found = await step()
        except (ConnectionLost, TryAgain) as error:
            # Taking a connection waits for the database already, so this pause need not grow.
            _log.warning("step_failed", step=title, error=str(error))
            pause = _FAILURE_PAUSE_SECONDS
        except Exception:  # noqa: BLE001 - a bug crashes the step, not the process
            _log.exception("step_failed", step=title, again_in_seconds=pause)
        else:
            pause = _FAILURE_PAUSE_SECONDS
            if found == 0:
                await _first_of(idle_seconds, wake, stop)
            continue
        await _first_of(pause, stop)
        pause = min(pause * 2, _FAILURE_PAUSE_SECONDS_MAX)


async def _first_of(seconds: float, *events: asyncio.Event | None) -> None:
    """Wait until one of the events is set, or the time has passed."""
    given = [event for event in events if event is not None]
    if any(event.is_set() for event in given):
        await asyncio.sleep(0)  # others get their turn, however often this happens
        return
    if not given:
        await asyncio.sleep(seconds)
        return
    waits = [asyncio.ensure_future(event.wait()) for event in given]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


class Loops:
    """The loops of one role: started inside the block, ended with it.

    At the end of the block every loop finishes the step it is in; one that takes too long is
    cancelled. Loops started later end first, so what feeds others is started first.
    """

    def __init__(self, stop_seconds_max: float = _STOP_SECONDS_MAX) -> None:
        self._running: list[tuple[asyncio.Task[None], Callable[[], object]]] = []
        self._stop_seconds_max = stop_seconds_max

    def start(
        self,
        step: Step,
        idle_seconds: float,
        *,
        wake: asyncio.Event | None = None,
        name: str | None = None,
        may_be_cut: bool = False,
    ) -> None:
        """Repeat `step` until the block ends.

        `may_be_cut` is for steps that wait for something themselves and lose nothing when they are
        cancelled.
        """
        stop = asyncio.Event()
        title = name or getattr(step, "__qualname__", repr(step))
        loop = run_forever(step, idle_seconds, wake=wake, stop=stop, name=title)
        task = asyncio.create_task(loop, name=title)
        self._running.append((task, task.cancel if may_be_cut else stop.set))

    async def __aenter__(self) -> Self:
        """The block begins."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End every loop."""
        try:
            async with asyncio.timeout(self._stop_seconds_max):
                while self._running:
                    task, end = self._running[-1]
                    end()
                    await asyncio.wait([task])
                    self._running.pop()
        except TimeoutError:
            names = [task.get_name() for task, _ in self._running]
            _log.warning("loops_cut_short", loops=names)
        finally:
            for task, _ in self._running:
                task.cancel()
            await asyncio.gather(*(task for task, _ in self._running), return_exceptions=True)
