"""Who may work at once in one process: large requests one by one, small ones beside them.

Bulk has its own lanes, so that what a large request does between two pauses is all that anybody
else ever waits for. A place holds a connection of the pool, so nobody may wait in one for a message
that another request is changing: changes of one message wait for each other before they enter.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final
from weakref import WeakValueDictionary

from staffetta.domain.errors import NotAcceptingNow
from staffetta.messaging.bulk.request import MANY, Recipients

_SMALL_MAX: Final = 3  # at once; each holds a connection
_SLOW_READS_MAX: Final = 2
_WAIT_SECONDS_MAX: Final = 30.0
_READ_SECONDS_MAX: Final = 10.0
_LOCKED_SECONDS_MAX: Final = 2.0  # that a change waits for another of the same message
BUSY_STORING: Final = "other messages with many recipients are being stored: send the request again"
BEING_CHANGED: Final = "another request is changing this message: send the request again"
BUSY_READING: Final = "too much is being read at once: try again, or ask for less at a time"


class Lanes:
    """The places of one process. Each method raises NotAcceptingNow when waiting takes too long."""

    def __init__(self, locked_seconds_max: float = _LOCKED_SECONDS_MAX) -> None:
        self.locked_seconds_max = locked_seconds_max  # that a change waits for another
        self._large = asyncio.Semaphore(1)
        self._small = asyncio.Semaphore(_SMALL_MAX)
        self._messages: WeakValueDictionary[tuple[int, bytes], asyncio.Lock] = WeakValueDictionary()

    def enter(self, recipients: Recipients) -> AbstractAsyncContextManager[None]:
        """A place for a request that adds these recipients."""
        lane = self._large if recipients.count_at_least >= MANY else self._small
        return _place(lane, _WAIT_SECONDS_MAX, BUSY_STORING)

    @asynccontextmanager
    async def change(
        self, space_id: int, message_id: bytes, recipients: Recipients
    ) -> AsyncIterator[None]:
        """A place for a change of this message, alone among those of this process.

        A large one waits for its lane first, so that it keeps nobody waiting meanwhile.
        """
        lock = self._messages.setdefault((space_id, message_id), asyncio.Lock())
        alone = _place(lock, self.locked_seconds_max, BEING_CHANGED)
        lane = self.enter(recipients)
        is_large = recipients.count_at_least >= MANY
        first, second = (lane, alone) if is_large else (alone, lane)
        async with first, second:
            yield


class SlowReads:
    """Reading that takes a while: a few at a time, so that the pool is left to what is sent."""

    def __init__(self, seconds_max: float = _READ_SECONDS_MAX) -> None:
        self._seconds_max = seconds_max
        self._places = asyncio.Semaphore(_SLOW_READS_MAX)

    def enter(self) -> AbstractAsyncContextManager[None]:
        """A place; raises NotAcceptingNow when waiting takes too long."""
        return _place(self._places, self._seconds_max, BUSY_READING)


@asynccontextmanager
async def _place(
    waited_for: asyncio.Semaphore | asyncio.Lock, seconds_max: float, sentence: str
) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds_max):
            await waited_for.acquire()
    except TimeoutError:
        raise NotAcceptingNow(sentence) from None
    try:
        yield
    finally:
        waited_for.release()
