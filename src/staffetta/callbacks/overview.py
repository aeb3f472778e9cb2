"""An account's own look at its callbacks: by host, one by one, and trying again without waiting."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from staffetta.callbacks import overview_sql as sql
from staffetta.db.pool import Connection
from staffetta.domain.ids import lowest_id

HOSTS_MAX: Final = 100
LOOKED_AT_MAX: Final = 20_000
HURRIED_MAX: Final = 10_000
REPLAYED_MAX: Final = 10_000


class Standing(StrEnum):
    """How a callback stands, as people ask."""

    WAITING = "waiting"  # not tried yet
    FAILING = "failing"  # tried in vain, and tried again
    DELIVERED = "delivered"
    DEAD = "dead"  # its tries are used up
    ENDED = "ended"  # the receiver wants no more of it
    SUPERSEDED = "superseded"  # a newer state of its message took its place


class HostLine(msgspec.Struct, frozen=True):
    """What an account owes to a host, among its newest LOOKED_AT_MAX callbacks."""

    host: str
    delivered_count: int
    waiting_count: int
    failing_count: int
    dead_count: int
    ended_count: int
    superseded_count: int
    due_at: datetime | None  # when the next one is tried


class CallbackLine(msgspec.Struct, frozen=True):
    """One callback, with the newest of its attempts."""

    id: bytes
    message_id: bytes | None
    event: str
    host: str
    standing: Standing
    due_at: datetime
    created_at: datetime
    attempt_count: int
    attempted_at: datetime | None
    http_status: int | None
    error: str


class LineFilter(msgspec.Struct, frozen=True):
    """Which callbacks are meant; None leaves a condition out."""

    before: bytes | None = None  # an id: only what is older
    message_id: bytes | None = None
    host: str | None = None
    standing: Standing | None = None


class ReplayFilter(msgspec.Struct, frozen=True):
    """Which callbacks are to be sent again; None leaves a condition out."""

    statuses: tuple[str, ...]
    since: datetime  # they were owed
    after: bytes | None = None  # an id: only what is newer
    host: str | None = None
    message_id: bytes | None = None


async def list_hosts(connection: Connection, space_id: int) -> list[HostLine]:
    """The hosts of a space, the one that was owed something last first."""
    rows = await connection.fetch(sql.LIST_HOSTS, space_id, LOOKED_AT_MAX, HOSTS_MAX)
    return [HostLine(**row) for row in rows]


async def list_lines(
    connection: Connection, space_id: int, wanted: LineFilter, limit: int
) -> Sequence[CallbackLine]:
    """The callbacks of a space that fit, newest first, among the newest LOOKED_AT_MAX."""
    rows = await connection.fetch(
        sql.LIST_LINES,
        space_id,
        wanted.before,
        wanted.message_id,
        wanted.host,
        wanted.standing,
        LOOKED_AT_MAX,
        limit,
    )
    return [CallbackLine(**{**row, "standing": Standing(row["standing"])}) for row in rows]


async def find_last_looked_at(
    connection: Connection,
    space_id: int,
    wanted: LineFilter,
    looked_at_max: int = LOOKED_AT_MAX,
) -> bytes | None:
    """The id that `list_lines` looked at last; None: it looked at all there are."""
    found: bytes | None = await connection.fetchval(
        sql.LAST_LOOKED_AT, space_id, wanted.before, wanted.message_id, looked_at_max
    )
    return found


async def find_replayable(
    connection: Connection, space_id: int, wanted: ReplayFilter, limit: int = REPLAYED_MAX
) -> list[bytes]:
    """The ids of what has ended and may be owed again (see history.py), the oldest first."""
    rows = await connection.fetch(
        sql.FIND_REPLAYABLE,
        space_id,
        lowest_id(wanted.since),
        wanted.after,
        list(wanted.statuses),
        wanted.host,
        wanted.message_id,
        limit,
    )
    return [row["id"] for row in rows]


async def hurry_host(connection: Connection, space_id: int, host: str, now: datetime) -> int:
    """Have what waits for its next try sent to a host now, in the caller's transaction; how many.

    While the host is left alone (see breaker.py) it waits for the end of that, all the same.
    """
    status = await connection.execute(sql.HURRY_HOST, space_id, host, now, HURRIED_MAX)
    return int(status.rpartition(" ")[2])


async def hurry_callback(
    connection: Connection, space_id: int, callback_id: bytes, now: datetime
) -> bool:
    """The same for one callback; whether it waited."""
    return await connection.fetchval(sql.HURRY_ONE, space_id, callback_id, now) is not None
