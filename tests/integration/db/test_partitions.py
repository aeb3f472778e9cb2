"""Partitions exist for every id that can come, and making them is safe to repeat."""

import asyncio
from datetime import UTC, datetime

import pytest

from staffetta.db.partitions import MONTHS_AHEAD, PARTITIONED_TABLES, ensure_partitions
from staffetta.db.pool import Database, DataRefused
from staffetta.domain.ids import lowest_id

_PARTITIONS = """
SELECT child.relname AS name, pg_get_expr(child.relpartbound, child.oid) AS bounds
  FROM pg_inherits
  JOIN pg_class AS child ON child.oid = inhrelid
 WHERE inhparent = $1::text::regclass
 ORDER BY 1
"""
_NOW = datetime(2031, 11, 30, 23, 59, tzinfo=UTC)


@pytest.fixture
async def bare(database: Database) -> Database:
    """The database of the template without its partitions."""
    async with database.transaction() as connection:
        for table in PARTITIONED_TABLES:
            for row in await connection.fetch(_PARTITIONS, table):
                await connection.execute(f"DROP TABLE {row['name']}")
    return database


async def _ensure(database: Database, now: datetime) -> int:
    async with database.transaction() as connection:
        return await ensure_partitions(connection, now)


async def _insert_report(database: Database, at: datetime) -> None:
    async with database.acquire() as connection:
        await connection.execute(
            "INSERT INTO report (id, connector_id, smsc_id, smsc_key, report_state, received_at,"
            " disposition) VALUES ($1, 1, 'a', 'a', 'DELIVRD', $2, 'waiting')",
            lowest_id(at),
            at,
        )


async def test_every_partitioned_table_gets_this_month_and_the_next_ones(bare: Database) -> None:
    made = await _ensure(bare, _NOW)

    assert made == len(PARTITIONED_TABLES) * (1 + MONTHS_AHEAD)
    async with bare.acquire() as connection:
        parents = await connection.fetch("SELECT relname FROM pg_class WHERE relkind = 'p'")
        assert {row["relname"] for row in parents} == set(PARTITIONED_TABLES)
        rows = await connection.fetch(_PARTITIONS, "report")
    assert [row["name"] for row in rows] == [
        "report_2031_11_first",
        "report_2031_12",
        "report_2032_01",
    ]
    assert rows[0]["bounds"].startswith("FOR VALUES FROM (MINVALUE) TO")


async def test_making_them_again_makes_nothing(bare: Database) -> None:
    await _ensure(bare, _NOW)
    assert await _ensure(bare, _NOW) == 0


async def test_a_month_later_one_more_is_made(bare: Database) -> None:
    await _ensure(bare, _NOW)
    assert await _ensure(bare, datetime(2031, 12, 1, tzinfo=UTC)) == len(PARTITIONED_TABLES)


async def test_ids_from_before_the_first_month_find_a_place_and_the_far_future_does_not(
    bare: Database,
) -> None:
    await _ensure(bare, _NOW)
    await _insert_report(bare, datetime(1999, 1, 1, tzinfo=UTC))
    with pytest.raises(DataRefused):
        await _insert_report(bare, datetime(2040, 1, 1, tzinfo=UTC))


async def test_two_processes_may_make_them_at_once(bare: Database) -> None:
    made = await asyncio.gather(*(_ensure(bare, _NOW) for _ in range(4)))
    assert sorted(made) == [0, 0, 0, len(PARTITIONED_TABLES) * (1 + MONTHS_AHEAD)]


async def test_partitions_carry_their_tables_storage_parameters(bare: Database) -> None:
    await _ensure(bare, _NOW)
    async with bare.acquire() as connection:
        options = await connection.fetchval(
            "SELECT reloptions FROM pg_class WHERE relname = 'recipient_2031_12'"
        )
    assert "fillfactor=80" in options
    assert "autovacuum_vacuum_scale_factor=0.02" in options
