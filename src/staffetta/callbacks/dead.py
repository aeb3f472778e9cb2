"""Callbacks that were given up, of every account: found by who, where and why, and owed again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from staffetta.callbacks import dead_sql as sql
from staffetta.callbacks.history import replay_ids
from staffetta.callbacks.receiver import RECEIVER_HOST
from staffetta.db.pool import Connection
from staffetta.domain.ids import lowest_id

LISTED_MAX: Final = 200
REPLAYED_MAX: Final = 10_000
HOSTS_MAX: Final = 20
LOOKED_AT_MAX: Final = 20_000


class DeadFilter(msgspec.Struct, frozen=True):
    """Which are meant; "" and None leave a condition out. Texts are parts of what is looked for.

    What the test receiver did not take is somebody's trial: it is found by its host alone.
    """

    account: str = ""
    host: str = ""
    reason: str = ""  # of the last attempt, or its HTTP status
    since: datetime | None = None  # owed since then
    before: bytes | None = None  # an id: only what is older


class DeadLetter(msgspec.Struct, frozen=True):
    """A callback that was given up, with the newest of its attempts."""

    space_id: int
    id: bytes
    account_id: int
    email: str
    environment: str
    event: str
    host: str
    message_id: bytes | None
    created_at: datetime
    settled_at: datetime | None
    attempt_count: int
    http_status: int | None  # None: no answer came
    error: str


class DeadHost(msgspec.Struct, frozen=True):
    """How many of an account's callbacks to a host were given up, among the newest of all."""

    host: str
    email: str
    environment: str
    dead_count: int
    newest_at: datetime | None


class Replayed(msgspec.Struct, frozen=True):
    """What came of sending again."""

    owed_count: int  # that are owed again
    is_cut: bool  # REPLAYED_MAX were found: there may be more


async def list_dead(
    connection: Connection, wanted: DeadFilter, limit: int = LISTED_MAX
) -> list[DeadLetter]:
    """Those that fit, newest first."""
    rows = await connection.fetch(
        sql.LIST_DEAD,
        wanted.account,
        wanted.host,
        wanted.reason,
        None if wanted.since is None else lowest_id(wanted.since),
        wanted.before,
        min(limit, LISTED_MAX),
        RECEIVER_HOST,
    )
    return [DeadLetter(**row) for row in rows]


async def find_dead(connection: Connection, space_id: int, callback_id: bytes) -> DeadLetter | None:
    """One of them; None: it never was, or is owed again, or was received."""
    row = await connection.fetchrow(sql.FIND_DEAD, space_id, callback_id)
    return None if row is None else DeadLetter(**row)


async def count_dead_hosts(connection: Connection) -> list[DeadHost]:
    """The hosts with the most, among the newest LOOKED_AT_MAX of all; not the test receiver."""
    rows = await connection.fetch(sql.COUNT_DEAD_HOSTS, LOOKED_AT_MAX, HOSTS_MAX, RECEIVER_HOST)
    return [DeadHost(**row) for row in rows]


async def replay_dead_host(
    connection: Connection, host: str, since: datetime, email: str | None, now: datetime
) -> Replayed:
    """Owe again what was given up at a host since a time, in the caller's transaction.

    REPLAYED_MAX at once: ask again for more. What a newer state has followed stays as it is.
    """
    rows: Sequence[tuple[int, bytes]] = [
        (row["space_id"], row["id"])
        for row in await connection.fetch(
            sql.FIND_DEAD_OF_HOST, host, email, lowest_id(since), REPLAYED_MAX
        )
    ]
    owed = await replay_ids(connection, rows, now)
    return Replayed(len(owed), is_cut=len(rows) == REPLAYED_MAX)
