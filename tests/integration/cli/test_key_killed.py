"""Sealing anew survives being killed at any moment."""

import asyncio
import os
import sys
from datetime import timedelta
from typing import Any

from staffetta.accounts.create_token import token_purpose
from staffetta.db.pool import Database
from staffetta.domain.secrets import Keyring

OLD, NEW = "ab" * 32, "cd" * 32
BEFORE, AFTER, NEWEST_ALONE = Keyring.parse(OLD), Keyring.parse(f"{NEW}\n{OLD}"), Keyring.parse(NEW)
TOKEN_COUNT = 20_000
_COUNT_RESEALED = "SELECT count(*) FROM token WHERE substr(sealed, 2, 4) = $1"
_HOLD = "SELECT FROM token WHERE hash = $1 FOR UPDATE"
_SOMEBODY_WAITS = """
SELECT EXISTS (SELECT FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock')
"""


def _hash(number: int) -> bytes:
    return number.to_bytes(32, "big")


async def _fill(database: Database, now: Any) -> None:
    hashes = [_hash(number) for number in range(TOKEN_COUNT)]
    async with database.transaction() as connection:
        space_id = await connection.fetchval("SELECT min(id) FROM space")
        columns = ("hash", "space_id", "scopes", "sealed", "hint", "created_at", "updated_at")
        await connection.copy_records_to_table(
            "token",
            records=[
                (one, space_id, [], BEFORE.seal(one, token_purpose(one)), "", now, now, now)
                for one in hashes
            ],
            columns=(*columns, "expire_at"),
        )


async def _somebody_waits(database: Database) -> bool:
    async with database.acquire() as connection:
        waits: bool = await connection.fetchval(_SOMEBODY_WAITS)
        return waits


async def _resealed_count(database: Database) -> int:
    async with database.acquire() as connection:
        count: int = await connection.fetchval(_COUNT_RESEALED, NEWEST_ALONE.key_ids[0])
        return count


async def test_what_a_killed_reseal_left_is_found_by_the_next(
    database: Database, database_url: str, staffetta, clock
) -> None:
    await staffetta("account", "create", "--email", "anna@example.com")
    await _fill(database, clock.now() + timedelta(days=1))
    keys = {"STAFFETTA_SERVER_KEY": f"{NEW}\n{OLD}"}
    clean = {name: value for name, value in os.environ.items() if "STAFFETTA" not in name}
    async with database.transaction() as connection:
        # It comes as far as the middle, and waits there inside a page until it is killed.
        await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        await connection.execute(_HOLD, _hash(TOKEN_COUNT // 2))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from staffetta.cli import main; main()", "key", "reseal"),
            env={**clean, "STAFFETTA_DATABASE_URL": database_url, **keys},
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(300):
                while not await _somebody_waits(database):
                    assert process.returncode is None
                    await asyncio.sleep(0.01)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
        done_count = await _resealed_count(database)
    assert 0 < done_count < TOKEN_COUNT

    resealed = (await staffetta("key", "reseal", "--json", **keys)).json

    by_column = {one["column"]: one for one in resealed}
    assert by_column["token.sealed"]["resealed"] == TOKEN_COUNT - done_count
    assert by_column["token.sealed"]["unreadable"] == 0
    assert await _resealed_count(database) == TOKEN_COUNT
    async with database.acquire() as connection:
        for row in await connection.fetch(
            "SELECT hash, sealed FROM token WHERE sealed IS NOT NULL"
        ):
            assert NEWEST_ALONE.unseal(row["sealed"], token_purpose(row["hash"])) == row["hash"]
