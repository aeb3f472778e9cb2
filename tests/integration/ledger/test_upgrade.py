"""A database of an earlier release gets its checksums, and an earlier release may go on writing."""

from datetime import UTC, date, datetime

import pytest
from open_books import EUR, START, closed, drop_month, faults_of, rows

from staffetta.db.migrations import migrate, packaged_migrations
from staffetta.db.partitions import ensure_partitions
from staffetta.db.pool import Database, DataRefused
from staffetta.domain.ids import lowest_id

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


async def test_rows_that_are_there_are_checksummed_and_guarded(earlier: Database) -> None:
    await migrate(earlier)
    assert await faults_of(earlier) == ()
    (row,) = await rows(earlier, "SELECT newest_entry_id FROM wallet")
    assert row["newest_entry_id"] == b"\x69" + b"\x02" * 11
    with pytest.raises(DataRefused, match="its rows are never changed"):
        await rows(earlier, "UPDATE ledger_entry SET note = ''")


async def test_an_earlier_release_may_go_on_writing(earlier: Database) -> None:
    await migrate(earlier)
    await write(earlier, b"\x69" + b"\x03" * 11)
    assert await faults_of(earlier) == ()
    async with earlier.transaction() as connection:
        await ensure_partitions(connection, LATER)
    assert await closed(earlier, LATER) == 1
    await drop_month(earlier, date(2026, 3, 1))
    assert await faults_of(earlier) == ()
    (row,) = await rows(earlier, "SELECT balance_after_micro FROM ledger_closing")
    assert row["balance_after_micro"] == 3 * EUR
