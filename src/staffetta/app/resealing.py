"""Sealing again with the newest key what an older one sealed, and counting what each key sealed.

Owns the walk over every sealed column, in pages by primary key: each page is read and written in
one short transaction, so a kill at any moment loses one page at most, and a walk that begins anew
finds only what is left. A value that somebody changes meanwhile wins: it is sealed with the newest
key already.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from staffetta.app.sealed_columns import SEALED_COLUMNS, SealedColumn
from staffetta.db.pool import Connection, Database, Row, TryAgain
from staffetta.domain.secrets import CannotUnseal, Keyring, key_id_of

PAGE_ROWS_MAX: Final = 500
_TRIES_MAX: Final = 5  # of one page: somebody else may hold its rows in another order


@dataclass(slots=True)
class Tally:
    """What became of one column's values."""

    column: str
    resealed_count: int = 0
    unreadable_count: int = 0  # no key of ours opens them: they are left as they are


class Resealer:
    """One walk over everything that is sealed."""

    def __init__(
        self, database: Database, keyring: Keyring, page_rows_max: int = PAGE_ROWS_MAX
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._page_rows_max = page_rows_max
        self._left = list(SEALED_COLUMNS)
        self._after: tuple[object, ...] | None = None
        self.tallies = {column.name: Tally(column.name) for column in SEALED_COLUMNS}

    async def run(self) -> Sequence[Tally]:
        """Walk to the end; raises what the database raises."""
        while await self.reseal_once():
            pass
        return list(self.tallies.values())

    async def reseal_once(self) -> int:
        """Do one page; answers how many pages were done: 0 when the walk is over."""
        if not self._left:
            return 0
        column = self._left[0]
        page = await self._reseal_page(column)
        if len(page) < self._page_rows_max:
            self._left.pop(0)
            self._after = None
        else:
            self._after = _key_of(column, page[-1])
        return 1

    async def _reseal_page(self, column: SealedColumn) -> Sequence[Row]:
        for _ in range(_TRIES_MAX - 1):
            try:
                return await self._try_page(column)
            except TryAgain:
                continue
        return await self._try_page(column)

    async def _try_page(self, column: SealedColumn) -> Sequence[Row]:
        async with self._database.transaction() as connection:
            page = await _read_page(connection, column, self._page_rows_max, self._after)
            changes, unreadable_count = self._changes(column, page)
            if changes:
                await connection.executemany(column.replace, changes)
        tally = self.tallies[column.name]
        tally.resealed_count += len(changes)
        tally.unreadable_count += unreadable_count
        return page

    def _changes(
        self, column: SealedColumn, page: Sequence[Row]
    ) -> tuple[list[tuple[object, ...]], int]:
        """The arguments of `column.replace` for what is stale, and how many do not open."""
        changes: list[tuple[object, ...]] = []
        unreadable_count = 0
        for row in page:
            sealed: bytes | None = row["sealed_value"]
            if sealed is None or self._keyring.is_current(sealed):
                continue
            purpose = column.purpose(*(row[name] for name in column.bound_to))
            try:
                fresh = self._keyring.seal(self._keyring.unseal(sealed, purpose), purpose)
            except CannotUnseal:
                unreadable_count += 1
                continue
            changes.append((fresh, sealed, *_key_of(column, row)))
        return changes, unreadable_count


async def count_by_key(database: Database) -> Counter[bytes]:
    """How many values each key sealed, by key id; b"" for what no key of any server sealed."""
    counts: Counter[bytes] = Counter()
    for column in SEALED_COLUMNS:
        async for page in _pages(database, column):
            values = (row["sealed_value"] for row in page)
            counts.update(key_id_of(value) or b"" for value in values if value is not None)
    return counts


async def _pages(database: Database, column: SealedColumn) -> AsyncIterator[Sequence[Row]]:
    after: tuple[object, ...] | None = None
    while True:
        async with database.acquire() as connection:
            page = await _read_page(connection, column, PAGE_ROWS_MAX, after)
        yield page
        if len(page) < PAGE_ROWS_MAX:
            return
        after = _key_of(column, page[-1])


async def _read_page(
    connection: Connection,
    column: SealedColumn,
    rows_max: int,
    after: tuple[object, ...] | None,
) -> Sequence[Row]:
    statement = column.read_page(first=after is None)
    return await connection.fetch(statement, rows_max, *(after or ()))


def _key_of(column: SealedColumn, row: Row) -> tuple[object, ...]:
    return tuple(row[name] for name in column.key)
