"""Forgetting tokens that have long been over, and what they had used."""

from datetime import datetime, timedelta
from typing import Final

from staffetta.accounts.renew_token import REFRESH_LIFETIME
from staffetta.accounts.sql import tokens as sql
from staffetta.db.pool import Database

KEPT_AFTER_END: Final = timedelta(days=90)
FORGET_MAX: Final = 10_000


async def forget_tokens_once(database: Database, now: datetime) -> int:
    """Delete tokens revoked long ago, or expired long ago and not to be renewed; how many."""
    ended_before = now - KEPT_AFTER_END
    async with database.transaction() as connection:
        rows = await connection.fetch(
            sql.FORGET_TOKENS, ended_before, ended_before - REFRESH_LIFETIME, FORGET_MAX
        )
        if rows:
            await connection.execute(sql.FORGET_USE, [row["use_hash"] for row in rows])
    return len(rows)
