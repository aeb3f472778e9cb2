"""Writing down what was asked: counts by day added to, refusals kept for 90 days.

Counts are statistics: what a process counted in its last second is lost when it crashes, and what
was written by a transaction whose end nobody knows is counted twice. Money is never read from here.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from staffetta.accounts.sql import usage as sql
from staffetta.accounts.usage import RequestError, ScopeUsage
from staffetta.db.pool import Connection, Database
from staffetta.domain.ids import lowest_id

ERRORS_KEPT: Final = timedelta(days=90)
MESSAGE_CHARACTERS_MAX: Final = 500
_FORGET_MAX: Final = 5_000


class TokenCount(msgspec.Struct, frozen=True, order=True):
    """What one token asked of one call on one day; ordered as the table's key."""

    space_id: int
    day: date
    scope: str  # canonical: POST:sms.openapi.com/IT-messages
    token_hash: bytes
    domain: str
    counts: ScopeUsage


class AddressCount(msgspec.Struct, frozen=True, order=True):
    """What was asked of one service from one address on one day; ordered as the table's key."""

    space_id: int
    day: date
    domain: str
    ip: str
    counts: ScopeUsage


class SpaceError(msgspec.Struct, frozen=True):
    """A refusal, and whose request it was."""

    space_id: int
    refused: RequestError


class UsageBatch(msgspec.Struct, frozen=True):
    """What one process counted since it last wrote."""

    tokens: Sequence[TokenCount] = ()
    addresses: Sequence[AddressCount] = ()
    errors: Sequence[SpaceError] = ()

    @property
    def size(self) -> int:
        """How many rows it touches."""
        return len(self.tokens) + len(self.addresses) + len(self.errors)


async def add_usage(connection: Connection, batch: UsageBatch) -> None:
    """Add a batch to what is counted, in the caller's transaction: a statement a table."""
    if batch.tokens:
        await connection.execute(sql.ADD_COUNTS, *_token_columns(sorted(batch.tokens)))
    if batch.addresses:
        await connection.execute(sql.ADD_ADDRESSES, *_address_columns(sorted(batch.addresses)))
    if batch.errors:
        await connection.execute(sql.ADD_ERRORS, *_error_columns(batch.errors))


async def forget_errors_once(database: Database, now: datetime) -> int:
    """Delete refusals older than 90 days, some thousand at a time; answers how many."""
    oldest = lowest_id(now - ERRORS_KEPT)
    async with database.acquire() as connection:
        status = await connection.execute(sql.FORGET_ERRORS, oldest, _FORGET_MAX)
    return int(status.rpartition(" ")[2])


def storable(sentence: str) -> str:
    """A sentence as PostgreSQL can keep it: no NUL, no lone surrogate, not too long."""
    plain = sentence[:MESSAGE_CHARACTERS_MAX].replace("\x00", "\ufffd")
    return plain.encode("utf-8", "replace").decode()


def _token_columns(rows: Sequence[TokenCount]) -> tuple[object, ...]:
    return (
        [row.space_id for row in rows],
        [row.day for row in rows],
        [row.scope for row in rows],
        [row.token_hash for row in rows],
        [row.domain for row in rows],
        *_count_columns([row.counts for row in rows]),
    )


def _address_columns(rows: Sequence[AddressCount]) -> tuple[object, ...]:
    return (
        [row.space_id for row in rows],
        [row.day for row in rows],
        [row.domain for row in rows],
        [row.ip for row in rows],
        *_count_columns([row.counts for row in rows]),
    )


def _count_columns(counts: Sequence[ScopeUsage]) -> tuple[object, ...]:
    return (
        [one.request_count for one in counts],
        [one.error_count for one in counts],
        [one.wallet_count for one in counts],
        [one.subscription_count for one in counts],
        [one.wallet_micro for one in counts],
    )


def _error_columns(errors: Sequence[SpaceError]) -> tuple[object, ...]:
    refused = [one.refused for one in errors]
    return (
        [one.space_id for one in errors],
        [one.id for one in refused],
        [one.at for one in refused],
        [one.scope for one in refused],
        [one.domain for one in refused],
        [one.http_status for one in refused],
        [one.error for one in refused],
        [storable(one.message) for one in refused],
        [one.ip for one in refused],
    )
