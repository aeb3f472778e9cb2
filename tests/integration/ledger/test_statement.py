"""Statements and exports explain every cent of a period, dropped months included."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from hand_gateway import FRENCH, FrozenClock, Gateway, accepted, make_gateway, make_space
from open_books import closed, drop_month

from staffetta.db.pool import Connection, Database
from staffetta.domain.environments import Market
from staffetta.domain.money import parse_amount
from staffetta.ledger.book import CounterAccount, EntryKind
from staffetta.ledger.errors import InvalidPeriod
from staffetta.ledger.export import COLUMNS, export_lines, find_sources
from staffetta.ledger.period import Period
from staffetta.ledger.statement import Statement, read_statement
from staffetta.ledger.store import open_book, write_book
from staffetta.ledger.topup import top_up

EUR = 1_000_000
MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


@pytest.fixture
async def gateway(database: Database, clock: FrozenClock) -> Gateway:
    """March: a top-up of 10, two charges, a hold. April: a charge. May: a top-up."""
    gateway = await make_gateway(database, clock)
    await gateway.settle(await gateway.accept_and_claim(), accepted("a1"))
    to(gateway, datetime(2026, 3, 20, tzinfo=UTC))
    await gateway.settle(await gateway.accept_and_claim(), accepted("a2"))
    await gateway.accept(market=Market.WORLD, recipient=FRENCH)
    to(gateway, datetime(2026, 4, 2, tzinfo=UTC))
    while await gateway.housekeeper.expire_once():
        pass
    await gateway.settle(await gateway.accept_and_claim(), accepted("a3"))
    to(gateway, datetime(2026, 5, 2, tzinfo=UTC))
    async with database.transaction() as connection:
        await top_up(connection, gateway.space_id, EUR, 'paid, in "cash"', clock.now())
    return gateway


def to(gateway: Gateway, moment: datetime) -> None:
    gateway.clock.advance((moment - gateway.clock.now()).total_seconds())


async def statement(gateway: Gateway, period: Period, limit: int = 10_000) -> Statement:
    async with gateway.database.transaction(isolation="repeatable_read") as connection:
        return await read_statement(connection, gateway.space_id, period, limit)


def kinds(found: Statement) -> list[tuple[str, int, int]]:
    return [(one.kind, one.entry_count, one.amount_micro) for one in found.sums]


async def test_a_month_has_its_balances_entries_sums_and_what_was_held(gateway: Gateway) -> None:
    march = await statement(gateway, Period.of_month(MARCH))
    assert (march.opening_micro, march.closing_micro, march.held_micro) == (0, 9_940_000, 80_000)
    assert [line.sequence for line in march.lines] == [1, 2, 3]
    assert kinds(march) == [("charge", 2, -60_000), ("top_up", 1, 10 * EUR)]
    april = await statement(gateway, Period.of_month(date(2026, 4, 30)))
    assert (april.opening_micro, april.closing_micro, april.entry_count) == (
        9_940_000,
        9_910_000,
        1,
    )
    assert april.lines[0].message_id is not None


async def test_a_period_may_be_empty_or_any_days(gateway: Gateway) -> None:
    before = await statement(gateway, Period(date(2026, 1, 1), date(2026, 3, 14)))
    assert (before.opening_micro, before.closing_micro, before.lines) == (0, 0, [])
    after = await statement(gateway, Period(date(2026, 3, 21), date(2026, 4, 2)))
    assert (after.opening_micro, after.closing_micro, after.sums) == (9_940_000, 9_940_000, ())
    both = await statement(gateway, Period(date(2026, 3, 14), date(2026, 4, 3)))
    assert (both.opening_micro, both.closing_micro, len(both.lines)) == (0, 9_910_000, 4)


async def test_a_long_statement_shows_its_first_lines_and_all_sums(gateway: Gateway) -> None:
    found = await statement(gateway, Period.always(), limit=2)
    assert [line.sequence for line in found.lines] == [1, 2]
    assert (found.entry_count, found.closing_micro) == (5, 10_910_000)


@pytest.mark.parametrize(
    ("begin", "end"), [(MARCH, MARCH), (APRIL, MARCH), (date(1969, 1, 1), MARCH)]
)
def test_a_period_without_a_day_is_refused(begin: date, end: date) -> None:
    with pytest.raises(InvalidPeriod):
        Period(begin, end)


async def drop_march_and_april(gateway: Gateway) -> None:
    await closed(gateway.database, gateway.clock.now())
    await drop_month(gateway.database, MARCH)
    await drop_month(gateway.database, APRIL)
    await gateway.books_hold()


async def test_a_dropped_month_is_shown_by_its_closing(gateway: Gateway) -> None:
    await drop_march_and_april(gateway)
    everything = await statement(gateway, Period.always())
    assert (everything.opening_micro, everything.closing_micro) == (0, 10_910_000)
    assert [one.month for one in everything.closings] == [MARCH, APRIL]
    assert [line.sequence for line in everything.lines] == [5]
    assert kinds(everything) == [("charge", 3, -90_000), ("top_up", 2, 11 * EUR)]
    april = await statement(gateway, Period.of_month(APRIL))
    assert (april.opening_micro, april.closing_micro, april.lines) == (9_940_000, 9_910_000, [])
    assert april.held_micro is None
    may = await statement(gateway, Period.of_month(MAY))
    assert (may.opening_micro, may.closing_micro, may.is_partial) == (9_910_000, 10_910_000, False)


async def test_a_part_of_a_dropped_month_is_left_out_and_said(gateway: Gateway) -> None:
    await drop_march_and_april(gateway)
    cut = await statement(gateway, Period(date(2026, 3, 15), date(2026, 5, 10)))
    assert (cut.is_partial, cut.opening_micro, cut.closing_micro) == (True, 9_940_000, 10_910_000)
    assert [one.month for one in cut.closings] == [APRIL]
    idle = await statement(gateway, Period(date(2026, 4, 10), date(2026, 4, 20)))
    assert (idle.is_partial, idle.opening_micro, idle.closing_micro) == (
        False,
        9_910_000,
        9_910_000,
    )


async def exported(
    gateway: Gateway, period: Period, email: str | None = None
) -> Sequence[dict[str, str]]:
    async with gateway.database.transaction(isolation="repeatable_read") as connection:
        sources = await find_sources(connection, email, None)
        lines = [line async for line in export_lines(connection, sources, period)]
    return [dict(zip(COLUMNS, line, strict=True)) for line in lines]


async def test_an_export_has_every_column_of_every_entry_with_both_sides(gateway: Gateway) -> None:
    lines = await exported(gateway, Period.always())
    assert lines[0] == {
        **lines[0],
        "account": "alice@example.com",
        "environment": "production",
        "currency": "EUR",
        "sequence": "1",
        "at": "2026-03-14T09:26:53.000000Z",
        "kind": "top_up",
        "wallet_amount": "10.00",
        "balance_after": "10.00",
        "counter_account": "payments",
        "counter_amount": "-10.00",
        "message_id": "",
    }
    assert all(
        parse_amount(line["wallet_amount"]) == -parse_amount(line["counter_amount"])
        for line in lines
    )
    assert sum(parse_amount(line["wallet_amount"]) for line in lines) == 10_910_000


async def test_an_export_survives_csv(gateway: Gateway) -> None:
    (line,) = await exported(gateway, Period.of_month(MAY))
    stream = io.StringIO()
    csv.writer(stream).writerow(line.values())
    assert next(csv.reader(io.StringIO(stream.getvalue()))) == list(line.values())
    assert line["note"] == 'paid, in "cash"'


async def test_an_export_of_one_account_has_no_other(gateway: Gateway) -> None:
    await make_space(gateway.database, "bob@example.com", 7)
    assert [
        line["wallet_amount"]
        for line in await exported(gateway, Period.always(), "bob@example.com")
    ] == ["0.000007"]
    accounts = [line["account"] for line in await exported(gateway, Period.always())]
    assert accounts == ["alice@example.com"] * 5 + ["bob@example.com"]


async def test_an_export_begins_with_the_balance_of_dropped_months(gateway: Gateway) -> None:
    await drop_march_and_april(gateway)
    brought, last = await exported(gateway, Period.always())
    assert (brought["kind"], brought["sequence"], brought["balance_after"]) == (
        "closing",
        "4",
        "9.91",
    )
    assert brought["at"] == "2026-05-01T00:00:00.000000Z"
    assert parse_amount(brought["wallet_amount"]) + EUR == parse_amount(last["balance_after"])
    assert [line["kind"] for line in await exported(gateway, Period.of_month(MAY))] == ["top_up"]


async def test_an_export_reads_more_than_one_fetch(gateway: Gateway) -> None:
    count = 4_500
    async with gateway.database.transaction() as connection:
        for _ in range(9):
            await many(connection, gateway, count // 9)
    lines = await exported(gateway, Period.always())
    assert [line["sequence"] for line in lines] == [str(n) for n in range(1, count + 6)]


async def many(connection: Connection, gateway: Gateway, count: int) -> None:
    book = await open_book(connection, [gateway.space_id], gateway.ids, gateway.clock.now())
    for _ in range(count):
        book.move(gateway.space_id, EntryKind.ADJUSTMENT, 1, CounterAccount.PAYMENTS)
    await write_book(connection, book)
