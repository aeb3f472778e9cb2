"""What was owed to URLs and what came of it, for people; and owing again what has ended.

A replay is a round of its own: its attempts are counted anew, and recorded behind the earlier ones.
An older state is never replayed once a newer one of its message exists.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from staffetta.callbacks import history_sql as sql
from staffetta.callbacks.claim import Claim, claim_of
from staffetta.callbacks.owe import Lane
from staffetta.db.pool import Connection, Row
from staffetta.domain.ids import lowest_id

LISTED_MAX: Final = 10_000
LOOKED_AT_MAX: Final = 50_000


class CallbackFilter(msgspec.Struct, frozen=True):
    """Which callbacks are meant; None leaves a condition out. Times are of their creation."""

    email: str | None = None
    environment: str | None = None
    statuses: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    id: bytes | None = None
    replayable_only: bool = False


class CallbackRecord(msgspec.Struct, frozen=True):
    """One callback as it stands, with the newest of its attempts."""

    space_id: int
    id: bytes
    email: str
    environment: str
    kind: str
    message_id: bytes | None
    event: str
    host: str
    status: str
    attempt_count: int
    due_at: datetime
    created_at: datetime
    settled_at: datetime | None
    http_status: int | None
    error: str


class Attempt(msgspec.Struct, frozen=True):
    """One try, and the first characters of what was answered."""

    attempt: int  # from 1
    at: datetime
    elapsed_ms: int
    http_status: int | None
    error: str
    answer: str


class Delivery(msgspec.Struct, frozen=True):
    """One callback as its account sees it: what it tells, where to, and how far it came."""

    claim: Claim  # what it tells
    service: str | None  # that was called, v1 or v2; None: no message asked for it
    segment: str | None  # of the call: IT-messages, otp, ...
    target: Mapping[str, Any] | None  # where it goes, as the message keeps it
    status: str
    started_at: datetime | None  # the first attempt
    attempted_at: datetime | None  # the newest attempt
    settled_at: datetime | None
    elapsed_ms: int | None  # of the newest attempt
    http_status: int | None  # its answer; None: none came
    attempt_count: int  # those that ended

    @property
    def is_under_way(self) -> bool:
        """Whether it may still be sent."""
        return self.status in {"owed", "delivering"}


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
        wanted.replayable_only,
    )
    return [CallbackRecord(**row) for row in rows]


async def list_deliveries(
    connection: Connection,
    space_id: int,
    calls: Sequence[tuple[str, str]] | None = None,
    skip_count: int = 0,
    limit: int = LISTED_MAX,
    *,
    looked_at_max: int = LOOKED_AT_MAX,
) -> list[Delivery]:
    """A space's callbacks, newest first; those that certain calls asked for, or all.

    A call is a service and a segment, like ("v2", "IT-messages"). Those of certain calls are looked
    for among the newest LOOKED_AT_MAX.
    """
    window = space_id, skip_count, min(limit, LISTED_MAX)
    if calls is None:
        rows = await connection.fetch(sql.LIST_DELIVERIES, *window)
    elif not calls:
        return []
    else:
        wanted = [f"{service} {segment}" for service, segment in calls]
        rows = await connection.fetch(sql.LIST_DELIVERIES_OF_CALLS, *window, wanted, looked_at_max)
    return [_delivery_of(row) for row in rows]


async def find_delivery(
    connection: Connection, space_id: int, callback_id: bytes
) -> Delivery | None:
    """One callback of a space."""
    row = await connection.fetchrow(sql.FIND_DELIVERY, space_id, callback_id)
    return None if row is None else _delivery_of(row)


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
    return await replay_ids(connection, [(one.space_id, one.id) for one in records], now)


async def replay_ids(
    connection: Connection, ids: Sequence[tuple[int, bytes]], now: datetime
) -> dict[bytes, Lane]:
    """As `replay_callbacks`, by space and id."""
    rows = await connection.fetch(
        sql.REPLAY, [space_id for space_id, _ in ids], [one for _, one in ids], now
    )
    return {row["id"]: Lane(row["space_id"], row["host"]) for row in rows}


def _delivery_of(row: Row) -> Delivery:
    return Delivery(
        claim=claim_of(row),
        service=row["service"],
        segment=row["segment"],
        target=row["target"],
        status=row["status"],
        started_at=row["started_at"],
        attempted_at=row["attempted_at"],
        settled_at=row["settled_at"],
        elapsed_ms=row["elapsed_ms"],
        http_status=row["http_status"],
        attempt_count=row["attempt_count"],
    )
