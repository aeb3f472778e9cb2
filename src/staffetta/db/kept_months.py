"""From which id on a partitioned table still has its rows, read from the partitions themselves.

Months are dropped oldest first. A row that is missing below that id was dropped with its month; one
that is missing above it is missing. Drops nothing itself.
"""

from collections.abc import Mapping
from typing import Final

from staffetta.db.pool import Connection
from staffetta.domain.ids import ID_BYTES

EVERY_ID: Final = b""  # below every id: no month was dropped
NO_ID: Final = b"\xff" * ID_BYTES  # above every id: no partition is left

# The bound is shown as FROM ('\x69b1...') or FROM (MINVALUE).
READ_LOWEST_BOUNDS = r"""
SELECT parent.relname AS parent,
       min(coalesce(substring(pg_get_expr(child.relpartbound, child.oid)
                              FROM 'FROM \(''\\x([0-9a-f]+)''\)'), '') COLLATE "C") AS bound
  FROM pg_inherits
  JOIN pg_class AS parent ON parent.oid = inhparent
  JOIN pg_class AS child ON child.oid = inhrelid
 WHERE parent.relkind = 'p'
   AND parent.relnamespace = current_schema()::regnamespace
 GROUP BY parent.relname
"""


async def read_kept_from(connection: Connection) -> Mapping[str, bytes]:
    """The smallest id that each partitioned table has a place for, by table.

    A table that is not in it has no partition: see `kept_in`.
    """
    rows = await connection.fetch(READ_LOWEST_BOUNDS)
    return {row["parent"]: bytes.fromhex(row["bound"]) for row in rows}


def kept_in(kept_from: Mapping[str, bytes], *tables: str) -> bytes:
    """The smallest id whose rows are there in all of these tables."""
    return max(kept_from.get(table, NO_ID) for table in tables)
