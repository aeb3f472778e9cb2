"""Monthly partitions of the tables of traffic, made ahead of time.

Ids begin with the second of their creation, so a month is a range of ids. The first partition
starts at MINVALUE: a clock that was wrong once finds a place for its rows. Owns the partitions'
storage parameters too. Dropping old months is not its business.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from staffetta.db.pool import Connection
from staffetta.domain.ids import lowest_id

MONTHS_AHEAD: Final = 2
_LOCK: Final = 0x57AF_FE78
_FIRST: Final = "first"

# Rows of a queue change several times: room on the page lets them change in place (HOT), and dead
# ones are collected at once and without pauses, since claims read past them.
_CHANGING: Final = {
    "fillfactor": "80",
    "autovacuum_vacuum_scale_factor": "0.02",
    "autovacuum_vacuum_threshold": "1000",
    "autovacuum_vacuum_cost_delay": "0",
    "autovacuum_analyze_scale_factor": "0.05",
}
_SETTLED_ONCE: Final = {"fillfactor": "80", "autovacuum_vacuum_scale_factor": "0.1"}
_WRITTEN_ONCE: Final = {"fillfactor": "100"}

PARTITIONED_TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "message": _WRITTEN_ONCE,
    "recipient": _CHANGING,
    "submission": _SETTLED_ONCE,
    "hold": _SETTLED_ONCE,
    "ledger_entry": _WRITTEN_ONCE,
    "report": _CHANGING,
    "callback": _CHANGING,
    "callback_attempt": _WRITTEN_ONCE,
    "bundle_use": _SETTLED_ONCE,
    "v1_message": _CHANGING,
}

LOCK_PARTITIONS = "SELECT pg_advisory_xact_lock($1)"
READ_PARTITIONS = """
SELECT parent.relname AS parent, child.relname AS child
  FROM pg_inherits
  JOIN pg_class AS parent ON parent.oid = inhparent
  JOIN pg_class AS child ON child.oid = inhrelid
 WHERE parent.relkind = 'p'
   AND parent.relnamespace = current_schema()::regnamespace
"""


async def ensure_partitions(connection: Connection, now: datetime) -> int:
    """Make the partitions of this month and the next ones; answers how many were missing.

    `connection` must be inside a transaction. Two processes may do it at once.
    """
    await connection.execute(LOCK_PARTITIONS, _LOCK)
    rows = await connection.fetch(READ_PARTITIONS)
    existing = {(row["parent"], row["child"]) for row in rows}
    months = _months(now)
    made = 0
    for table, parameters in PARTITIONED_TABLES.items():
        children = {child for parent, child in existing if parent == table}
        for position, (start, end) in enumerate(months):
            # The very first partition of a table reaches from the beginning of time to the end of
            # the current month; later calls recognise that month by it.
            is_first = not children and position == 0
            name = f"{table}_{start:%Y_%m}"
            if name in children or f"{name}_{_FIRST}" in children:
                continue
            lower = None if is_first else start
            child = f"{name}_{_FIRST}" if is_first else name
            await connection.execute(_create(table, child, lower, end, parameters))
            children.add(child)
            made += 1
    return made


def _months(now: datetime) -> list[tuple[datetime, datetime]]:
    """This month and those ahead, as half-open ranges."""
    starts = [_month_start(now, offset) for offset in range(MONTHS_AHEAD + 2)]
    return list(pairwise(starts))


def _month_start(now: datetime, offset: int) -> datetime:
    months = now.astimezone(UTC).year * 12 + now.astimezone(UTC).month - 1 + offset
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


def _create(
    table: str, child: str, lower: datetime | None, upper: datetime, parameters: Mapping[str, str]
) -> str:
    options = ", ".join(f"{name} = {value}" for name, value in parameters.items())
    return (
        f"CREATE TABLE {child} PARTITION OF {table} "
        f"FOR VALUES FROM ({_bound(lower)}) TO ({_bound(upper)}) WITH ({options})"
    )


def _bound(at: datetime | None) -> str:
    return "MINVALUE" if at is None else f"'\\x{lowest_id(at).hex()}'"
