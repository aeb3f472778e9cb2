"""What became of claims, written in batches: whatever gathered while the last one was committing.

A result that could not be written is written again; one that never is, because this process dies,
leaves its claim to be opened and sent once more: a callback is delivered at least once.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec
import structlog

from staffetta.callbacks import sql
from staffetta.callbacks.claim import Claim
from staffetta.callbacks.outcomes import Dead, Decision, Delivered, Ended, TryAgain
from staffetta.db.batches import write_in_halves
from staffetta.db.pool import Database
from staffetta.domain.clock import Clock

BATCH_MAX: Final = 500

_log = structlog.get_logger(__name__)


class Tried(msgspec.Struct, frozen=True):
    """An attempt that was made, what was recorded of it, and what it means."""

    claim: Claim
    decision: Decision
    at: datetime
    elapsed_ms: int
    http_status: int | None
    error: str
    answer: str


class Untried(msgspec.Struct, frozen=True):
    """A claim given back: nothing was sent, and no attempt is used up."""

    claim: Claim


Result = Tried | Untried


class Results:
    """The results of one process. `written` hears of each when it is durable."""

    def __init__(
        self, database: Database, clock: Clock, owner: int, written: Callable[[Result], None]
    ) -> None:
        self._database = database
        self._clock = clock
        self._owner = owner
        self._written = written
        self._waiting: deque[Result] = deque()
        self.came = asyncio.Event()

    def __len__(self) -> int:
        """How many wait to be written."""
        return len(self._waiting)

    def add(self, result: Result) -> None:
        """Have a result written. Never waits; there are no more than claims."""
        self._waiting.append(result)
        self.came.set()

    async def write_once(self) -> int:
        """Write what gathered; answers how many results. What fails is kept for the next time."""
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH_MAX))]
        if not batch:
            return 0
        unwritten = dict.fromkeys(range(len(batch)))
        places = {id(result): place for place, result in enumerate(batch)}

        async def write(results: Sequence[Result]) -> None:
            await self._write(results)
            for result in results:
                unwritten.pop(places[id(result)], None)
                self._written(result)

        def give_up(result: Result, error: Exception) -> None:
            unwritten.pop(places[id(result)], None)
            self._simplify(result, error)

        try:
            await write_in_halves(batch, write, give_up)
        finally:
            self._waiting.extendleft(batch[place] for place in reversed(unwritten))
        return len(batch)

    def _simplify(self, result: Result, error: Exception) -> None:
        """A result that the database refuses is written without its words, and then given back."""
        _log.error("callback_result_refused", callback=result.claim.id.hex(), error=str(error))
        match result:
            case Tried(error=words, answer=answer) if words or answer:
                self.add(msgspec.structs.replace(result, error="", answer=""))
            case Tried():
                self.add(Untried(result.claim))
            case Untried():
                self._written(result)  # put_back_unknown opens it

    async def _write(self, results: Sequence[Result]) -> None:
        rows = [_row_of(result) for result in results]
        columns = [list(column) for column in zip(*rows, strict=True)]
        async with self._database.acquire() as connection:
            await connection.execute(sql.SETTLE, *columns, self._owner, self._clock.now())


def _row_of(result: Result) -> tuple[object, ...]:
    claim = result.claim
    key = (claim.space_id, claim.id, claim.attempt)
    match result:
        case Untried():
            return (*key, "owed", None, False, None, None, None, None, None)
        case Tried():
            status, due_at = _status_of(result.decision)
            record = (result.at, result.elapsed_ms, result.http_status, result.error, result.answer)
            return (*key, status, due_at, True, *record)


def _status_of(decision: Decision) -> tuple[str, datetime | None]:
    match decision:
        case Delivered():
            return "delivered", None
        case Ended():
            return "ended", None
        case Dead():
            return "dead", None
        case TryAgain(at=at):
            return "owed", at
