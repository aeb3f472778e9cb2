"""Whatever moves money goes through `ledger/`: nothing else in the source says so in SQL."""

import re
from pathlib import Path

import staffetta

SOURCE = Path(staffetta.__file__).parent
TABLES = "wallet|hold|ledger_entry|ledger_closing|credit_limit_change|bundle|bundle_use"
STATEMENT = re.compile(
    rf"\b(INTO|UPDATE|FROM|JOIN|TABLE|TRUNCATE|ONLY|USING|MERGE INTO|COPY)\s+({TABLES})\b"
)
COPY = re.compile(rf"copy_records_to_table\(\s*\"({TABLES})\"")

# What remains outside, and why.
ALLOWED = {
    # A wallet is made with its space, empty.
    ("accounts/sql/accounts.py", "INTO wallet"),
    # A block is imposed under the wallet's lock, so that nothing is accepted after it.
    ("compliance/sql.py", "FROM wallet"),
    # Carries a block from the space into the wallet's row, where acceptance reads it.
    ("db/migrations/0003_compliance.sql", "UPDATE wallet"),
    # Tables are made and altered, and filled once, where migrations are.
    ("db/migrations/0001_foundation.sql", "TABLE wallet"),
    ("db/migrations/0001_foundation.sql", "TABLE ledger_entry"),
    ("db/migrations/0001_foundation.sql", "TABLE hold"),
    ("db/migrations/0003_compliance.sql", "TABLE wallet"),
    ("db/migrations/0004_bundles.sql", "TABLE bundle"),
    ("db/migrations/0004_bundles.sql", "TABLE bundle_use"),
    ("db/migrations/0004_bundles.sql", "TABLE wallet"),
    ("db/migrations/0009_books.sql", "TABLE ledger_entry"),
    ("db/migrations/0009_books.sql", "TABLE ledger_closing"),
    ("db/migrations/0009_books.sql", "TABLE credit_limit_change"),
    ("db/migrations/0009_books.sql", "TABLE wallet"),
    ("db/migrations/0009_books.sql", "UPDATE wallet"),
    ("db/migrations/0009_books.sql", "FROM ledger_entry"),
    # A function reads what keeps a month from being dropped.
    ("db/migrations/0009_books.sql", "FROM wallet"),
    ("db/migrations/0009_books.sql", "FROM ledger_closing"),
    # A trace reads what was moved for one message, in the snapshot of everything else about it.
    ("messaging/tracing/sql.py", "FROM wallet"),
    ("messaging/tracing/sql.py", "FROM hold"),
    ("messaging/tracing/sql.py", "FROM ledger_entry"),
    ("messaging/tracing/sql.py", "FROM bundle_use"),
    ("messaging/tracing/sql.py", "JOIN bundle"),
}


def statements(text: str) -> set[str]:
    """The places of a file that name a table of money, as a statement does."""
    return {
        *(f"{word} {table}" for word, table in STATEMENT.findall(text)),
        *(f"COPY {table}" for table in COPY.findall(text)),
    }


def found_in(*folders: str) -> set[tuple[str, str]]:
    return {
        (path.relative_to(SOURCE).as_posix(), statement)
        for path in SOURCE.rglob("*")
        if path.suffix in {".py", ".sql"} and path.relative_to(SOURCE).parts[0] in folders
        for statement in statements(path.read_text(encoding="utf-8"))
    }


def test_nothing_outside_the_ledger_touches_money_but_what_is_listed() -> None:
    folders = {path.name for path in SOURCE.iterdir() if path.is_dir()} - {"ledger"}
    assert found_in(*folders) == ALLOWED


def test_the_search_finds_what_the_ledger_does() -> None:
    assert {
        ("ledger/sql.py", "INTO ledger_entry"),
        ("ledger/sql.py", "UPDATE wallet"),
        ("ledger/sql.py", "INTO hold"),
        ("ledger/sql.py", "UPDATE bundle"),
    } <= found_in("ledger")
    assert statements('await connection.copy_records_to_table("hold", records=x)') == {"COPY hold"}
