"""What was spent, summed up from the ledger and its closings."""

from datetime import UTC, date, datetime, timedelta

from open_books import EUR, closed, drop_month, make_space, rows, tamper

from staffetta.db.pool import Database
from staffetta.domain.ids import IdMaker, lowest_id
from staffetta.ledger import spending_sql as sql
from staffetta.ledger.book import CounterAccount, EntryKind
from staffetta.ledger.read_spending import read_spent
from staffetta.ledger.store import open_book, write_book

MIDNIGHT = datetime(2026, 4, 1, tzinfo=UTC)
MARCH_31, APRIL_1, MAY_31 = date(2026, 3, 31), date(2026, 4, 1), date(2026, 5, 31)
EVER = date(1970, 1, 1)
IN_MAY = datetime(2026, 5, 10, tzinfo=UTC)


async def move(
    database: Database, space_id: int, kind: EntryKind, micro: int, now: datetime
) -> None:
    async with database.transaction() as connection:
        book = await open_book(connection, [space_id], IdMaker(), now)
        book.move(space_id, kind, micro, CounterAccount.REVENUE)
        await write_book(connection, book)


async def spent(database: Database, space_id: int, first: date, last: date) -> int:
    async with database.acquire() as connection:
        return await read_spent(connection, space_id, first, last)


async def test_spending_is_what_requests_cost_less_what_came_back(database: Database):
    anna = await make_space(database, "anna@example.com", 10 * EUR)
    bruno = await make_space(database, "bruno@example.com", 10 * EUR)
    last_moment = MIDNIGHT - timedelta(milliseconds=1)
    await move(database, anna, EntryKind.CHARGE, -30, last_moment)
    await move(database, anna, EntryKind.CAPTURE, -5, MIDNIGHT)
    await move(database, anna, EntryKind.PENALTY, -100, MIDNIGHT + timedelta(hours=1))
    await move(database, anna, EntryKind.REFUND, 30, MIDNIGHT + timedelta(hours=23))
    await move(database, anna, EntryKind.BUNDLE, -1_000, MIDNIGHT + timedelta(hours=23))
    await move(database, anna, EntryKind.ADJUSTMENT, -1_000, MIDNIGHT + timedelta(hours=23))
    await move(database, anna, EntryKind.CHARGE, -7, MIDNIGHT + timedelta(days=1))
    await move(database, bruno, EntryKind.CHARGE, -999, MIDNIGHT)
    assert await spent(database, anna, MARCH_31, MARCH_31) == 30
    assert await spent(database, anna, APRIL_1, APRIL_1) == 75
    assert await spent(database, anna, MARCH_31, APRIL_1) == 105
    assert await spent(database, anna, date(2026, 2, 1), date(2026, 2, 28)) == 0


async def test_a_month_that_was_closed_and_dropped_still_counts(database: Database):
    anna = await make_space(database, "anna@example.com", 10 * EUR)
    await move(database, anna, EntryKind.CHARGE, -30, MIDNIGHT - timedelta(milliseconds=1))
    await move(database, anna, EntryKind.CHARGE, -5, MIDNIGHT)
    await move(database, anna, EntryKind.REFUND, 1, IN_MAY)
    days = {
        "all": (EVER, MAY_31),
        "march": (date(2026, 3, 1), MARCH_31),
        "april": (APRIL_1, date(2026, 4, 30)),
        "a day of april and may": (APRIL_1, MAY_31),
        "may": (date(2026, 5, 1), MAY_31),
    }
    before = {name: await spent(database, anna, *these) for name, these in days.items()}
    assert before == {"all": 34, "march": 30, "april": 5, "a day of april and may": 4, "may": -1}
    await closed(database, IN_MAY)
    assert {name: await spent(database, anna, *these) for name, these in days.items()} == before
    await drop_month(database, date(2026, 3, 1))
    assert {name: await spent(database, anna, *these) for name, these in days.items()} == before
    assert await spent(database, anna, MARCH_31, MAY_31) == 4  # of a part nothing is known


async def test_closed_months_are_not_summed_up_again(database: Database):
    anna = await make_space(database, "anna@example.com", 10 * EUR)
    await move(database, anna, EntryKind.CHARGE, -5, MIDNIGHT)
    await closed(database, IN_MAY)
    await tamper(database, "UPDATE ledger_entry SET amount_micro = -9 WHERE kind = 'charge'")
    assert await spent(database, anna, EVER, MAY_31) == 5


async def test_a_month_reads_only_its_partition(database: Database):
    april = lowest_id(MIDNIGHT), lowest_id(datetime(2026, 5, 1, tzinfo=UTC))
    plan = await rows(database, f"EXPLAIN {sql.READ_SPENT}", 1, *april, ["charge"])
    text = "\n".join(row[0] for row in plan)
    assert "ledger_entry_2026_04" in text
    assert "ledger_entry_2026_03" not in text
    assert "ledger_entry_2026_05" not in text
