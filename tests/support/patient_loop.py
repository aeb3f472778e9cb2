"""An event loop whose clock stands still while the machine does.

Where both ends of a conversation live in one process, a pause of that process makes neither of them
slow; but a real clock runs on, and then a timer of some tenths of a second ends what was answered
at once. Tests of silence need such timers. This clock counts what was waited for in full, and every
other stretch, however long it took, as a moment at most.
"""

import asyncio
import selectors
import time

_MOMENT_SECONDS = 0.01


class PatientLoop(asyncio.SelectorEventLoop):
    """A loop for tests that play all sides themselves."""

    def __init__(self) -> None:
        self._seen_at = self._shown = time.monotonic()
        super().__init__(_PatientSelector(self))

    def time(self) -> float:
        return self.let_pass(_MOMENT_SECONDS)

    def let_pass(self, seconds_max: float) -> float:
        """Count what passed since the last look, but no more than this; the time now."""
        now = super().time()
        self._shown += min(now - self._seen_at, seconds_max)
        self._seen_at = now
        return self._shown


class _PatientSelector(selectors.DefaultSelector):
    def __init__(self, loop: PatientLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._loop.time()
        found = super().select(timeout)
        # Whatever came may have lain there for a while; where nothing came, all was waited for.
        self._loop.let_pass(_MOMENT_SECONDS if found or timeout is None else timeout)
        return found
