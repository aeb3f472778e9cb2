"""Changing and listing the forbidden words. A running server takes a change up by itself.

Entries come in checked (entries.py); here is what a list as a whole may be.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Final

import msgspec

from staffetta.compliance import sql
from staffetta.compliance.entries import ENTRIES_MAX, PATTERNS_MAX, Entry
from staffetta.compliance.errors import InvalidEntry, ListFull, NoSuchEntry
from staffetta.compliance.patterns import ALL_STEPS_MAX, compile_patterns
from staffetta.compliance.word_file import NotedEntry
from staffetta.db.pool import Connection, Row

LISTED_MAX: Final = ENTRIES_MAX
TOLD_MAX: Final = 20  # of the entries that were removed, their texts


class Changed(msgspec.Struct, frozen=True):
    """What a change of the list came to, in entries."""

    added: int
    present: int  # before, and left as they were
    removed: int
    total: int
    removed_texts: tuple[str, ...] = ()  # the first TOLD_MAX of them


class ListedEntry(msgspec.Struct, frozen=True):
    """An entry as the list has it."""

    entry_id: int
    noted: NotedEntry
    created_at: datetime


class Page(msgspec.Struct, frozen=True):
    """The first entries of those asked for, and how many there are."""

    entries: tuple[ListedEntry, ...]
    total: int


async def add_entries(
    connection: Connection, entries: Sequence[NotedEntry], now: datetime, *, replace: bool = False
) -> Changed:
    """Add entries in the caller's transaction; with `replace`, all others go.

    What the list has already is left as it is, with its note. Raises ListFull.
    """
    await connection.execute(sql.LOCK_WORDS)
    kinds = [noted.entry.kind for noted in entries]
    texts = [noted.entry.text for noted in entries]
    countries = [noted.entry.country for noted in entries]
    removed = (
        await connection.fetch(sql.KEEP_ONLY_WORDS, kinds, texts, countries) if replace else []
    )
    notes = [noted.note for noted in entries]
    added = await connection.fetch(sql.ADD_WORDS, kinds, texts, countries, notes, now)
    total = await _count(connection)
    return Changed(len(added), len(entries) - len(added), len(removed), total, _texts(removed))


async def remove_entries(connection: Connection, entry_ids: Sequence[int]) -> Changed:
    """Remove entries by their numbers, all or none; raises NoSuchEntry."""
    await connection.execute(sql.LOCK_WORDS)
    rows = await connection.fetch(sql.REMOVE_WORDS, list(entry_ids))
    missing = sorted(set(entry_ids) - {row["id"] for row in rows})
    if missing:
        raise NoSuchEntry(
            f"the list has no entry {', '.join(map(str, missing))}: `staffetta words list` shows"
            " the numbers"
        )
    return Changed(0, 0, len(rows), await _count(connection), _texts(rows))


async def list_entries(
    connection: Connection,
    *,
    kind: str | None = None,
    country: str | None = None,
    holding: str = "",
    limit: int = LISTED_MAX,
    skip: int = 0,
) -> Page:
    """The entries of a kind and of a country (its own, not "*"), whose text holds some letters."""
    rows = await connection.fetch(sql.LIST_WORDS, kind, country, holding, limit, skip)
    return Page(tuple(map(_listed, rows)), rows[0]["total"] if rows else 0)


async def find_entry(connection: Connection, entry_id: int) -> ListedEntry:
    """One entry by its number; raises NoSuchEntry."""
    row = await connection.fetchrow(sql.FIND_WORD, entry_id)
    if row is None:
        raise NoSuchEntry(f"the list has no entry {entry_id}")
    return _listed(row)


async def change_entry(connection: Connection, entry_id: int, noted: NotedEntry) -> NotedEntry:
    """Write another entry in the place of one, in the caller's transaction; answers the old one.

    Raises NoSuchEntry, ListFull, and InvalidEntry where the list has the new one already.
    """
    await connection.execute(sql.LOCK_WORDS)
    before = await find_entry(connection, entry_id)
    entry = noted.entry
    written = (entry_id, entry.kind, entry.text, entry.country)
    if await connection.fetchval(sql.WORD_IS_THERE, *written):
        raise InvalidEntry(f"the list has this {entry.kind} for {entry.country} already")
    await connection.execute(sql.CHANGE_WORD, *written, noted.note)
    await _count(connection)
    return before.noted


def _texts(removed: Sequence[Row]) -> tuple[str, ...]:
    first = sorted(removed, key=itemgetter("id"))[:TOLD_MAX]
    return tuple(row["text"] for row in first)


def _listed(row: Row) -> ListedEntry:
    return ListedEntry(
        row["id"],
        NotedEntry(Entry(row["kind"], row["text"], row["country"]), row["note"]),
        row["created_at"],
    )


async def _count(connection: Connection) -> int:
    row = await connection.fetchrow(sql.COUNT_WORDS)
    assert row is not None, "a count always is a row"
    if row["entry_count"] > ENTRIES_MAX:
        raise ListFull(f"the list would have {row['entry_count']} entries: {ENTRIES_MAX} at most")
    if len(row["patterns"]) > PATTERNS_MAX:
        raise ListFull(
            f"the list would have {len(row['patterns'])} patterns: {PATTERNS_MAX} at most"
        )
    if row["patterns"] and await asyncio.to_thread(_steps, row["patterns"]) > ALL_STEPS_MAX:
        raise ListFull(
            "the patterns of the list would be too large together: repeat less in them, or remove"
            " some"
        )
    return int(row["entry_count"])


def _steps(patterns: Sequence[str]) -> int:
    return compile_patterns(patterns).programsize
