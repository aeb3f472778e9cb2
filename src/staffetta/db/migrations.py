"""Numbered, forward-only migrations: SQL files of the package, each applied in one transaction.

Owns the table schema_migration. A file that was applied never changes again: its checksum is
compared at every start. It makes no partitions (see partitions.py).
"""

import hashlib
import re
from dataclasses import dataclass
from importlib import resources
from typing import Final

import structlog

from staffetta.db.pool import Connection, Database

_log = structlog.get_logger(__name__)

_FILE_NAME: Final = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql", re.ASCII)
_LOCK: Final = 0x57AF_FE77  # any number that no other advisory lock of ours uses
_NO_TIMEOUT: Final = "SET LOCAL statement_timeout = 0"
# The driver has a limit of its own. A table may be of any length, and whoever finds somebody else
# migrating waits for all of it.
_SECONDS_MAX: Final = 7 * 86_400.0

LOCK_MIGRATIONS = "SELECT pg_advisory_xact_lock($1)"
CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migration (
    number      integer PRIMARY KEY,
    name        text NOT NULL,
    checksum    bytea NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT now()
)
"""
READ_APPLIED = "SELECT number, name, checksum FROM schema_migration ORDER BY number"
MARK_APPLIED = "INSERT INTO schema_migration (number, name, checksum) VALUES ($1, $2, $3)"


class MigrationError(Exception):
    """The database's schema and this release do not fit; the text says how."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> bytes:
        """SHA-256 of the text."""
        return hashlib.sha256(self.sql.encode()).digest()

    @property
    def title(self) -> str:
        """Its file's name, without the ending."""
        return f"{self.number:04}_{self.name}"


def packaged_migrations() -> tuple[Migration, ...]:
    """The migrations of this release, in their order."""
    found = []
    for entry in resources.files("staffetta.db").joinpath("migrations").iterdir():
        match = _FILE_NAME.fullmatch(entry.name)
        if match:
            found.append(Migration(int(match[1]), match[2], entry.read_text(encoding="utf-8")))
    found.sort(key=lambda migration: migration.number)
    return tuple(found)


async def migrate(
    database: Database, migrations: tuple[Migration, ...] | None = None
) -> list[Migration]:
    """Apply what is missing; answers what was applied. Two processes may do it at once.

    Raises MigrationError when an applied file changed, or the database is newer than this release.
    """
    known = packaged_migrations() if migrations is None else migrations
    applied = []
    for migration in known:
        # Each in a transaction of its own, so that a failing one keeps its predecessors.
        async with database.transaction() as connection:
            if await _apply(connection, migration, known):
                applied.append(migration)
                _log.info("migrated", migration=migration.title)
    return applied


async def _apply(
    connection: Connection, migration: Migration, known: tuple[Migration, ...]
) -> bool:
    await connection.execute(_NO_TIMEOUT)
    await connection.execute(LOCK_MIGRATIONS, _LOCK, timeout=_SECONDS_MAX)
    await connection.execute(CREATE_TABLE)
    numbers = await _check_applied(connection, known)
    if migration.number in numbers:
        return False
    await connection.execute(migration.sql, timeout=_SECONDS_MAX)
    await connection.execute(MARK_APPLIED, migration.number, migration.name, migration.checksum)
    return True


async def _check_applied(connection: Connection, known: tuple[Migration, ...]) -> set[int]:
    """The numbers that are applied, when they are what this release knows."""
    by_number = {migration.number: migration for migration in known}
    rows = await connection.fetch(READ_APPLIED)
    for row in rows:
        migration = by_number.get(row["number"])
        if migration is None:
            raise MigrationError(
                f"the database has migration {row['number']:04}_{row['name']}, which this release "
                "does not know: it was migrated by a newer release; run that one"
            )
        if migration.checksum != row["checksum"]:
            raise MigrationError(
                f"migration {migration.title} was applied with another text: applied "
                "migrations never change; restore its file and write a new migration instead"
            )
    return {row["number"] for row in rows}
