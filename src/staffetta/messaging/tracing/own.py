"""A message's trace for the account that it belongs to: found in its own space and nowhere else."""

from datetime import datetime

import msgspec

from staffetta.db.pool import Database
from staffetta.domain.states import State
from staffetta.domain.templates import Template
from staffetta.messaging.read import DRY_RUN_KEPT
from staffetta.messaging.tracing import sql
from staffetta.messaging.tracing.for_accounts import AccountEvent, account_events
from staffetta.messaging.tracing.read import Found, NoSuchMessage, read_trace
from staffetta.messaging.tracing.rows import TraceRows


class OwnMessage(msgspec.Struct, frozen=True):
    """A message as its account sees it. Money in micro-units."""

    id: bytes
    recipient_id: bytes | None  # None: it has many recipients
    is_of_many: bool  # one recipient of a message to many
    number: str | None
    state: State | None
    sender: str
    text: str  # filled in, where it is one recipient's
    flash: bool
    dry_run: bool
    encoding: str
    characters_count: int
    segment_count: int
    paid_micro: int
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    can_be_cancelled: bool
    events: list[AccountEvent]


async def read_own(
    database: Database,
    space_id: int,
    message_id: bytes,
    recipient_id: bytes | None,
    now: datetime,
) -> OwnMessage:
    """A message of this space, or one recipient of it; raises NoSuchMessage.

    Trials are found for a day, as the API finds them.
    """
    async with database.transaction(isolation="repeatable_read", readonly=True) as connection:
        row = await connection.fetchrow(sql.FIND_OWN, space_id, message_id)
        if row is None:
            raise NoSuchMessage("there is no such message")
        if row["service"] == "v2":
            recipient_id = message_id
        elif recipient_id is not None:
            asked = (space_id, message_id, None, recipient_id, 1)
            if not await connection.fetch(sql.LIST_RECIPIENTS, *asked):
                raise NoSuchMessage("the message has no such recipient")
        rows = await read_trace(connection, Found(space_id, message_id, recipient_id), now)
    if rows.message["dry_run"] and rows.message["created_at"] <= now - DRY_RUN_KEPT:
        raise NoSuchMessage("there is no such message any more")
    return _own(rows, now)


def _own(rows: TraceRows, now: datetime) -> OwnMessage:
    message, one = rows.message, rows.recipient or {}
    body: str = message["body"]
    return OwnMessage(
        id=message["id"],
        recipient_id=one.get("id"),
        is_of_many=rows.v1 is not None and rows.recipient is not None,
        number=one.get("number"),
        state=State(one["state"]) if one else None,
        sender=message["sender"],
        text=Template(body).fill(one.get("fields")) if one else body,
        flash=message["flash"],
        dry_run=message["dry_run"],
        encoding=message["encoding"],
        characters_count=message["characters_count"],
        segment_count=one.get("segment_count", message["segment_count"]),
        paid_micro=one.get("charged_micro", 0),
        created_at=message["created_at"],
        due_at=message["due_at"],
        sent_at=one.get("sent_at"),
        delivered_at=one.get("delivered_at"),
        can_be_cancelled=_waits(rows, now),
        events=list(account_events(rows)),
    )


def _waits(rows: TraceRows, now: datetime) -> bool:
    """Whether it can still be taken back, as far as can be said before it is tried."""
    if rows.v1 is not None:
        due_at = rows.v1["due_at"]
        waits = rows.v1["is_open"] or (due_at is not None and due_at > now)
        return waits and rows.v1["cancelled_at"] is None and rows.recipient is None
    one = rows.recipient
    return (
        one is not None
        and one["state"] == State.SCHEDULED
        and one["attempt"] == 0
        and one["due_at"] > now
    )
