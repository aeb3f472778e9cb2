"""What was spent by day, summed up from the ledger."""

from datetime import UTC, date, datetime, timedelta

from open_books import EUR, make_space, rows

from staffetta.db.pool import Database
from staffetta.domain.ids import IdMaker, lowest_id
from staffetta.ledger import spending_sql as sql
from staffetta.ledger.book import CounterAccount, EntryKind
from staffetta.ledger.read_spending import spending_by_day
from staffetta.ledger.store import open_book, write_book

IDS = IdMaker()
MIDNIGHT = datetime(2026, 4, 1, tzinfo=UTC)
MARCH_31, APRIL_1 = date(2026, 3, 31), date(2026, 4, 1)


async def move(
    database: Database, space_id: int, kind: EntryKind, micro: int, now: datetime
) -> None:
    async with database.transaction() as connection:
        book = await open_book(connection, [space_id], IDS, now)
        book.move(space_id, kind, micro, CounterAccount.REVENUE)
        await write_book(connection, book)


async def spent(database: Database, space_id: int, first: date, last: date) -> dict[date, int]:
    async with database.acquire() as connection:
        return await spending_by_day(connection, space_id, first, last)


async def test_spending_is_what_requests_cost_less_what_came_back(database: Database):
    anna = await make_space(database, "anna@example.com", 10 * EUR)
    bruno = await make_space(database, "bruno@example.com", 10 * EUR)
    last_moment = MIDNIGHT - timedelta(milliseconds=1)
    await move(database, anna, EntryKind.CHARGE, -30, last_moment)
    await move(database, anna, EntryKind.CAPTURE, -5, MIDNIGHT)
    await move(database, anna, EntryKind.PENALTY, -100, MIDNIGHT + timedelta(hours=1))
    await move(database, anna, EntryKind.REFUND, 30, MIDNIGHT + timedelta(hours=23))
    await move(database, anna, EntryKind.BUNDLE, -1_000, MIDNIGHT + timedelta(hours=2))
    await move(database, anna, EntryKind.ADJUSTMENT, -1_000, MIDNIGHT + timedelta(hours=2))
    await move(database, anna, EntryKind.CHARGE, -7, MIDNIGHT + timedelta(days=1))
    await move(database, bruno, EntryKind.CHARGE, -999, MIDNIGHT)
    assert await spent(database, anna, MARCH_31, APRIL_1) == {MARCH_31: 30, APRIL_1: 75}
    assert await spent(database, anna, APRIL_1, APRIL_1) == {APRIL_1: 75}
    assert await spent(database, anna, date(2026, 2, 1), date(2026, 2, 28)) == {}


async def test_a_month_reads_only_its_partition(database: Database):
    april = lowest_id(MIDNIGHT), lowest_id(datetime(2026, 5, 1, tzinfo=UTC))
    plan = await rows(database, f"EXPLAIN {sql.SPENDING_BY_DAY}", 1, *april)
    text = "\n".join(row[0] for row in plan)
    assert "ledger_entry_2026_04" in text
    assert "ledger_entry_2026_03" not in text
    assert "ledger_entry_2026_05" not in text
