"""Sessions: somebody signed in on a device stays so for a while.

A session's id is 256 bits of chance, kept as a hash. It ends when it is old, when nothing was heard
of it for long, when the person signs out, gets another password or is disabled, and when the
account is closed.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from staffetta.accounts.sign_in import SignedIn, read_signed_in
from staffetta.accounts.sql import people as sql
from staffetta.db.pool import Connection, Database
from staffetta.domain.secrets import hash_secret

LIFETIME: Final = timedelta(days=14)
IDLE_MAX: Final = timedelta(hours=12)
SESSIONS_MAX: Final = 20  # of one person: another one ends the oldest
SEEN_NOTED_EVERY: Final = timedelta(minutes=1)
USER_AGENT_CHARACTERS_MAX: Final = 200
_ID_BYTES: Final = 32
_ID_CHARACTERS_MAX: Final = 64
_FORGET_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class NewSession:
    """What the browser keeps. The id is readable here and never again."""

    session_id: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """What is shown of a session."""

    created_at: datetime
    seen_at: datetime  # to the minute
    expires_at: datetime
    address: str
    user_agent: str
    name: bytes = field(repr=False)  # what it is kept under; nobody gets in with it

    def is_of(self, session_id: str) -> bool:
        """Whether it is the one with this id."""
        return self.name == hash_secret(session_id)


async def create_session(
    connection: Connection, signed_in: SignedIn, address: str, user_agent: str, now: datetime
) -> NewSession | None:
    """Begin a session in the caller's transaction.

    None: since the password was proved, it was changed, or the person disabled or removed.
    """
    session_id = secrets.token_urlsafe(_ID_BYTES)
    begun = await connection.fetchval(
        sql.INSERT_SESSION,
        hash_secret(session_id),
        signed_in.person_id,
        signed_in.password_at,
        now,
        now + LIFETIME,
        address,
        _readable(user_agent),
    )
    if begun is None:
        return None
    await connection.execute(sql.END_OLDEST_SESSIONS, signed_in.person_id, SESSIONS_MAX)
    return NewSession(session_id, now + LIFETIME)


async def find_session(
    connection: Connection, session_id: str, now: datetime, *, is_seen: bool = True
) -> SignedIn | None:
    """Whose session it is; None: it is over, or never was.

    `is_seen` notes that somebody was heard of, and not a page alone that looks again by itself.
    """
    if len(session_id) > _ID_CHARACTERS_MAX:
        return None
    session_hash = hash_secret(session_id)
    row = await connection.fetchrow(sql.FIND_SESSION, session_hash, now, now - IDLE_MAX)
    if row is None:
        return None
    if is_seen and now - row["seen_at"] >= SEEN_NOTED_EVERY:
        await connection.execute(sql.SEE_SESSION, session_hash, now)
    return read_signed_in(row)


async def end_session(connection: Connection, session_id: str) -> bool:
    """Sign out; answers whether there was such a session."""
    return await connection.fetchval(sql.END_SESSION, hash_secret(session_id)) is not None


async def end_named_session(connection: Connection, person_id: int, name: bytes) -> bool:
    """End one of a person's sessions by its name; answers whether there was such a session."""
    return await connection.fetchval(sql.END_NAMED_SESSION, person_id, name) is not None


async def sign_out_everywhere(connection: Connection, person_id: int) -> int:
    """End every session of a person; answers how many."""
    return len(await connection.fetch(sql.END_SESSIONS_OF, person_id))


async def list_sessions(connection: Connection, person_id: int, now: datetime) -> list[Session]:
    """Where somebody is signed in, the newest session first."""
    rows = await connection.fetch(sql.LIST_SESSIONS, person_id, now, now - IDLE_MAX, SESSIONS_MAX)
    return [Session(*row) for row in rows]


async def forget_sessions_once(database: Database, now: datetime) -> int:
    """Forget sessions that have expired; answers how many."""
    async with database.acquire() as connection:
        status = await connection.execute(sql.FORGET_SESSIONS, now, _FORGET_MAX)
    return int(status.rpartition(" ")[2])


def _readable(user_agent: str) -> str:
    """What a browser says of itself, cut; what cannot be printed or stored is left out."""
    shown = (character for character in user_agent if character.isprintable())
    return "".join(shown)[:USER_AGENT_CHARACTERS_MAX]
