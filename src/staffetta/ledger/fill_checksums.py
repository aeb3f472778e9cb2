"""Giving the entries that earlier releases wrote their checksums, some at a time.

A wallet's `without_checksum_until` falls from its newest such entry to 0: those up to it may have
none yet, and `verify` takes them as they are; what is above it and has none was tampered with.
"""

from typing import Final

from staffetta.db.pool import Database
from staffetta.ledger import closing_sql as sql

_STEP_MAX: Final = 5_000  # entries


async def fill_checksums_once(database: Database, step_max: int = _STEP_MAX) -> int:
    """Fill in some entries of one wallet; answers how many numbers of entries were gone through.

    Several processes may do it at once: they write the same, and the mark falls once.
    """
    async with database.transaction() as connection:
        wallet = await connection.fetchrow(sql.FIND_WALLET_WITHOUT_CHECKSUMS)
        if wallet is None:
            return 0
        space_id, until = wallet["space_id"], wallet["without_checksum_until"]
        after = max(until - step_max, 0)
        await connection.execute(sql.FILL_CHECKSUMS, space_id, after, until)
        await connection.execute(sql.MARK_FILLED, space_id, until, after)
    filled_count: int = until - after
    return filled_count
