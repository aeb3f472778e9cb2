"""The list of forbidden words in the database: changed by operators, followed by every process."""

import asyncio
from datetime import UTC, datetime

import pytest

from staffetta.compliance.edit_words import Changed, add_entries, list_entries, remove_entries
from staffetta.compliance.entries import PATTERNS_MAX, make_entry
from staffetta.compliance.errors import ListFull, NoSuchEntry
from staffetta.compliance.live_words import LiveWords
from staffetta.compliance.word_file import NotedEntry
from staffetta.db.pool import Database

NOW = datetime(2026, 3, 14, tzinfo=UTC)


def noted(text: str, kind: str = "word", country: str = "*", note: str = "") -> NotedEntry:
    return NotedEntry(make_entry(kind, text, country), note)


async def add(database: Database, *entries: NotedEntry, replace: bool = False) -> Changed:
    async with database.transaction() as connection:
        return await add_entries(connection, entries, NOW, replace=replace)


async def remove(database: Database, *entry_ids: int) -> Changed:
    async with database.transaction() as connection:
        return await remove_entries(connection, entry_ids)


async def listed(database: Database, **asked: object) -> list[tuple[int, str]]:
    async with database.acquire() as connection:
        page = await list_entries(connection, **asked)  # type: ignore[arg-type]
    return [(one.entry_id, one.noted.entry.text) for one in page.entries]


async def test_before_the_first_reading_the_list_is_empty_and_not_loaded(
    database: Database,
) -> None:
    await add(database, noted("viagra"))
    words = LiveWords(database)
    assert not words.loaded
    assert words.list.find("viagra", "x", "IT") is None
    assert await words.refresh_once() == 1
    assert words.loaded
    assert words.list.find("viagra", "x", "IT") is not None


async def test_every_change_is_taken_up_once(database: Database) -> None:
    words = LiveWords(database)
    assert [await words.refresh_once(), await words.refresh_once()] == [1, 0]
    await add(database, noted("viagra"), noted(r"bit\.ly", "pattern", "ES"))
    assert [await words.refresh_once(), await words.refresh_once()] == [1, 0]
    assert words.list.find("v1agra", "x", "IT") is not None
    assert words.list.find("bit.ly", "x", "ES") is not None
    ((number, _), _) = await listed(database)
    await remove(database, number)
    assert await words.refresh_once() == 1
    assert words.list.find("viagra", "x", "IT") is None
    assert words.list.find("bit.ly", "x", "ES") is not None


async def test_a_change_by_hand_is_taken_up_too(database: Database) -> None:
    await add(database, noted("viagra"))
    words = LiveWords(database)
    await words.refresh_once()
    async with database.acquire() as connection:
        await connection.execute("TRUNCATE forbidden_word")
    assert await words.refresh_once() == 1
    assert len(words.list) == 0


async def test_a_large_list_is_built_while_other_work_goes_on(database: Database) -> None:
    await add(database, *(noted(f"word{number}") for number in range(5_000)))
    words = LiveWords(database)
    turns = 0
    refreshing = asyncio.create_task(words.refresh_once())
    while not refreshing.done():
        await asyncio.sleep(0)
        turns += 1
    assert await refreshing == 1
    assert len(words.list) == 5_000
    assert turns > 1


async def test_what_is_there_already_stays_as_it_is(database: Database) -> None:
    assert await add(database, noted("viagra", note="first")) == Changed(1, 0, 0, 1)
    changed = await add(database, noted("viagra", note="second"), noted("viagra", country="IT"))
    assert changed == Changed(1, 1, 0, 2)
    async with database.acquire() as connection:
        page = await list_entries(connection)
    assert [one.noted.note for one in page.entries] == ["first", ""]


async def test_replacing_leaves_exactly_what_was_given(database: Database) -> None:
    await add(database, noted("one1"), noted("two2"), noted("two2", country="IT"))
    changed = await add(database, noted("two2"), noted("three3"), replace=True)
    assert changed == Changed(1, 1, 2, 2, ("one1", "two2"))
    assert [text for _, text in await listed(database)] == ["two2", "three3"]


async def test_the_list_can_be_narrowed(database: Database) -> None:
    await add(
        database,
        noted("Viagra"),
        noted("lotto", country="IT"),
        noted("gratta e vinci", "phrase", "IT"),
    )

    async def texts(**asked: object) -> list[str]:
        return [text for _, text in await listed(database, **asked)]

    assert await texts(kind="phrase") == ["gratta e vinci"]
    assert await texts(country="IT") == ["lotto", "gratta e vinci"]
    assert await texts(country="*") == ["Viagra"]
    assert await texts(holding="VIA") == ["Viagra"]
    assert await texts(holding="%") == []
    async with database.acquire() as connection:
        page = await list_entries(connection, limit=1)
    assert (len(page.entries), page.total) == (1, 3)


async def test_removing_is_all_or_nothing(database: Database) -> None:
    await add(database, noted("viagra"))
    ((number, _),) = await listed(database)
    with pytest.raises(NoSuchEntry, match="no entry 998, 999"):
        await remove(database, number, 999, 998)
    assert len(await listed(database)) == 1
    assert await remove(database, number) == Changed(0, 0, 1, 0, ("viagra",))


async def test_a_list_has_a_limit_of_patterns_and_is_left_as_it_was(database: Database) -> None:
    patterns = [noted(f"zz{number}", "pattern") for number in range(PATTERNS_MAX)]
    await add(database, *patterns)
    with pytest.raises(ListFull, match=f"{PATTERNS_MAX} at most"):
        await add(database, noted("one more", "pattern"))
    assert len(await listed(database)) == PATTERNS_MAX


async def test_patterns_that_are_too_large_together_are_refused(database: Database) -> None:
    with pytest.raises(ListFull, match="too large together"):
        await add(database, *(noted(f"a.{{1,90}}b{n}c", "pattern") for n in range(40)))
    assert await listed(database) == []


async def test_two_operators_at_once_wait_for_each_other(database: Database) -> None:
    halves = [[noted(f"w{n:03}"), noted(f"w{199 - n:03}")] for n in range(100)]
    changes = await asyncio.gather(*(add(database, *half) for half in halves))
    assert sum(changed.added for changed in changes) == 200
    assert max(changed.total for changed in changes) == 200
    words = LiveWords(database)
    await words.refresh_once()
    assert len(words.list) == 200
