"""Migrations are applied once each, in order, and never change."""

import asyncio

import pytest

from staffetta.db.migrations import Migration, MigrationError, migrate, packaged_migrations
from staffetta.db.pool import Database, Limits

_FIRST = Migration(9001, "first", "CREATE TABLE first (n int); INSERT INTO first VALUES (1)")
_SECOND = Migration(9002, "second", "ALTER TABLE first ADD COLUMN m int")
_BROKEN = Migration(9003, "broken", "CREATE TABLE third (n int); SELECT no_such_function()")


def _with(*more: Migration) -> tuple[Migration, ...]:
    return (*packaged_migrations(), *more)


async def test_a_migrated_database_needs_nothing(database: Database) -> None:
    assert await migrate(database) == []


async def test_what_is_missing_is_applied_in_order(database: Database) -> None:
    assert await migrate(database, _with(_FIRST, _SECOND)) == [_FIRST, _SECOND]
    async with database.acquire() as connection:
        assert await connection.fetchval("SELECT m FROM first") is None


async def test_a_migration_takes_as_long_as_it_takes(database_url: str) -> None:
    # Limits that every other statement keeps, on a slow machine too.
    slow = Migration(9001, "slow", "SELECT pg_sleep(4)")
    hasty = await Database.connect(database_url, limits=Limits(3, 3, 3))
    try:
        applied = await asyncio.gather(*(migrate(hasty, _with(slow)) for _ in range(2)))
    finally:
        await hasty.close()
    assert sorted(applied, key=len) == [[], [slow]]  # one waited for the other


async def test_two_processes_at_once_apply_each_migration_once(database: Database) -> None:
    applied = await asyncio.gather(*(migrate(database, _with(_FIRST)) for _ in range(4)))
    assert sorted(len(found) for found in applied) == [0, 0, 0, 1]


async def test_a_migration_that_fails_leaves_its_predecessors_and_nothing_of_its_own(
    database: Database,
) -> None:
    with pytest.raises(Exception, match="no_such_function"):
        await migrate(database, _with(_FIRST, _BROKEN))
    async with database.acquire() as connection:
        assert await connection.fetchval("SELECT n FROM first") == 1
        assert await connection.fetchval("SELECT to_regclass('third')") is None


async def test_a_changed_text_of_an_applied_migration_is_refused(database: Database) -> None:
    await migrate(database, _with(_FIRST))
    changed = Migration(_FIRST.number, _FIRST.name, _FIRST.sql + "; SELECT 1")
    with pytest.raises(MigrationError, match="9001_first was applied with another text"):
        await migrate(database, _with(changed))


async def test_a_database_of_a_newer_release_is_refused(database: Database) -> None:
    await migrate(database, _with(_FIRST))
    with pytest.raises(MigrationError, match="9001_first, which this release does not know"):
        await migrate(database)


def test_the_packaged_migrations_are_numbered_without_gaps() -> None:
    numbers = [migration.number for migration in packaged_migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
