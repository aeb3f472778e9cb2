"""Renewing a token by its refresh token: a new pair is made, and the old one ends with it."""

from datetime import datetime, timedelta
from math import ceil
from typing import Final

from staffetta.accounts.create_token import LIFETIME_SECONDS_MAX, NewToken, insert_token
from staffetta.accounts.errors import WrongRefreshToken
from staffetta.accounts.space import Space
from staffetta.accounts.sql import tokens as sql
from staffetta.accounts.token_limits import parse_limits
from staffetta.db.pool import Connection, Row
from staffetta.domain.environments import Environment
from staffetta.domain.secrets import Keyring, hash_secret, is_refresh_token

# A token can be renewed until it is this old, even when its own life was shorter: clients come
# when they are refused.
REFRESH_LIFETIME: Final = timedelta(seconds=LIFETIME_SECONDS_MAX)


async def find_refresh_space(
    connection: Connection, refresh_token: str, environment: Environment, now: datetime
) -> Space | None:
    """Whose a refresh token is; None: it renews nothing in this environment."""
    if not is_refresh_token(refresh_token):
        return None
    row = await connection.fetchrow(
        sql.FIND_REFRESH_TOKEN, hash_secret(refresh_token), environment, now, REFRESH_LIFETIME
    )
    if row is None:
        return None
    return Space(row["space_id"], row["account_id"], row["email"], environment, row["currency"])


async def renew_token(
    connection: Connection,
    space: Space,
    refresh_token: str,
    now: datetime,
    *,
    token: str | None = None,
    keyring: Keyring | None = None,
) -> NewToken:
    """Make the successor of a token, in the caller's transaction; the old one is revoked.

    The new token has the scopes, name and limits of the old one, lives as long as was last asked
    for, and counts its use together with it. With `token`, the refresh token must belong to it. A
    refresh token works once: of two at the same moment exactly one wins. Raises WrongRefreshToken.
    """
    old = await connection.fetchrow(
        sql.USE_REFRESH_TOKEN,
        hash_secret(refresh_token),
        space.space_id,
        now,
        REFRESH_LIFETIME,
        None if token is None else hash_secret(token),
    )
    if old is None:
        raise WrongRefreshToken("this refresh token was used already, is over, or never was one")
    return await insert_token(
        connection,
        space,
        tuple(old["scopes"]),
        now,
        _lifetime_seconds(old),
        old["name"],
        parse_limits(old["limits"]),
        keyring,
        old["use_hash"],
    )


def _lifetime_seconds(old: Row) -> int:
    """As was last asked for; of a token of an earlier release, as long as it was to live."""
    asked: int | None = old["lifetime_seconds"]
    if asked is not None:
        return asked
    # Its end was cut to a whole second, downwards.
    life: timedelta = old["expire_at"] - old["created_at"]
    return min(max(ceil(life.total_seconds()), 1), LIFETIME_SECONDS_MAX)
