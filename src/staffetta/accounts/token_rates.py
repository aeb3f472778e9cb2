"""How many requests each token has made in all processes together: this minute, and in its life.

Owns the shared counters. A process does not count single requests here: it borrows a block of them,
and asks again when the block is used up. What of a block is not used by the end of the minute is
forgotten. What is lent of a token's life is given back when it is not used; a process that is
killed takes with it what it had borrowed.
"""

from datetime import datetime
from typing import Final

import msgspec

from staffetta.accounts.sql import authorize as sql
from staffetta.accounts.sql import token_use as life_sql
from staffetta.db.pool import Database

MINUTE_SECONDS: Final = 60
_MINUTES_KEPT: Final = 2  # clocks differ, and a request may be a while on its way
_FORGET_MAX: Final = 10_000


class Loan(msgspec.Struct, frozen=True):
    """What a process got, and what all together have now: of this minute, or of a life."""

    granted: int
    taken: int


class TokenCounter:
    """The counters of all processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def borrow(self, token_hash: bytes, minute: int, wanted: int, limit: int) -> Loan:
        """Lend up to `wanted` requests of a token's `limit` in a minute (Unix time / 60).

        All processes together are never lent more than the limit. Raises what the database raises:
        then nothing was lent, or it is lost.
        """
        async with self._database.acquire() as connection:
            taken = await connection.fetchval(
                sql.BORROW_REQUESTS, token_hash, minute, wanted, limit
            )
        if taken is None:
            return Loan(0, limit)
        return Loan(wanted - max(0, taken - limit), min(taken, limit))

    async def borrow_of_life(self, token_hash: bytes, wanted: int, limit: int) -> Loan:
        """Lend up to `wanted` of the requests that a token may make in its life.

        As `borrow`. A limit below what is taken already lends nothing, and forgets nothing.
        """
        async with self._database.acquire() as connection:
            row = await connection.fetchrow(life_sql.BORROW_OF_LIFE, token_hash, wanted, limit)
        return Loan(0, limit) if row is None else Loan(row["lent_last"], row["request_count"])

    async def give_back(self, token_hash: bytes, count: int) -> None:
        """Take back what was borrowed of a life and not used; raises what the database raises."""
        async with self._database.acquire() as connection:
            await connection.execute(life_sql.GIVE_BACK, token_hash, count)


async def forget_rates_once(database: Database, now: datetime) -> int:
    """Delete counters of minutes that are over; answers how many."""
    oldest = int(now.timestamp()) // MINUTE_SECONDS - _MINUTES_KEPT
    async with database.acquire() as connection:
        status = await connection.execute(sql.FORGET_REQUESTS, oldest, _FORGET_MAX)
    return int(status.rpartition(" ")[2])
