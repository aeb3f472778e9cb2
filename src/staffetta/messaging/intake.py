"""The intake: one writer per process that stores everything waiting in one transaction.

A batch is whatever gathered while the last one was committing (group commit): no timer, no added
latency when idle. Owns: who is answered what, and when. What one transaction writes is `commit`'s.

A data error retries the batch in halves, so that only the bad draft fails. When the connection is
lost, nobody is answered until the ids were looked up; where that is not possible in time, the
answer is "try again" (503).
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from staffetta.db.pool import ConnectionLost, Database, DataRefused, TryAgain
from staffetta.domain.errors import NotAcceptingNow, StaffettaError
from staffetta.domain.ids import IdMaker
from staffetta.domain.states import State
from staffetta.messaging.bell import Bell
from staffetta.messaging.commit import commit_drafts, find_stored
from staffetta.messaging.draft import Draft
from staffetta.messaging.lost import outcome_unknown
from staffetta.messaging.results import Replayed, Result, Stored

BATCH_MAX: Final = 500
WAITING_MAX: Final = 20_000
LOOK_UP_SECONDS_MAX: Final = 20.0
_TRIES_MAX: Final = 5

_log = structlog.get_logger(__name__)


class _Waiting:
    """A draft and the request that waits for it."""

    __slots__ = ("answer", "draft")

    def __init__(self, draft: Draft, answer: asyncio.Future[Stored | Replayed]) -> None:
        self.draft = draft
        self.answer = answer


class Intake:
    """Gathers drafts, stores them in batches, answers everybody."""

    def __init__(self, database: Database, bell: Bell, ids: IdMaker) -> None:
        self._database = database
        self._bell = bell
        self._ids = ids
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._closed = False

    async def store(self, draft: Draft) -> Stored | Replayed:
        """Store a draft; returns once it is durable. Raises its refusal."""
        if self._closed or len(self._waiting) >= WAITING_MAX:
            raise NotAcceptingNow("the gateway is stopping or overloaded: send the request again")
        answer: asyncio.Future[Stored | Replayed] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(draft, answer))
        self._arrived.set()
        # A cancelled request takes only its answer with it: the draft is stored all the same.
        return await answer

    async def arrived(self) -> None:
        """Wait until something waits to be stored."""
        await self._arrived.wait()

    def close(self) -> None:
        """Refuse what comes from now on; what waits is still stored."""
        self._closed = True
        self._arrived.set()

    async def store_once(self) -> int:
        """Store one batch; answers how many requests were answered."""
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH_MAX))]
        if not self._waiting and not self._closed:
            self._arrived.clear()
        if batch:
            await self._store(batch)
        return len(batch)

    async def _store(self, batch: Sequence[_Waiting]) -> None:
        for _ in range(_TRIES_MAX):
            try:
                results = await commit_drafts(
                    self._database, [waiting.draft for waiting in batch], self._ids
                )
            except TryAgain:
                continue
            except DataRefused as refusal:
                await self._store_halves(batch, refusal)
                return
            except NotAcceptingNow as away:
                _fail(batch, away)
                return
            except ConnectionLost as lost:
                await self._answer_by_looking(batch, lost)
                return
            except Exception as bug:
                # Whoever waits must hear of it; the step fails, the process goes on.
                _fail(batch, bug)
                raise
            self._answer(batch, results)
            return
        _fail(batch, NotAcceptingNow("the database is too busy: send the request again"))

    async def _store_halves(self, batch: Sequence[_Waiting], refusal: DataRefused) -> None:
        if len(batch) == 1:
            _log.error("draft_refused_by_database", error=str(refusal))
            _fail(batch, refusal)
            return
        middle = len(batch) // 2
        try:
            await self._store(batch[:middle])
        finally:  # a bug in one half is no reason to leave the other without an answer
            await self._store(batch[middle:])

    async def _answer_by_looking(self, batch: Sequence[_Waiting], lost: ConnectionLost) -> None:
        """The connection went, perhaps inside COMMIT: only the database knows what is stored."""
        _log.warning("intake_lost_database", waiting=len(batch), error=str(lost))
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS_MAX):
                stored = await find_stored(self._database, [waiting.draft for waiting in batch])
        except (ConnectionLost, TimeoutError):
            # "Send it again" might send it twice.
            for waiting in batch:
                has_key = waiting.draft.idempotency is not None
                _fail([waiting], outcome_unknown(waiting.draft.id, has_key=has_key))
            return
        gone = NotAcceptingNow("the database was lost before the message was kept: send again")
        self._answer(batch, [_found(waiting.draft, stored, gone) for waiting in batch])

    def _answer(self, batch: Sequence[_Waiting], results: Sequence[Result]) -> None:
        for waiting, result in zip(batch, results, strict=True):
            if isinstance(result, StaffettaError):
                _fail([waiting], result)
                continue
            if not waiting.answer.done():
                waiting.answer.set_result(result)
            connector_id = waiting.draft.connector_id
            if waiting.draft.state is State.QUEUED and connector_id is not None:
                self._bell.ring(connector_id)


def _fail(batch: Sequence[_Waiting], error: Exception) -> None:
    for waiting in batch:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)
            # A client that hung up leaves nobody to hear it; that is not a fault to log.
            waiting.answer.exception()


def _found(draft: Draft, stored: Mapping[bytes, int], gone: NotAcceptingNow) -> Result:
    """What is answered for a draft after a look: stored, an offence that is, or that it is gone."""
    covered_count = stored.get(draft.id)
    if covered_count is None:
        return gone
    return Stored(covered_count) if draft.offence is None else draft.offence.refusal
