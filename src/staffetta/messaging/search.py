"""The search that people make in an account's messages, of both generations of the API.

Bounded as `read` is: a page looks at so many messages, and says how far it came. It is made on
connections of its own (few, with little patience), so that nobody who sends waits for it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from staffetta.db.pool import Database, Row
from staffetta.domain.states import State
from staffetta.domain.templates import Template
from staffetta.messaging.lists import ListQuery
from staffetta.messaging.sql import read as read_sql
from staffetta.messaging.sql import search as sql

LOOKED_AT_MAX: Final = 200_000
# Where the message of every recipient must be read, too: some 10 us each.
READ_WITH_RECIPIENTS_MAX: Final = 50_000


class Search(msgspec.Struct, frozen=True):
    """What is looked for, newest first. None stands for any."""

    limit: int
    before: bytes | None = None  # only what is older, as `next_before` of the page before
    created_from: datetime | None = None
    created_to: datetime | None = None
    number: str | None = None  # E.164 with its plus
    states: tuple[State, ...] | None = None
    sender: str | None = None
    text: str | None = None  # a part of it

    @property
    def is_of_recipients(self) -> bool:
        """Whether each recipient is a line of its own: a message to many has no state."""
        return self.number is not None or self.states is not None

    @property
    def searches(self) -> bool:
        """Whether messages must be looked at that may not be shown."""
        return self.is_of_recipients or self.sender is not None or self.text is not None

    @property
    def ids(self) -> tuple[bytes, bytes]:
        """The range of ids, the second excluded."""
        return ListQuery(
            limit=self.limit,
            before=self.before,
            created_from=self.created_from,
            created_to=self.created_to,
        ).ids


class Line(msgspec.Struct, frozen=True):
    """A message, or one recipient of a message."""

    id: bytes  # of the message, or of the recipient: where the next page begins
    message_id: bytes
    number: str | None  # None: it has many recipients
    state: State | None  # None: each of them has its own
    recipient_count: int
    is_of_many: bool  # one recipient of a message to many
    is_open: bool  # a transaction of v1 that is not closed
    is_cancelled: bool
    sender: str
    text: str  # of a message to many: with its placeholders
    flash: bool
    segment_count: int
    created_at: datetime
    send_at: datetime | None


class FoundLines(msgspec.Struct, frozen=True):
    """One page. `next_before` is None when there is nothing after it."""

    lines: Sequence[Line]
    next_before: bytes | None
    is_short: bool  # it looked at as many as it may, and there may be more


class OneOfMany(msgspec.Struct, frozen=True):
    """A recipient of a message to many. Money in micro-units."""

    id: bytes
    number: str
    state: State
    position: int
    segment_count: int
    paid_micro: int
    refused_as: str | None
    updated_at: datetime


async def search_messages(
    database: Database, space_id: int, wanted: Search, looked_at_max: int = LOOKED_AT_MAX
) -> FoundLines:
    """A page of a space's messages; dry runs are not listed.

    Raises TryAgain where it takes longer than `database` allows, NotConnected when too many do.
    """
    if wanted.is_of_recipients and (wanted.text is not None or wanted.sender is not None):
        looked_at_max = min(looked_at_max, READ_WITH_RECIPIENTS_MAX)
    span = (space_id, *wanted.ids, looked_at_max)
    pattern = None if wanted.text is None else f"%{_escaped(wanted.text)}%"
    sender = None if wanted.sender is None else wanted.sender.lower()
    asked = (*span, sender, pattern, wanted.limit + 1)  # one more tells of a next page
    # Both statements see the same: what comes meanwhile would move the end of what was seen.
    async with database.transaction(isolation="repeatable_read", readonly=True) as connection:
        if wanted.is_of_recipients:
            states = None if wanted.states is None else list(wanted.states)
            rows = await connection.fetch(sql.FIND_RECIPIENTS, *asked, wanted.number, states)
        else:
            rows = await connection.fetch(sql.FIND_MESSAGES, *asked)
        if len(rows) > wanted.limit:
            lines = [_line(row) for row in rows[:-1]]
            return FoundLines(lines, lines[-1].id, is_short=False)
        came_to = read_sql.SEARCHED_TO if wanted.is_of_recipients else read_sql.LISTED_TO
        last = await connection.fetchval(came_to, *span)
    return FoundLines([_line(row) for row in rows], last, is_short=last is not None)


async def list_recipients_of(
    database: Database,
    space_id: int,
    message_id: bytes,
    states: Sequence[State] | None,
    first: int,
    limit: int,
) -> Sequence[OneOfMany]:
    """Recipients of a message to many in these states, from the position `first` on."""
    wanted = None if states is None else list(states)
    async with database.acquire() as connection:
        rows = await connection.fetch(
            sql.LIST_OF_STATES, space_id, message_id, wanted, first, limit
        )
    return [
        OneOfMany(
            id=row["id"],
            number=row["number"],
            state=State(row["state"]),
            position=row["position"],
            segment_count=row["segment_count"],
            paid_micro=row["charged_micro"],
            refused_as=row["refused_as"],
            updated_at=row["updated_at"],
        )
        for row in rows
    ]


def _escaped(text: str) -> str:
    """A part of a pattern that stands for itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _line(row: Row) -> Line:
    is_of_many = row["service"] == "v1"
    fields = row["fields"]
    return Line(
        id=row["id"],
        message_id=row["message_id"],
        number=row["number"],
        state=None if row["state"] is None else State(row["state"]),
        recipient_count=row["recipient_count"] if row["number"] is None else 1,
        is_of_many=is_of_many and row["number"] is not None,
        is_open=bool(row["is_open"]),
        is_cancelled=row["cancelled_at"] is not None,
        sender=row["sender"],
        text=Template(row["body"]).fill(fields) if fields else row["body"],
        flash=row["flash"],
        segment_count=row["segment_count"],
        created_at=row["created_at"],
        send_at=row["due_at"] if row["due_at"] > row["created_at"] else None,
    )
