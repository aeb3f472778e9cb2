"""v1's messages and recipients as their account may see them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from staffetta.db.pool import Connection, Database, Row
from staffetta.domain.states import State
from staffetta.domain.templates import Template
from staffetta.messaging.bulk import sql
from staffetta.messaging.bulk.rows import share_of

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
    """Reads v1's messages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, space_id: int, message_id: bytes) -> BulkView | None:
        """One message, or None."""
        async with self._database.acquire() as connection:
            row = await connection.fetchrow(sql.GET, space_id, message_id)
        return None if row is None else bulk_view(row)

    async def list(self, space_id: int, skip: int, limit: int) -> Sequence[ListedBulk]:
        """A page of messages, newest first."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(sql.LIST, space_id, skip, limit)
        return [ListedBulk(row["id"], row["sender"], row["created_at"]) for row in rows]

    async def recipients(
        self, space_id: int, message_id: bytes, skip: int, limit: int
    ) -> Sequence[RecipientView] | None:
        """A page of a message's recipients, in their order; None where there is no such message."""
        async with self._database.acquire() as connection:
            return await _recipients(
                connection, space_id, message_id, sql.LIST_RECIPIENTS, skip, limit
            )

    async def recipient(
        self, space_id: int, message_id: bytes, number: str
    ) -> RecipientView | None:
        """The recipient with this number (E.164), or None."""
        async with self._database.acquire() as connection:
            found = await _recipients(connection, space_id, message_id, sql.FIND_RECIPIENT, number)
        return found[0] if found else None


async def _recipients(
    connection: Connection, space_id: int, message_id: bytes, statement: str, *rest: object
) -> Sequence[RecipientView] | None:
    message = await connection.fetchrow(sql.READ_SHARED, space_id, message_id)
    if message is None:
        return None
    body = Template(message["body"])
    rows = await connection.fetch(statement, space_id, message_id, *rest)
    return [recipient_view(row, message_id, message, body) for row in rows]


def recipient_view(row: Row, message_id: bytes, message: Row, body: Template) -> RecipientView:
    """A row of the statements on recipients, with what all of its message share."""
    segments_micro = 0 if message["is_test"] else row["price_micro"] * row["segment_count"]
    return RecipientView(
        id=row["id"],
        message_id=message_id,
        position=row["position"],
        number=row["number"],
        calling_code=row["calling_code"],
        text=body.fill(row["fields"]),
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


def bulk_view(row: Row) -> BulkView:
    """A row of the statements on messages."""
    counts: Mapping[str, int] = row["states"] or {}
    return BulkView(
        id=row["id"],
        sender=row["sender"],
        body=row["body"],
        priority=row["priority"],
        options=row["options"],
        created_at=row["created_at"],
        updated_at=max(row["updated_at"], row["changed_at"] or row["updated_at"]),
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
