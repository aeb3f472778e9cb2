"""Searching an account's ledger entries: by month and kind, newest first, page by page."""

from collections.abc import Sequence
from typing import Final

import msgspec

from staffetta.db.pool import Connection
from staffetta.ledger import reading_sql as sql
from staffetta.ledger.book import EntryKind
from staffetta.ledger.period import Period
from staffetta.ledger.read_series import read_newest_mark
from staffetta.ledger.statement_sql import FIND_ENTRY_BEFORE
from staffetta.ledger.transactions import Transaction

LISTED_MAX: Final = 1_000
LOOKED_AT_MAX: Final = 200_000  # entries, for one page


class EntrySearch(msgspec.Struct, frozen=True):
    """What is asked for."""

    period: Period | None = None  # None: always
    kind: EntryKind | None = None  # None: any
    before: int | None = None  # a sequence: only what is older
    limit: int = 50


class EntryPage(msgspec.Struct, frozen=True):
    """A page. It may be short, even empty, and still have a next one: see LOOKED_AT_MAX."""

    entries: Sequence[Transaction]
    next_before: int | None  # None: there is nothing after it


async def search_entries(
    connection: Connection,
    space_id: int,
    wanted: EntrySearch,
    looked_at_max: int = LOOKED_AT_MAX,
) -> EntryPage:
    """One page of a space's entries, newest first.

    Sequences have no gaps and grow with ids, so a range of them says how much is looked at.
    """
    period = wanted.period or Period.always()
    lowest, highest = await _range(connection, space_id, wanted.period)
    if wanted.before is not None:
        highest = min(highest, wanted.before - 1)
    looked_from = max(lowest, highest - looked_at_max + 1)
    limit = min(wanted.limit, LISTED_MAX)
    rows = await connection.fetch(
        sql.SEARCH_ENTRIES,
        *(space_id, looked_from, highest, period.first_id, period.after_id, wanted.kind, limit + 1),
    )
    entries = [Transaction(**{**dict(row.items()), "kind": EntryKind(row["kind"])}) for row in rows]
    if len(entries) > limit:
        return EntryPage(entries[:limit], entries[limit - 1].sequence)
    return EntryPage(entries, looked_from if looked_from > lowest else None)


async def _range(connection: Connection, space_id: int, period: Period | None) -> tuple[int, int]:
    """The sequences of a period, both ends included; the second is below the first for none."""
    if period is None:
        return 1, (await read_newest_mark(connection, space_id)).sequence
    newest = await connection.fetchrow(FIND_ENTRY_BEFORE, space_id, period.after_id)
    before = await connection.fetchrow(FIND_ENTRY_BEFORE, space_id, period.first_id)
    return (before["sequence"] if before else 0) + 1, newest["sequence"] if newest else 0
