"""Finding a message's ledger entries without an index on messages.

A wallet's entries have ids that only grow, and ids begin with time: a moment is found by halving
among millions, and around it a bounded stretch is looked through.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from staffetta.db.pool import Connection
from staffetta.domain.ids import lowest_id
from staffetta.messaging.tracing import sql
from staffetta.messaging.tracing.rows import ENTRIES_LOOKED_AT_MAX, Row

_BEFORE: Final = timedelta(seconds=2)  # clocks of processes differ
_AFTER: Final = timedelta(seconds=4)
_STRETCHES_MAX: Final = 12


async def read_entries(
    connection: Connection,
    space_id: int,
    message_id: bytes,
    recipient: Row | None,
    moments: Sequence[datetime],
) -> list[Row]:
    """The entries about a message, or a recipient of it, that were made about these moments."""
    recipient_id = None if recipient is None else recipient["id"]
    last = await connection.fetchval(sql.LAST_SEQUENCE, space_id)
    found: dict[int, Row] = {}
    for start, end in stretches_of(moments)[:_STRETCHES_MAX]:
        sequence = await _sequence_at(connection, space_id, lowest_id(start), last or 0)
        entries = await connection.fetch(
            sql.READ_ENTRIES,
            space_id,
            sequence,
            lowest_id(end),
            recipient_id,
            message_id,
            ENTRIES_LOOKED_AT_MAX,
        )
        found.update((row["sequence"], dict(row.items())) for row in entries)
    return [found[sequence] for sequence in sorted(found)]


def stretches_of(moments: Sequence[datetime]) -> list[tuple[datetime, datetime]]:
    """Stretches of time around these moments; those that touch are one."""
    stretches: list[tuple[datetime, datetime]] = []
    for moment in sorted(set(moments)):
        start, end = moment - _BEFORE, moment + _AFTER
        if stretches and start <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((start, end))
    return stretches


async def _sequence_at(connection: Connection, space_id: int, entry_id: bytes, last: int) -> int:
    """The sequence of the first entry whose id is not below this one."""
    low, high = 1, last + 1
    while low < high:
        middle = (low + high) // 2
        row = await connection.fetchrow(sql.ENTRY_ID_FROM, space_id, middle)
        if row is None or row["id"] >= entry_id:
            high = middle
        else:
            low = row["sequence"] + 1
    return low
