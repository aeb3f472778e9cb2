"""Changing a live token: its scopes, its end, its name or its limits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from staffetta.accounts.create_token import check_lifetime, check_name, grant_scopes
from staffetta.accounts.errors import NoSuchToken
from staffetta.accounts.space import Space
from staffetta.accounts.sql import tokens as sql
from staffetta.accounts.token_limits import TokenLimits
from staffetta.accounts.tokens import TokenRecord, read_record
from staffetta.db.pool import Connection, Row
from staffetta.domain.secrets import Keyring, hash_secret


@dataclass(frozen=True, slots=True)
class TokenChange:
    """What is to change; None stays as it is."""

    scopes: tuple[str, ...] | None = None
    lifetime_seconds: int | None = None  # from now on
    name: str | None = None
    limits: TokenLimits | None = None


async def change_token(
    connection: Connection,
    space: Space,
    token: str,
    change: TokenChange,
    now: datetime,
    *,
    own_hosts: Collection[str] = (),
    keyring: Keyring | None = None,
) -> TokenRecord:
    """Change a live token of this space, in the caller's transaction.

    Every process obeys the new scopes within a second of the commit (see authorize.py). Raises
    NoSuchToken, InvalidScope, ScopeNotEnabled, InvalidTokenTerms.
    """
    row = await _change(connection, space, hash_secret(token), change, now, own_hosts)
    return read_record(row, keyring, token)


async def change_hashed_token(
    connection: Connection,
    space: Space,
    token_hash: bytes,
    change: TokenChange,
    now: datetime,
    *,
    own_hosts: Collection[str] = (),
    keyring: Keyring | None = None,
) -> TokenRecord:
    """The same, for who knows the token's hash alone."""
    return read_record(
        await _change(connection, space, token_hash, change, now, own_hosts), keyring
    )


async def _change(
    connection: Connection,
    space: Space,
    token_hash: bytes,
    change: TokenChange,
    now: datetime,
    own_hosts: Collection[str],
) -> Row:
    granted = None if change.scopes is None else grant_scopes(space, change.scopes, own_hosts)
    expire_at = None
    if change.lifetime_seconds is not None:
        check_lifetime(change.lifetime_seconds)
        expire_at = now.replace(microsecond=0) + timedelta(seconds=change.lifetime_seconds)
    if change.name is not None:
        check_name(change.name)
    row = await connection.fetchrow(
        sql.CHANGE_TOKEN,
        token_hash,
        space.space_id,
        now,
        None if granted is None else list(granted),
        expire_at,
        change.name,
        None if change.limits is None else change.limits.as_object(),
        change.lifetime_seconds,
    )
    if row is None:
        raise NoSuchToken("this account has no such token, or it is over")
    return row
