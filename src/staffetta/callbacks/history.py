"""What was owed to URLs and what came of it, for people; and owing again what has ended.

A replay is a round of its own: its attempts are counted anew, and recorded behind the earlier ones.
An older state is never replayed once a newer one of its message exists.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from staffetta.callbacks import history_sql as sql
from staffetta.callbacks.owe import Lane
from staffetta.db.pool import Connection
from staffetta.domain.ids import lowest_id

LISTED_MAX: Final = 10_000


class CallbackFilter(msgspec.Struct, frozen=True):
    """Which callbacks are meant; None leaves a condition out. Times are of their creation."""

    email: str | None = None
    environment: str | None = None
    statuses: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    id: bytes | None = None


class CallbackRecord(msgspec.Struct, frozen=True):
    """One callback as it stands, with its newest attempt."""

    space_id: int
    id: bytes
    email: str
    environment: str
    kind: str
    message_id: bytes | None
    event: str
    host: str
    status: str
    attempt: int
    due_at: datetime
    created_at: datetime
    settled_at: datetime | None
    http_status: int | None
    error: str


class Attempt(msgspec.Struct, frozen=True):
    """One try, and the first characters of what was answered."""

    attempt: int
    at: datetime
    elapsed_ms: int
    http_status: int | None
    error: str
    answer: str


async def list_callbacks(
    connection: Connection, wanted: CallbackFilter, limit: int = LISTED_MAX
) -> list[CallbackRecord]:
    """The callbacks that fit, newest first."""
    rows = await connection.fetch(
        sql.LIST_CALLBACKS,
        wanted.email,
        wanted.environment,
        None if wanted.statuses is None else list(wanted.statuses),
        None if wanted.since is None else lowest_id(wanted.since),
        None if wanted.until is None else lowest_id(wanted.until),
        wanted.id,
        limit,
    )
    return [CallbackRecord(**row) for row in rows]


async def read_attempts(connection: Connection, space_id: int, callback_id: bytes) -> list[Attempt]:
    """Every attempt of a callback, the first one first."""
    rows = await connection.fetch(sql.READ_ATTEMPTS, space_id, callback_id)
    return [Attempt(**row) for row in rows]


async def replay_callbacks(
    connection: Connection, records: Sequence[CallbackRecord], now: datetime
) -> dict[bytes, Lane]:
    """Owe these again, in the caller's transaction; answers what is owed, and where to.

    What is still under way, superseded, or older than another of its message is left as it is.
    """
    rows = await connection.fetch(
        sql.REPLAY, [one.space_id for one in records], [one.id for one in records], now
    )
    return {row["id"]: Lane(row["space_id"], row["host"]) for row in rows}
