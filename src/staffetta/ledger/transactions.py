"""What moved an account's money: its ledger entries, newest first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from staffetta.db.pool import Connection
from staffetta.ledger import reading_sql as sql
from staffetta.ledger.book import EntryKind

LISTED_MAX: Final = 1_000


class Transaction(msgspec.Struct, frozen=True):
    """One entry as its account sees it. Money in micro-units, above 0 into the wallet."""

    id: bytes
    sequence: int  # of the space: from 1, without gaps
    at: datetime
    kind: EntryKind
    amount_micro: int
    balance_after_micro: int
    counter_account: str
    message_id: bytes | None
    note: str


async def list_transactions(
    connection: Connection, space_id: int, skip_count: int = 0, limit: int = LISTED_MAX
) -> Sequence[Transaction]:
    """A space's entries, newest first; however many are skipped costs nothing."""
    rows = await connection.fetch(
        sql.LIST_TRANSACTIONS, space_id, skip_count, min(limit, LISTED_MAX)
    )
    return [Transaction(**{**dict(row.items()), "kind": EntryKind(row["kind"])}) for row in rows]
