"""Noting recipients whose change of state their message's URL is to be told (contract section 4).

A note says that somebody changed, not what: a callback tells recipients as they are when it is
sent, so one note is enough for several changes. Owns the notes; `gather` makes callbacks of them.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from staffetta.db.pool import Connection
from staffetta.messaging.bulk import tell_sql as sql
from staffetta.messaging.bulk.spans import spans_of


class Changed(msgspec.Struct, frozen=True):
    """A recipient that changed."""

    space_id: int
    message_id: bytes
    recipient_id: bytes


async def note_changes(connection: Connection, changed: Sequence[Changed]) -> None:
    """Note these in the transaction that changed them, which holds their rows."""
    if not changed:
        return
    await connection.execute(
        sql.NOTE_CHANGES,
        [one.space_id for one in changed],
        [one.message_id for one in changed],
        [one.recipient_id for one in changed],
    )


async def note_ends(
    connection: Connection,
    space_id: int,
    message_id: bytes,
    recipient_count: int,
    now: datetime,
    *,
    first: int = 0,
) -> None:
    """Note the recipients of a message that ended at `now`, by what this transaction wrote.

    It wrote none before the position `first`.

    They ended without being sent: refused by acceptance, cancelled, or of a test.
    """
    for span in spans_of(recipient_count, first):
        await connection.execute(sql.NOTE_ENDS, space_id, message_id, *span, now)
