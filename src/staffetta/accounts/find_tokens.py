"""Looking at the live tokens of a space: all that fit a filter, or one by its text."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from staffetta.accounts.space import Space
from staffetta.accounts.sql import tokens as sql
from staffetta.accounts.tokens import TokenRecord, read_record
from staffetta.db.pool import Connection
from staffetta.domain.secrets import Keyring, hash_secret

LIST_MAX: Final = 1_000


async def list_tokens(
    connection: Connection,
    space: Space,
    now: datetime,
    *,
    scopes: Sequence[str] = (),
    skip: int = 0,
    limit: int = LIST_MAX,
    keyring: Keyring | None = None,
) -> tuple[TokenRecord, ...]:
    """The tokens that hold all of these single scopes, newest first, LIST_MAX at most."""
    rows = await connection.fetch(
        sql.LIST_TOKENS, space.space_id, now, list(scopes), min(limit, LIST_MAX), skip
    )
    return tuple(read_record(row, keyring) for row in rows)


async def find_token(
    connection: Connection,
    space: Space,
    token: str,
    now: datetime,
    *,
    keyring: Keyring | None = None,
) -> TokenRecord | None:
    """The token with this text; None: there is none, or it is over, or somebody else's."""
    row = await connection.fetchrow(sql.FIND_TOKEN, hash_secret(token), space.space_id, now)
    return None if row is None else read_record(row, keyring, token)
