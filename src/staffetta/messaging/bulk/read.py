"""v1's messages and recipients as their account may see them."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from typing import Final

import msgspec

from staffetta.db.pool import Database, Row
from staffetta.domain.states import State
from staffetta.domain.templates import Template
from staffetta.messaging.bulk import sql
from staffetta.messaging.bulk.lanes import SlowReads
from staffetta.messaging.bulk.rows import share_of

READ_STEP: Final = 100  # recipients read, and shown, between two pauses
_UNSENT_SHOWN_MAX: Final = 1000  # characters
COUNTED_QUICKLY_MAX: Final = 20_000  # recipients: about 10 ms
_SKIPPED_QUICKLY_MAX: Final = 10_000  # messages
_SHOWN_QUICKLY_MAX: Final = 1000  # recipients

_SENT: Final = (State.SUBMITTED, State.DELIVERED)
_FAILED: Final = (State.UNDELIVERABLE, State.REJECTED, State.EXPIRED)
_WAITING: Final = (State.SCHEDULED, State.QUEUED)


class BulkView(msgspec.Struct, frozen=True):
    """One v1 message. Money in micro-units."""

    id: bytes
    sender: str
    body: str
    priority: int  # thousandths
    options: Mapping[str, object]
    created_at: datetime
    updated_at: datetime
    is_open: bool
    is_test: bool
    recipient_count: int
    segment_total: int
    base_micro: int
    price_micro: int
    invalid_total: int
    invalid: Sequence[str]  # the first of them
    cancelled_at: datetime | None
    counts: Mapping[State, int]  # recipients by state; absent: none

    @property
    def sent_count(self) -> int:
        """Recipients that a carrier has taken, the delivered included."""
        return self._count(_SENT)

    @property
    def delivered_count(self) -> int:
        """Recipients that have it."""
        return self._count((State.DELIVERED,))

    @property
    def error_count(self) -> int:
        """Recipients that will not get it."""
        return self._count(_FAILED)

    @property
    def number(self) -> int:
        """0 queued or open, 1 being sent, 2 finished, 3 cancelled, 4 failed entirely."""
        if self.cancelled_at is not None:
            return 3
        if self.is_open:
            return 0
        failed = self.error_count
        if failed == self.recipient_count:
            return 4
        waiting = self._count(_WAITING)
        if failed + self.delivered_count == self.recipient_count:
            return 2
        return 0 if waiting + failed == self.recipient_count else 1

    def _count(self, states: Sequence[State]) -> int:
        return sum(self.counts.get(state, 0) for state in states)


class ListedBulk(msgspec.Struct, frozen=True):
    """A line of the list."""

    id: bytes
    sender: str
    created_at: datetime


class RecipientView(msgspec.Struct, frozen=True):
    """One recipient of a v1 message. Money in micro-units."""

    id: bytes
    message_id: bytes
    position: int
    number: str  # E.164 with its plus
    calling_code: str
    text: str  # filled in
    state: State
    segment_count: int
    price_micro: int  # its share of the message's price
    paid_micro: int
    fields: Mapping[str, object] | None
    refused_as: str | None  # why acceptance rejected it, by v1's name
    command_status: int | None  # the carrier's last refusal
    report_state: str | None  # the report's own word
    report_error: str | None
    report_reason: str | None  # an operator's word for what the carrier's error means
    sent_at: datetime | None
    delivered_at: datetime | None
    done_at: datetime | None  # when the carrier says it happened
    updated_at: datetime
    currency: str


class BulkReader:
    """Reads v1's messages. What takes a while goes a few at a time: see `lanes.SlowReads`.

    Each method raises NotAcceptingNow when it has waited too long for its turn.
    """

    def __init__(self, database: Database, slow: SlowReads | None = None) -> None:
        self._database = database
        self._slow = slow or SlowReads()

    async def get(self, space_id: int, message_id: bytes) -> BulkView | None:
        """One message, or None."""
        async with self._database.acquire() as connection:
            recipient_count = await connection.fetchval(sql.SIZE, space_id, message_id)
        if recipient_count is None:
            return None
        async with (
            self._turn(is_slow=recipient_count > COUNTED_QUICKLY_MAX),
            self._database.acquire() as connection,
        ):
            row = await connection.fetchrow(sql.GET, space_id, message_id)
        return None if row is None else bulk_view(row)

    async def list(self, space_id: int, skip: int, limit: int) -> Sequence[ListedBulk]:
        """A page of messages, newest first."""
        async with (
            self._turn(is_slow=skip > _SKIPPED_QUICKLY_MAX),
            self._database.acquire() as connection,
        ):
            rows = await connection.fetch(sql.LIST, space_id, skip, limit)
        return [ListedBulk(row["id"], row["sender"], row["created_at"]) for row in rows]

    async def recipients(
        self, space_id: int, message_id: bytes, skip: int, limit: int
    ) -> AsyncGenerator[Sequence[RecipientView], None]:
        """A page of a message's recipients in their order, a few at a time; nothing where none is.

        A few are all that is in memory at once: texts and fields of a page may be very large.
        """
        async with self._turn(is_slow=limit > _SHOWN_QUICKLY_MAX):
            async with self._database.acquire() as connection:
                shared = await connection.fetchrow(sql.READ_SHARED, space_id, message_id)
            if shared is None:
                return
            body, place, end = Template(shared["body"]), (space_id, message_id), skip + limit
            for first in range(skip, end, READ_STEP):
                count = min(READ_STEP, end - first)
                async with self._database.acquire() as connection:
                    rows = await connection.fetch(sql.LIST_RECIPIENTS, *place, first, count)
                if rows:
                    yield [recipient_view(row, message_id, shared, body) for row in rows]
                if len(rows) < count:
                    return

    async def recipient(
        self, space_id: int, message_id: bytes, number: str
    ) -> RecipientView | None:
        """The recipient with this number (E.164), or None."""
        async with self._database.acquire() as connection:
            shared = await connection.fetchrow(sql.READ_SHARED, space_id, message_id)
        if shared is None:
            return None
        # No index finds a number: it would cost every recipient of everybody a third more to store.
        async with (
            self._turn(is_slow=shared["recipient_count"] > COUNTED_QUICKLY_MAX),
            self._database.acquire() as connection,
        ):
            row = await connection.fetchrow(sql.FIND_RECIPIENT, space_id, message_id, number)
        if row is None:
            return None
        return recipient_view(row, message_id, shared, Template(shared["body"]))

    def _turn(self, *, is_slow: bool) -> AbstractAsyncContextManager[None]:
        return self._slow.enter() if is_slow else nullcontext()


def recipient_view(row: Row, message_id: bytes, message: Row, body: Template) -> RecipientView:
    """A row of the statements on recipients, with what all of its message share."""
    segments_micro = 0 if message["is_test"] else row["price_micro"] * row["segment_count"]
    return RecipientView(
        id=row["id"],
        message_id=message_id,
        position=row["position"],
        number=row["number"],
        calling_code=row["calling_code"],
        text=_shown_text(body, row),
        state=State(row["state"]),
        segment_count=row["segment_count"],
        price_micro=share_of(segments_micro, message["priority"], message["factor"]),
        paid_micro=row["charged_micro"],
        fields=row["fields"],
        refused_as=row["refused_as"],
        command_status=row["command_status"],
        report_state=row["report_state"],
        report_error=row["report_error"],
        report_reason=row["report_reason"],
        sent_at=row["sent_at"],
        delivered_at=row["delivered_at"],
        done_at=row["done_at"],
        updated_at=row["updated_at"],
        currency=message["currency"],
    )


def _shown_text(body: Template, row: Row) -> str:
    """The text, filled in. One that was never sent may be very long: its beginning says enough."""
    text = body.fill(row["fields"])
    return text if row["segment_count"] else text[:_UNSENT_SHOWN_MAX]


def bulk_view(row: Row, counted: Row | None = None) -> BulkView:
    """A row of the statements on messages; `counted` is another's count of its recipients."""
    counted = counted or row
    counts: Mapping[str, int] = counted["states"] or {}
    return BulkView(
        id=row["id"],
        sender=row["sender"],
        body=row["body"],
        priority=row["priority"],
        options=row["options"],
        created_at=row["created_at"],
        updated_at=max(row["updated_at"], counted["changed_at"] or row["updated_at"]),
        is_open=row["is_open"],
        is_test=row["is_test"],
        recipient_count=row["recipient_count"],
        segment_total=row["segment_total"],
        base_micro=row["base_micro"],
        price_micro=row["price_micro"],
        invalid_total=row["invalid_total"],
        invalid=row["invalid"],
        cancelled_at=row["cancelled_at"],
        counts={State(state): count for state, count in counts.items()},
    )
