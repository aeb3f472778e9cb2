"""What a POST is answered with: the message as acceptance made it, now and whenever it is repeated.

The answer is never read back after the message was stored: a reading that failed would tell a
client to send it again. Of what can change later, its counts are kept with a message that has an
Idempotency-Key; everything else follows from what never changes.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from staffetta.db.pool import Connection, Row
from staffetta.domain.states import State
from staffetta.messaging.bulk import sql
from staffetta.messaging.bulk.read import BulkView
from staffetta.messaging.bulk.request import BulkRequest, Terms
from staffetta.messaging.bulk.rows import Counts

TIME: Final = "timestamp_send"  # the one option that can be changed later


class Totals(msgspec.Struct, frozen=True):
    """What a message's first answer said that can change later. Money in micro-units."""

    is_open: bool
    recipient_count: int
    segment_total: int
    base_micro: int
    price_micro: int
    invalid_total: int
    states: Mapping[State, int]
    timestamp_send: object


def totals_of(request: BulkRequest, counts: Counts) -> Totals:
    """The totals of a message that is being stored."""
    return Totals(
        is_open=request.is_open,
        recipient_count=counts.recipient_count,
        segment_total=counts.segment_total,
        base_micro=counts.base_micro,
        price_micro=counts.price_micro,
        invalid_total=counts.invalid_total,
        states=dict(counts.states),
        timestamp_send=request.options.get(TIME),
    )


def view_of_new(request: BulkRequest, terms: Terms, counts: Counts) -> BulkView:
    """The message that was stored a moment ago."""
    return BulkView(
        id=terms.message_id,
        sender=terms.sender,
        body=terms.body.text,
        priority=terms.priority,
        options=request.options,
        created_at=terms.now,
        updated_at=terms.now,
        is_open=terms.is_open,
        is_test=terms.is_test,
        recipient_count=counts.recipient_count,
        segment_total=counts.segment_total,
        base_micro=counts.base_micro,
        price_micro=counts.price_micro,
        invalid_total=counts.invalid_total,
        invalid=counts.invalid,
        cancelled_at=None,
        counts=counts.states,
    )


async def read_first_answer(connection: Connection, space_id: int, message_id: bytes) -> BulkView:
    """A message as its 201 showed it, whatever became of it since; it had an Idempotency-Key."""
    row = await connection.fetchrow(sql.READ_FIRST_ANSWER, space_id, message_id)
    assert row is not None, "a remembered key names a message that exists"
    return _as_first_answered(row, msgspec.convert(row["first_answer"], Totals))


def _as_first_answered(row: Row, said: Totals) -> BulkView:
    options: Mapping[str, object] = row["options"]
    return BulkView(
        id=row["id"],
        sender=row["sender"],
        body=row["body"],
        priority=row["priority"],
        options={**options, TIME: said.timestamp_send} if TIME in options else options,
        created_at=row["created_at"],
        updated_at=row["created_at"],
        is_open=said.is_open,
        is_test=row["is_test"],
        recipient_count=said.recipient_count,
        segment_total=said.segment_total,
        base_micro=said.base_micro,
        price_micro=said.price_micro,
        invalid_total=said.invalid_total,
        invalid=row["invalid"][: said.invalid_total],  # more are only ever added
        cancelled_at=None,
        counts=said.states,
    )
