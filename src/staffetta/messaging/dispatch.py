"""Dispatch: claims what is next on a connector and hands it to the link.

The claim is committed, with this process as its owner, before anything is written to a carrier. It
takes no more than the connector has room for, so a dead process leaves little that is uncertain.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from zlib import crc32

import structlog

from staffetta.db.pool import Connection, Database, DatabaseError
from staffetta.domain.clock import Clock
from staffetta.domain.errors import InvalidText
from staffetta.domain.secrets import CannotUnseal, Keyring
from staffetta.domain.segments import Segmentation, segment_text
from staffetta.domain.templates import Template
from staffetta.messaging.connector import Claim, Connector, Refused, Segment, Settlement
from staffetta.messaging.inbox import MemoryInbox
from staffetta.messaging.masked_codes import unmask_code
from staffetta.messaging.sql import dispatch as sql

CLAIM_MAX: Final = 500
# With a backlog, a claim waits this long at most for room for a whole batch: a transaction for
# each answered segment would cost ten times what it moves.
_GATHER_SECONDS_MAX: Final = 0.02
_GATHER_STEP_SECONDS: Final = 0.002
_OTHER_REFERENCES: Final = 255  # of one octet, than a given one
_MOMENT: Final = timedelta(microseconds=1)  # as fine as the database keeps times

_log = structlog.get_logger(__name__)


class TakenSegment(NamedTuple):
    """A segment that a carrier accepted in an earlier try, and the cut that it is of."""

    number: int
    total: int
    written_as: str | None


_NOTHING: Final[Mapping[bytes, frozenset[TakenSegment]]] = MappingProxyType({})


class Dispatcher:
    """Claims for one connector that this process runs."""

    def __init__(
        self,
        database: Database,
        connector: Connector,
        inbox: MemoryInbox,
        clock: Clock,
        keyring: Keyring,
        owner: int,
        may_write: Callable[[], bool],
        batch_wanted: int = 1,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._connector = connector
        self._inbox = inbox
        self._clock = clock
        self._owner = owner
        self._may_write = may_write
        self._batch_wanted = min(batch_wanted, CLAIM_MAX)
        self._has_backlog = False
        self._claimed_at = datetime.min.replace(tzinfo=UTC)
        self._in_doubt_since: datetime | None = None  # the moment of a claim that broke off

    async def dispatch_or_rest(self) -> int:
        """As dispatch_once, but 0 when the claim left nothing behind.

        A loop then waits for something new, instead of looking twice for every batch.
        """
        claimed_count = await self.dispatch_once()
        return claimed_count if self._has_backlog else 0

    async def dispatch_once(self) -> int:
        """Claim and hand over one batch; answers how many recipients it held.

        A process whose heartbeat is too old claims nothing: others may take it for dead.
        """
        if self._in_doubt_since is not None:
            await self._put_back(self._in_doubt_since)
        room = await self._gather_room()
        if room <= 0 or self._inbox.is_behind or not self._may_write():
            self._inbox.note_queue(self._connector.connector_id, is_empty=False)
            return 0
        # Whatever breaks off between here and the end of the transaction leaves a claim of which
        # nobody knows whether it was committed. No two claims have the same moment.
        now = self._claimed_at = max(self._clock.now(), self._claimed_at + _MOMENT)
        self._in_doubt_since = now
        rows, taken = await self._claim(room, now)
        self._in_doubt_since = None
        self._has_backlog = len(rows) == room
        self._inbox.note_queue(self._connector.connector_id, is_empty=not self._has_backlog)
        for row in rows:
            self._hand_over(row, taken.get(row["id"], frozenset()))
        return len(rows)

    async def finish(self) -> None:
        """Leave no claim in doubt behind: whoever claims for the connector next knows of none.

        What cannot be put back now stays with this process, and is opened when the process ends.
        """
        if self._in_doubt_since is None:
            return
        try:
            await self._put_back(self._in_doubt_since)
        except DatabaseError as error:
            _log.error(
                "claim_left_in_doubt", connector=self._connector.connector_id, error=str(error)
            )

    async def _claim(
        self, room: int, now: datetime
    ) -> tuple[Sequence[Any], Mapping[bytes, frozenset[TakenSegment]]]:
        """Claim up to `room` recipients; the rows, and which segments carriers have already."""
        connector_id = self._connector.connector_id
        async with self._database.transaction() as connection:
            rows = await connection.fetch(sql.CLAIM, connector_id, room, self._owner, now)
            if not rows:
                return rows, _NOTHING
            taken = await self._taken_segments(connection, rows)
            turn = max(row["turn"] for row in rows)
            await connection.execute(sql.ADVANCE_QUEUE_CLOCK, connector_id, turn)
        return rows, taken

    async def _taken_segments(
        self, connection: Connection, rows: Sequence[Any]
    ) -> Mapping[bytes, frozenset[TakenSegment]]:
        """What carriers have already of claims that follow an earlier try.

        Where that is of another cut the whole text goes again, and the recipient says so before
        anything is written.
        """
        again = [row for row in rows if row["accepted_before"]]
        if not again:
            return _NOTHING
        taken = await _read_taken(connection, again)
        repeated = [row for row in again if self._is_repeated(row, taken)]
        if repeated:
            await connection.execute(
                sql.FLAG_REPEATED,
                [row["space_id"] for row in repeated],
                [row["id"] for row in repeated],
            )
        return taken

    def _is_repeated(self, row: Any, taken: Mapping[bytes, frozenset[TakenSegment]]) -> bool:
        try:
            cut = self._connector.cut(self._text_of(row))
        except (InvalidText, CannotUnseal):  # nothing will be sent
            return False
        of_this_cut = taken_of(cut, taken.get(row["id"], frozenset()))
        return len(of_this_cut) < len(taken.get(row["id"], ()))

    async def _put_back(self, claimed_at: datetime) -> None:
        """Queue what a claim took whose commit nobody answered: none of it was handed over."""
        connector_id = self._connector.connector_id
        async with self._database.transaction() as connection:
            # A claim holds this lock until it is committed: one that still is, is waited for.
            await connection.execute(sql.LOCK_QUEUE_CLOCK, connector_id)
            status = await connection.execute(sql.PUT_BACK, connector_id, self._owner, claimed_at)
        self._in_doubt_since = None
        count = int(status.rpartition(" ")[2])
        if count:
            _log.warning("claim_put_back", connector=connector_id, recipients=count)

    async def _gather_room(self) -> int:
        """Free room; with a backlog, after waiting a little for enough of it."""
        room = self._connector.room()
        waited = 0.0
        while self._has_backlog and 0 < room < self._batch_wanted and waited < _GATHER_SECONDS_MAX:
            await asyncio.sleep(_GATHER_STEP_SECONDS)
            waited += _GATHER_STEP_SECONDS
            room = self._connector.room()
        return min(room, CLAIM_MAX)

    def _hand_over(self, row: Any, taken: frozenset[TakenSegment]) -> None:
        try:
            claim = claim_of(row, self._connector.cut(self._text_of(row)), taken)
        except (InvalidText, CannotUnseal) as error:
            # Acceptance cut and sealed this text before: the product changed, or the server's key,
            # or the carrier's alphabet needs more segments than there can be.
            _log.error("stored_text_cannot_be_sent", recipient=row["id"].hex(), error=str(error))
            claim = claim_of(row, segment_text(""), frozenset())
            why = f": {error}" if isinstance(error, InvalidText) else ""
            refusal = Refused(0, f"the stored text cannot be sent{why}", temporary=False)
            self._inbox.settled(Settlement(self._connector.connector_id, claim, (refusal,)))
            return
        if not claim.segments:
            self._inbox.settled(Settlement(self._connector.connector_id, claim, ()))
            return
        self._connector.submit(claim)

    def _text_of(self, row: Any) -> str:
        """The text to send: a one-time code, or a recipient's fields, only from here on."""
        body: str = row["body"]
        if row["service"] == "v1":
            return Template(body).fill(row["fields"])
        if row["sealed_code"] is None:
            return body
        return unmask_code(
            self._keyring, row["space_id"], row["message_id"], body, row["sealed_code"]
        )


