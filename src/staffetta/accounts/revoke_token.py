"""Ending a token before its time."""

from datetime import datetime

from staffetta.accounts.errors import NoSuchToken
from staffetta.accounts.space import Space
from staffetta.accounts.sql import tokens as sql
from staffetta.db.pool import Connection


async def revoke_token(
    connection: Connection, space: Space, token_hash: bytes, now: datetime
) -> None:
    """Revoke a live token of this space, in the caller's transaction; raises NoSuchToken.

    Every process refuses it within a second of the commit (see authorize.py).
    """
    if await connection.fetchval(sql.REVOKE_TOKEN, token_hash, space.space_id, now) is None:
        raise NoSuchToken("this account has no such token, or it is over")
