"""Making, ending and listing the API keys of a space.

A rotation makes a new key and lets the old ones work for a while, so that an integrator can change
over without a gap. A key is shown once, when it is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from staffetta.accounts.people_errors import LastApiKey, NoSuchApiKey, TooManyApiKeys
from staffetta.accounts.space import Space
from staffetta.accounts.sql import api_keys as sql
from staffetta.db.pool import Connection, Row
from staffetta.domain.secrets import hash_secret, hint, make_api_key

LIVE_MAX: Final = 5
LISTED_MAX: Final = 100
OVERLAP_USUAL: Final = timedelta(hours=24)
OVERLAP_MAX: Final = timedelta(days=90)


class KeyState(StrEnum):
    """Whether a key works."""

    LIVE = "live"
    ENDING = "ending"  # works until it expires
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key: never the key."""

    api_key_id: int
    hint: str  # its last four characters
    created_at: datetime
    expire_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None  # to the minute

    def state(self, now: datetime) -> KeyState:
        """Whether it works at `now`."""
        if self.revoked_at is not None:
            return KeyState.REVOKED
        if self.expire_at is None:
            return KeyState.LIVE
        return KeyState.ENDING if now < self.expire_at else KeyState.EXPIRED


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """What was made. The key is readable here and never again."""

    api_key_id: int
    api_key: str = field(repr=False)
    ending_ids: tuple[int, ...]  # the keys that end with the overlap
    old_until: datetime


async def list_api_keys(connection: Connection, space: Space) -> list[ApiKey]:
    """The newest keys of a space, live and over."""
    return _read(await connection.fetch(sql.LIST_API_KEYS, space.space_id, LISTED_MAX))


async def rotate_api_key(
    connection: Connection, space: Space, overlap: timedelta, now: datetime
) -> NewApiKey:
    """Make a key, and let the others work until now + `overlap`, in the caller's transaction.

    Raises TooManyApiKeys where the old ones that go on working are too many, ValueError for an
    overlap below 0 or above OVERLAP_MAX.
    """
    if not timedelta(0) <= overlap <= OVERLAP_MAX:
        raise ValueError(f"an overlap is 0 to {OVERLAP_MAX.days} days, not {overlap}")
    await connection.fetchval(sql.LOCK_SPACE, space.space_id)
    olds = [key.api_key_id for key in await _live(connection, space, now)]
    if overlap and len(olds) >= LIVE_MAX:
        raise TooManyApiKeys(
            f"{space.email} has {len(olds)} live keys in {space.environment}, and {LIVE_MAX} is the"
            " most: revoke one first, or end all the old ones at once (an overlap of 0)"
        )
    await connection.execute(sql.END_API_KEYS, olds, now + overlap)
    api_key = make_api_key()
    api_key_id = await connection.fetchval(
        sql.INSERT_API_KEY, space.space_id, hash_secret(api_key), hint(api_key), now
    )
    return NewApiKey(api_key_id, api_key, tuple(olds), now + overlap)


async def revoke_api_key(
    connection: Connection, space: Space, api_key_id: int, now: datetime, *, even_last: bool = False
) -> ApiKey:
    """End a key at once, in the caller's transaction; answers what it was.

    Raises NoSuchApiKey, and LastApiKey unless `even_last`: keys that end by themselves soon do not
    count as others.
    """
    await connection.fetchval(sql.LOCK_SPACE, space.space_id)
    live = {key.api_key_id: key for key in await _live(connection, space, now)}
    key = live.pop(api_key_id, None)
    if key is None:
        raise NoSuchApiKey(
            f"{space.email} has no live key {api_key_id} in {space.environment}:"
            f" `staffetta apikey list {space.email}` shows them"
        )
    if not even_last and all(other.expire_at is not None for other in live.values()):
        raise LastApiKey(
            f"key {api_key_id} is the last of {space.email} in {space.environment} that lasts:"
            " make another one first (`staffetta apikey rotate`), or say --force"
        )
    await connection.execute(sql.REVOKE_API_KEY, api_key_id, now)
    return key


async def _live(connection: Connection, space: Space, now: datetime) -> list[ApiKey]:
    return _read(await connection.fetch(sql.LIVE_API_KEYS, space.space_id, now))


def _read(rows: Sequence[Row]) -> list[ApiKey]:
    return [
        ApiKey(
            row["id"],
            row["hint"],
            row["created_at"],
            row["expire_at"],
            row["revoked_at"],
            row["last_used_at"],
        )
        for row in rows
    ]
