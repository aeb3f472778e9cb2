"""A database of an earlier release gets its checksums, and an earlier release may go on writing."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from open_books import EUR, START, closed, drop_month, faults_of, rows, tamper

from staffetta.db.migrations import migrate, packaged_migrations
from staffetta.db.partitions import ensure_partitions
from staffetta.db.pool import Database, DataRefused
from staffetta.domain.ids import lowest_id
from staffetta.ledger.fill_checksums import fill_checksums_once

APRIL = datetime(2026, 4, 1, tzinfo=UTC)
LATER = datetime(2026, 4, 2, tzinfo=UTC)
BEFORE_BOOKS = tuple(one for one in packaged_migrations() if one.number < 9)
PARTITION = f"""
CREATE TABLE ledger_entry_2026_03_first PARTITION OF ledger_entry
   FOR VALUES FROM (MINVALUE) TO ('\\x{lowest_id(APRIL).hex()}')
"""
# As earlier releases wrote it: no checksum, and nothing of ids in the wallet.
WRITE = """
WITH new_entry AS (
    INSERT INTO ledger_entry (space_id, sequence, id, at, kind, amount_micro, balance_after_micro,
                              counter_account, message_id, recipient_id, note)
    SELECT space_id, sequence + 1, $1, $2, 'top_up', 1000000, balance_micro + 1000000, 'payments',
           NULL, NULL, 'as before'
      FROM wallet
)
UPDATE wallet SET sequence = sequence + 1, balance_micro = balance_micro + 1000000
"""


@pytest.fixture
async def earlier(database: Database) -> Database:
    """An account with two entries, in the schema of an earlier release."""
    await rows(database, "DROP SCHEMA public CASCADE")
    await rows(database, "CREATE SCHEMA public")
    await migrate(database, BEFORE_BOOKS)
    async with database.transaction() as connection:
        await connection.execute(PARTITION)
        account = await connection.fetchval(
            "INSERT INTO account (email, created_at) VALUES ('a@example.com', $1) RETURNING id",
            START,
        )
        space = await connection.fetchval(
            "INSERT INTO space (account_id, environment, created_at)"
            " VALUES ($1, 'production', $2) RETURNING id",
            account,
            START,
        )
        await connection.execute(
            "INSERT INTO wallet (space_id, updated_at) VALUES ($1, $2)", space, START
        )
    await write(database, b"\x69" + b"\x01" * 11)
    await write(database, b"\x69" + b"\x02" * 11)
    return database


async def write(database: Database, entry_id: bytes) -> None:
    await rows(database, WRITE, entry_id, START)


async def fill(database: Database, step_max: int = 2) -> int:
    count = 0
    while found := await fill_checksums_once(database, step_max):
        count += found
    return count


async def missing_checksums(database: Database) -> list[int]:
    query = "SELECT sequence FROM ledger_entry WHERE checksum IS NULL ORDER BY sequence"
    return [row["sequence"] for row in await rows(database, query)]


async def test_rows_that_are_there_are_checksummed_and_guarded(earlier: Database) -> None:
    await migrate(earlier)
    assert await faults_of(earlier) == ()
    for change in ("note = ''", "checksum = 1", "checksum = NULL"):
        with pytest.raises(DataRefused, match="its rows are never changed"):
            await rows(earlier, f"UPDATE ledger_entry SET {change}")
    assert await fill(earlier) == 2
    assert await missing_checksums(earlier) == []
    assert await faults_of(earlier) == ()
    (row,) = await rows(earlier, "SELECT newest_entry_id FROM wallet")
    assert row["newest_entry_id"] == b"\x69" + b"\x02" * 11
    with pytest.raises(DataRefused, match="its rows are never changed"):
        await rows(earlier, "UPDATE ledger_entry SET note = ''")


async def file_of(database: Database) -> int:
    (row,) = await rows(database, "SELECT pg_relation_filenode('ledger_entry_2026_03_first')")
    number: int = row[0]
    return number


async def test_no_entry_is_rewritten_while_everybody_waits(earlier: Database) -> None:
    before = await file_of(earlier)
    await migrate(earlier)
    assert await file_of(earlier) == before
    assert await missing_checksums(earlier) == [1, 2]


async def test_checksums_are_filled_in_some_at_a_time_and_by_several_at_once(
    earlier: Database,
) -> None:
    for number in range(3, 10):
        await write(earlier, b"\x69" + bytes([number]) * 11)
    await migrate(earlier)
    await write(earlier, b"\x69" + b"\x0a" * 11)
    assert await fill_checksums_once(earlier, 4) == 4
    assert await missing_checksums(earlier) == [1, 2, 3, 4, 5]
    assert await faults_of(earlier) == ()
    await asyncio.gather(*(fill(earlier) for _ in range(3)))
    assert await missing_checksums(earlier) == []
    assert await faults_of(earlier) == ()


@pytest.mark.parametrize("sequence", [2, 3])
async def test_an_entry_that_lost_its_checksum_was_changed(
    earlier: Database, sequence: int
) -> None:
    """Entry 2 had none before, entry 3 always had one."""
    await migrate(earlier)
    await write(earlier, b"\x69" + b"\x03" * 11)
    await fill_checksums_once(earlier, 1)
    await tamper(earlier, "UPDATE ledger_entry SET checksum = NULL WHERE sequence = $1", sequence)
    (fault,) = await faults_of(earlier)
    assert fault.sequence == sequence
    assert "was changed after it was written" in fault.what


async def test_a_wallet_is_closed_when_its_entries_have_checksums(earlier: Database) -> None:
    await migrate(earlier)
    assert await closed(earlier, LATER) == 0
    await fill(earlier)
    assert await closed(earlier, LATER) == 1


async def test_an_earlier_release_may_go_on_writing(earlier: Database) -> None:
    await migrate(earlier)
    await write(earlier, b"\x69" + b"\x03" * 11)
    assert await faults_of(earlier) == ()
    await fill(earlier)
    async with earlier.transaction() as connection:
        await ensure_partitions(connection, LATER)
    assert await closed(earlier, LATER) == 1
    await drop_month(earlier, date(2026, 3, 1))
    assert await faults_of(earlier) == ()
    (row,) = await rows(earlier, "SELECT balance_after_micro FROM ledger_closing")
    assert row["balance_after_micro"] == 3 * EUR
