"""Recorded PDUs into the database, and what it says of whom to record and who asks.

Runs in the process that has the links, beside their work and never in their way. What is lost with
the process was of no message: nothing but a person's curiosity waits for it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter

from staffetta.db.batches import write_in_halves
from staffetta.db.pool import Database, DatabaseError
from staffetta.domain.clock import Clock
from staffetta.domain.ids import IdMaker, lowest_id
from staffetta.messaging.recordings import Recording, Recordings
from staffetta.messaging.sql import recordings as sql

BATCH_MAX: Final = 500
REQUESTS_MAX: Final = 10  # at a time
REQUEST_SECONDS_MAX: Final = 60.0  # nobody waits longer for an answer
_SAMPLES_SHARE: Final = 4  # one in so many of what is kept may be a sample

_log = structlog.get_logger(__name__)

# Has the links of a connector write down their newest frames: connector, how many, incident.
Show = Callable[[int, int, bytes], None]


class RecordingStore:
    """Stores what one process recorded."""

    def __init__(
        self,
        database: Database,
        recordings: Recordings,
        clock: Clock,
        ids: IdMaker,
        owner: int,
        show: Show,
        registry: CollectorRegistry,
    ) -> None:
        self._database = database
        self._recordings = recordings
        self._clock = clock
        self._ids = ids
        self._owner = owner
        self._show = show
        self._dropped = Counter(
            "staffetta_recordings_dropped",
            "PDUs that were to be recorded and had no room.",
            registry=registry,
        )

    async def record_once(self) -> int:
        """Store a batch, learn whom to record, answer who asks; 0 when nothing is left to do."""
        stored_count = await self._store()
        self._tell_dropped()
        await self._refresh()
        return stored_count if self._recordings.waiting else 0

    async def store_all(self) -> None:
        """Store everything that waits now."""
        left = len(self._recordings.waiting)
        while left > 0 and (count := await self._store()):
            left -= count

    async def _store(self) -> int:
        batch = self._recordings.take(BATCH_MAX)
        if batch:
            try:
                await write_in_halves(batch, self._write, _give_up)
            except DatabaseError:
                self._recordings.give_back(batch)
                raise
        return len(batch)

    async def _write(self, batch: Sequence[Recording]) -> None:
        now = self._clock.now()
        subjects = [one.subject for one in batch]
        async with self._database.acquire() as connection:
            await connection.execute(
                sql.STORE_RECORDINGS,
                [self._ids.make(now) for _ in batch],
                [one.at for one in batch],
                [one.connector_id for one in batch],
                [one.link for one in batch],
                [one.is_written for one in batch],
                [one.octets for one in batch],
                [one.octet_count for one in batch],
                [one.is_blanked for one in batch],
                [one.reason for one in batch],
                [one.incident for one in batch],
                [subject and subject.space_id for subject in subjects],
                [subject and subject.recipient_id for subject in subjects],
                [subject and subject.attempt for subject in subjects],
                [subject and subject.segment for subject in subjects],
            )

    async def _refresh(self) -> None:
        now = self._clock.now()
        since = now - timedelta(seconds=REQUEST_SECONDS_MAX)
        async with self._database.acquire() as connection:
            spaces = await connection.fetch(sql.READ_RECORDED_SPACES, now)
            requests = await connection.fetch(sql.READ_REQUESTS, self._owner, since, REQUESTS_MAX)
        self._recordings.spaces = frozenset(row["space_id"] for row in spaces)
        for row in requests:
            self._show(row["connector_id"], row["frame_count"], row["incident"])
            await self.store_all()
            async with self._database.acquire() as connection:
                await connection.execute(sql.ANSWER_REQUEST, row["incident"], self._owner, now)

    def _tell_dropped(self) -> None:
        count, self._recordings.dropped_count = self._recordings.dropped_count, 0
        if count:
            self._dropped.inc(count)
            _log.warning("recordings_dropped", count=count)


async def forget_recordings_once(
    database: Database, now: datetime, *, kept: timedelta, count_max: int, limit: int = 10_000
) -> int:
    """Forget what is older than `kept`, and what exceeds `count_max`; answers how many.

    Samples are a quarter of them at most: they come without end, failures are what people look for.
    At most `limit` of each at a time. Requests and settings that are over go too.
    """
    async with database.acquire() as connection:
        samples = await connection.execute(sql.FORGET_SAMPLES, count_max // _SAMPLES_SHARE, limit)
        status = await connection.execute(
            sql.FORGET_RECORDINGS, lowest_id(now - kept), count_max, limit
        )
        await connection.execute(sql.FORGET_REQUESTS, now - timedelta(days=1))
        await connection.execute(sql.FORGET_RECORDED_SPACES, now)
    return sum(int(one.rpartition(" ")[2]) for one in (samples, status))


def _give_up(recording: Recording, refusal: Exception) -> None:
    _log.error("recording_given_up", connector=recording.connector_id, error=str(refusal))
