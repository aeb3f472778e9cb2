"""API keys: who holds one. Making and ending them is in rotate_api_key.py.

A key is 32 characters of chance, kept as a hash; with its account's e-mail it opens the OAuth
services in one environment (contract section 2).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from staffetta.accounts.space import Space
from staffetta.accounts.sql import api_keys as sql
from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment
from staffetta.domain.secrets import API_KEY_CHARACTERS, hash_secret, same_secret

# The last use is told to the minute: a write for each request would be a write for nothing.
USE_NOTED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a key speaks for."""

    space: Space
    api_key_id: int
    key_hash: bytes = field(repr=False)
    last_used_at: datetime | None  # as far as it was noted


async def find_holder(
    connection: Connection, email_text: str, api_key: str, environment: Environment, now: datetime
) -> Holder | None:
    """Whom an e-mail and a key speak for in an environment, or None.

    None says no more than that: the key may be unknown, revoked, expired or of the other
    environment, the e-mail another one, the account closed.
    """
    if len(api_key) != API_KEY_CHARACTERS:
        return None
    key_hash = hash_secret(api_key)
    row = await connection.fetchrow(sql.FIND_HOLDER, key_hash, environment, now)
    if row is None or not _same_text(email_text.strip().lower(), row["email"]):
        return None
    space = Space(
        row["space_id"], row["account_id"], row["email"], environment, row["currency"].strip()
    )
    return Holder(space, row["api_key_id"], key_hash, row["last_used_at"])


async def note_use(connection: Connection, holder: Holder, now: datetime) -> bool:
    """Note that the key was used; answers whether anything was written: once a minute at most."""
    if holder.last_used_at is not None and now - holder.last_used_at < USE_NOTED_EVERY:
        return False
    noted = await connection.fetchval(sql.NOTE_USE, holder.api_key_id, now, now - USE_NOTED_EVERY)
    return noted is not None


def _same_text(one: str, other: str) -> bool:
    # What a client sends need not be text (see domain/secrets.py).
    return same_secret(one.encode("utf-8", "surrogatepass"), other.encode())