def claim_of(row: Any, cut: Segmentation, taken: frozenset[TakenSegment]) -> Claim:
    """The claim that a row is, with the segments of this cut that no carrier has yet."""
    parts = cut.parts
    taken_numbers = taken_of(cut, taken) if taken else frozenset()
    reference = row["reference"]
    if len(taken_numbers) < len(taken):
        reference = _reference_of(cut, reference)
    return Claim(
        space_id=row["space_id"],
        recipient_id=row["id"],
        attempt=row["attempt"],
        sender=row["sender"],
        number=row["number"],
        encoding=cut.encoding,
        segments=tuple(
            Segment(number, text)
            for number, text in enumerate(parts, start=1)
            if number not in taken_numbers
        ),
        segment_total=len(parts),
        reference=reference,
        flash=row["flash"],
        expires_at=row["expires_at"],
        accepted_before=row["accepted_before"],
        failure_count=row["failure_count"],
        resend_count=row["resend_count"],
        capture_micro=row["capture_micro"],
        is_code=row["sealed_code"] is not None,
        writing=cut.writing,
    )


def _reference_of(cut: Segmentation, reference: int) -> int:
    """Another reference, where a phone may have parts of another cut; the same on every try.

    With the same one, and as many parts, it would join some of each.
    """
    name = f"{_name_of(cut)} {len(cut.parts)}"
    return (reference + 1 + crc32(name.encode()) % _OTHER_REFERENCES) % (_OTHER_REFERENCES + 1)


def _name_of(cut: Segmentation) -> str | None:
    return None if cut.writing is None else cut.writing.name


def taken_of(cut: Segmentation, taken: frozenset[TakenSegment]) -> frozenset[int]:
    """Which segments of this very cut are taken: those of another are no parts of its text."""
    name = _name_of(cut)
    total = len(cut.parts)
    return frozenset(one.number for one in taken if one.total == total and one.written_as == name)


async def _read_taken(
    connection: Connection, rows: Sequence[Any]
) -> Mapping[bytes, frozenset[TakenSegment]]:
    taken: dict[bytes, frozenset[TakenSegment]] = {}
    for row in await connection.fetch(
        sql.READ_TAKEN_SEGMENTS, [row["space_id"] for row in rows], [row["id"] for row in rows]
    ):
        one = TakenSegment(row["segment"], row["segment_total"], row["written_as"])
        taken[row["recipient_id"]] = taken.get(row["recipient_id"], frozenset()) | {one}
    return taken
