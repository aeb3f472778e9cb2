"""Months are closed once, exactly, whatever is written meanwhile; and may be dropped then."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hand_gateway import FRENCH, FrozenClock, Gateway, accepted, make_gateway
from lock_waits import until_somebody_waits
from open_books import (
    EUR,
    START,
    buy,
    closed,
    cover,
    drop_month,
    faults_of,
    make_space,
    rows,
    tamper,
    tell_nobody,
)

from staffetta.db.partitions import ensure_partitions
from staffetta.db.pool import Database, DataRefused
from staffetta.domain.environments import Market
from staffetta.domain.ids import IdMaker, id_time, lowest_id
from staffetta.ledger.book import CounterAccount, EntryKind
from staffetta.ledger.bundle import BundleTerms
from staffetta.ledger.bundles import return_segments
from staffetta.ledger.close_months import MonthCloser, Obstacle
from staffetta.ledger.renew_bundles import renew_once
from staffetta.ledger.store import open_book, write_book
from staffetta.ledger.topup import top_up
from staffetta.messaging.connector import Refused

MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
IN_APRIL = datetime(2026, 4, 10, tzinfo=UTC)
IN_MAY = datetime(2026, 5, 10, tzinfo=UTC)
MIDNIGHT = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
async def anna(database: Database) -> int:
    return await make_space(database, "anna@example.com", 10 * EUR)


async def bring(database: Database, space_id: int, amount_micro: int, now: datetime) -> None:
    async with database.transaction() as connection:
        await top_up(connection, space_id, amount_micro, "", now)


async def closings(database: Database) -> list[tuple[Any, ...]]:
    found = await rows(
        database,
        "SELECT month, first_sequence, sequence, balance_after_micro FROM ledger_closing"
        " ORDER BY space_id, month",
    )
    return [tuple(row) for row in found]


async def test_a_month_is_closed_when_it_is_over_and_once(database: Database, anna: int) -> None:
    await bring(database, anna, -EUR, START)
    assert await closed(database, MIDNIGHT - timedelta(seconds=1)) == 1  # months before it
    assert await closed(database, MIDNIGHT + timedelta(minutes=59)) == 0
    await bring(database, anna, 5, IN_APRIL)
    assert await closed(database, IN_APRIL) == 1
    assert await closed(database, IN_APRIL) == 0
    assert await closings(database) == [(MARCH, 1, 2, 9 * EUR)]
    (row,) = await rows(database, "SELECT sums FROM ledger_closing")
    assert row["sums"] == [
        {
            "kind": "adjustment",
            "counter_account": "payments",
            "entry_count": 1,
            "amount_micro": -EUR,
        },
        {
            "kind": "top_up",
            "counter_account": "payments",
            "entry_count": 1,
            "amount_micro": 10 * EUR,
        },
    ]
    assert await closed(database, IN_MAY) == 1
    assert await closings(database) == [(MARCH, 1, 2, 9 * EUR), (APRIL, 3, 3, 9 * EUR + 5)]
    assert await faults_of(database) == ()


async def test_a_wallet_without_entries_has_no_closing_and_months_without_any_are_skipped(
    database: Database, anna: int
) -> None:
    await make_space(database, "bob@example.com")
    await closed(database, IN_MAY)
    await bring(database, anna, 7, IN_MAY)
    await closed(database, IN_MAY + timedelta(days=30))
    assert await closings(database) == [(MARCH, 1, 1, 10 * EUR), (MAY, 2, 2, 10 * EUR + 7)]


async def test_what_was_decided_before_midnight_and_written_after_the_closing_is_of_the_next_month(
    database: Database, anna: int
) -> None:
    await closed(database, IN_APRIL)
    late = MIDNIGHT - timedelta(seconds=1)
    await bring(database, anna, 5, late)
    newest = (await rows(database, "SELECT id, at FROM ledger_entry ORDER BY sequence DESC"))[0]
    assert newest["at"] == late
    assert id_time(newest["id"]) == MIDNIGHT
    await closed(database, IN_MAY)
    assert await closings(database) == [(MARCH, 1, 1, 10 * EUR), (APRIL, 2, 2, 10 * EUR + 5)]
    assert await faults_of(database) == ()


async def test_a_transaction_that_commits_while_the_month_is_closed_is_covered(
    database: Database, anna: int
) -> None:
    late = MIDNIGHT - timedelta(seconds=1)
    async with database.transaction() as connection:
        book = await open_book(connection, [anna], IdMaker(), late)
        closing = asyncio.ensure_future(closed(database, IN_APRIL))
        await until_somebody_waits(database)
        book.move(anna, EntryKind.TOP_UP, 5, CounterAccount.PAYMENTS)
        await write_book(connection, book)
    assert await closing == 1
    assert await closings(database) == [(MARCH, 1, 2, 10 * EUR + 5)]
    assert await faults_of(database) == ()


async def test_ids_of_a_wallet_only_grow_whatever_the_clocks_say(
    database: Database, anna: int
) -> None:
    for now in (MIDNIGHT + timedelta(seconds=5), MIDNIGHT - timedelta(seconds=5), IN_APRIL, START):
        await bring(database, anna, 1, now)
    found = await rows(database, "SELECT id FROM ledger_entry ORDER BY sequence")
    ids = [row["id"] for row in found]
    assert ids == sorted(set(ids))


async def test_several_processes_close_the_same_months_at_once(database: Database) -> None:
    spaces = [await make_space(database, f"{n}@example.com", EUR) for n in range(45)]
    done = await asyncio.gather(*(closed(database, IN_APRIL) for _ in range(4)))
    assert sum(done) == len(spaces)
    assert await closings(database) == [(MARCH, 1, 1, EUR)] * len(spaces)
    assert await closed(database, IN_APRIL) == 0
    assert await faults_of(database) == ()


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM ledger_entry WHERE sequence = 2",
        "UPDATE ledger_entry SET note = 'x' WHERE sequence = 2",
        "UPDATE ledger_entry SET sequence = 9 WHERE sequence = 3",
        "UPDATE ledger_entry SET checksum = NULL WHERE sequence = 3",
        "DELETE FROM ledger_entry",
        "DELETE FROM ledger_entry WHERE sequence = 1",
    ],
)
async def test_a_month_that_is_not_whole_is_not_closed_and_told(
    database: Database, anna: int, change: str
) -> None:
    for _ in range(3):
        await bring(database, anna, 5, START)
    await tamper(database, change)
    for _ in range(2):
        assert await obstacles(database, IN_APRIL) == [(anna, MARCH, Obstacle.CHANGED)]
    assert await closings(database) == []
    assert await closed_until(database) == [NEVER]
    assert await in_the_way(database, MARCH) == [anna]


async def test_what_is_whole_is_closed_up_to_what_is_not(database: Database, anna: int) -> None:
    await bring(database, anna, 5, IN_APRIL)
    await bring(database, anna, 5, IN_MAY)
    await tamper(database, "UPDATE ledger_entry SET note = 'x' WHERE sequence = 2")
    in_june = IN_MAY + timedelta(days=30)
    assert await obstacles(database, in_june) == [(anna, APRIL, Obstacle.CHANGED)]
    assert await closings(database) == [(MARCH, 1, 1, 10 * EUR)]
    assert await closed_until(database) == [APRIL]
    assert await in_the_way(database, MARCH) == []
    assert await in_the_way(database, APRIL) == [anna]


async def test_entries_that_are_gone_from_the_end_of_a_month_keep_it_open(
    database: Database, anna: int
) -> None:
    await bring(database, anna, 5, START)
    await tamper(database, "DELETE FROM ledger_entry WHERE sequence = 2")
    assert await obstacles(database, IN_APRIL) == [(anna, MARCH, Obstacle.CHANGED)]
    assert await in_the_way(database, MARCH) == [anna]


async def test_wallets_that_cannot_be_closed_are_in_nobodys_way(database: Database) -> None:
    spaces = [await make_space(database, f"{n}@example.com", EUR) for n in range(50)]
    await tamper(
        database, "UPDATE ledger_entry SET note = 'x' WHERE space_id = ANY($1)", spaces[:45]
    )
    told: list[Any] = []
    closer = MonthCloser(database, lambda *what: told.append(what))
    for _ in range(2):  # walks
        assert await closer.close_once(IN_APRIL) in {5, 0}
        assert await closer.close_once(IN_APRIL) in {5, 0}
    assert await in_the_way(database, MARCH) == spaces[:45]


async def obstacles(database: Database, now: datetime) -> list[tuple[Any, ...]]:
    told: list[tuple[Any, ...]] = []
    closer = MonthCloser(database, lambda *what: told.append(what))
    while await closer.close_once(now):
        pass
    return told


NEVER = date(1970, 1, 1)


async def closed_until(database: Database) -> list[date]:
    return [row[0] for row in await rows(database, "SELECT closed_until FROM wallet ORDER BY 1")]


async def in_the_way(database: Database, month: date) -> list[int]:
    """The spaces for which a month must not be dropped yet, as an operator asks."""
    found = await rows(database, "SELECT space_id FROM ledger_not_closed($1)", month)
    return [row["space_id"] for row in found]


async def test_a_month_whose_entries_are_mixed_with_the_next_is_closed_with_it(
    database: Database, anna: int
) -> None:
    """As earlier releases could leave it: entry 2 is of April, entry 3 of March."""
    for now in (IN_APRIL, IN_APRIL, IN_MAY):
        await bring(database, anna, 5, now)
    await tamper(
        database,
        "UPDATE ledger_entry SET id = $1, checksum = ledger_entry_checksum(space_id, sequence, $1,"
        " at, kind, amount_micro, balance_after_micro, counter_account, recipient_id, message_id,"
        " note) WHERE sequence = 3",
        lowest_id(START),
    )
    assert await obstacles(database, IN_APRIL) == [(anna, MARCH, Obstacle.MIXED)]
    assert await closings(database) == []
    assert await in_the_way(database, MARCH) == [anna]
    assert await closed(database, IN_MAY) == 1
    assert await closings(database) == [(APRIL, 1, 3, 10 * EUR + 10)]
    assert await in_the_way(database, MARCH) == [anna]  # its entries are in April's closing
    assert await in_the_way(database, APRIL) == []
    assert await faults_of(database) == ()
    await drop_month(database, MARCH)
    await drop_month(database, APRIL)
    assert await faults_of(database) == ()


# Dropped months. ---------------------------------------------------------------------------------


async def test_a_dropped_month_is_explained_by_its_closing(database: Database, anna: int) -> None:
    await bring(database, anna, -EUR, START)
    await bring(database, anna, 3, IN_APRIL)
    assert await in_the_way(database, MARCH) == [anna]
    await closed(database, IN_APRIL)
    assert await in_the_way(database, MARCH) == []
    await drop_month(database, MARCH)
    assert await faults_of(database) == ()
    assert await closed(database, IN_MAY) == 1
    await drop_month(database, APRIL)
    assert await faults_of(database) == ()
    await bring(database, anna, 4, IN_MAY)
    assert await faults_of(database) == ()
    await tamper(database, "UPDATE wallet SET balance_micro = balance_micro - 1")
    (fault,) = await faults_of(database)
    assert fault.what.startswith(
        "the wallet has 9.000006 (0.00 held) at entry 4; its entries give 9.000007 at entry 4,"
    )


async def test_a_month_that_was_dropped_before_it_was_closed_is_missing(
    database: Database, anna: int
) -> None:
    await bring(database, anna, 3, IN_APRIL)
    await drop_month(database, MARCH)
    assert "entry 1 is missing" in [fault.what for fault in await faults_of(database)]


async def test_entries_of_a_closed_month_that_was_not_dropped_are_missing(
    database: Database, anna: int
) -> None:
    await bring(database, anna, 3, IN_APRIL)
    await closed(database, IN_APRIL)
    await tamper(database, "DELETE FROM ledger_entry WHERE sequence = 1")
    whats = [fault.what for fault in await faults_of(database)]
    assert "entry 1 is missing" in whats
    assert (
        "the closing of 2026-03 has 1 of top_up (payments) with 10.00; its entries are 0 with 0.00"
    ) in whats


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE ledger_closing SET balance_after_micro = 1", "closing of 2026-03 was changed"),
        ("UPDATE ledger_closing SET sums = '{}'", "closing of 2026-03 was changed"),
        ("UPDATE ledger_closing SET closed_at = now()", "closing of 2026-03 was changed"),
        ("DELETE FROM ledger_closing WHERE month = '2026-03-01'", "a closing is missing"),
    ],
)
@pytest.mark.parametrize("dropped", [False, True], ids=["kept", "dropped"])
async def test_each_tampering_with_a_closing_is_found_and_named(
    database: Database, anna: int, change: str, named: str, *, dropped: bool
) -> None:
    await bring(database, anna, 3, IN_APRIL)
    await closed(database, IN_MAY)
    if dropped:
        await drop_month(database, MARCH)
    await tamper(database, change)
    faults = await faults_of(database)
    assert any(named in fault.what for fault in faults), faults


async def test_nobody_changes_or_deletes_an_entry_or_a_closing(
    database: Database, anna: int
) -> None:
    await closed(database, IN_APRIL)
    for statement in (
        "UPDATE ledger_entry SET note = ''",
        "DELETE FROM ledger_entry",
        "UPDATE ledger_entry_2026_03_first SET note = ''",
        "DELETE FROM ledger_entry_2026_03_first",
        "TRUNCATE ledger_entry",
        "UPDATE ledger_closing SET closed_at = now()",
        "DELETE FROM ledger_closing",
        "TRUNCATE ledger_closing",
    ):
        with pytest.raises(DataRefused, match="its rows are never changed"):
            await rows(database, statement)
    assert await faults_of(database) == ()


@pytest.fixture
async def gateway(database: Database, clock: FrozenClock) -> Gateway:
    return await make_gateway(database, clock)


def to_april(gateway: Gateway) -> None:
    gateway.clock.advance((MIDNIGHT - gateway.clock.now()).total_seconds() + 3 * 3600)


async def test_a_refund_of_april_for_a_recipient_of_march_stays_explained(
    gateway: Gateway,
) -> None:
    """And a capture of April for a hold of March."""
    gateway.clock.advance((MIDNIGHT - gateway.clock.now()).total_seconds() - 60)
    refunded = await gateway.accept_and_claim()
    captured = await gateway.accept_and_claim(market=Market.WORLD, recipient=FRENCH)
    gateway.clock.advance(120)
    await gateway.settle(refunded, Refused(11, "no such number", temporary=False))
    await gateway.settle(captured, accepted("a1"))
    await gateway.books_hold()
    to_april(gateway)
    await closed(gateway.database, gateway.clock.now())
    await gateway.accept()
    await drop_month(gateway.database, MARCH)
    await gateway.books_hold()
    assert [row["kind"] for row in await entries(gateway)] == ["refund", "capture", "charge"]


async def entries(gateway: Gateway) -> Sequence[Any]:
    return await gateway.rows("SELECT kind FROM ledger_entry ORDER BY sequence")


async def test_a_bundle_whose_uses_were_dropped_stays_explained(database: Database) -> None:
    anna, ids = await make_space(database, "anna@example.com", 10 * EUR), IdMaker()
    terms = BundleTerms(10, EUR, 40, autorenew=True)
    bundle = await buy(database, anna, terms, ids, START)
    await cover(database, anna, 3, ids, START)
    returned, _ = await cover(database, anna, 2, ids, START)
    async with database.transaction() as connection:
        await return_segments(connection, [(anna, returned)], IN_APRIL)
    await cover(database, anna, 1, ids, IN_APRIL)
    await closed(database, IN_APRIL)
    await drop_month(database, MARCH)
    assert await faults_of(database) == ()
    await renew_once(database, ids, bundle.ends_at, tell_nobody)
    await cover(database, anna, 1, ids, bundle.ends_at)
    assert await faults_of(database) == ()
    await rows(database, "UPDATE bundle SET remaining_count = 10")
    assert "has 10 of 10 segments left" in (await faults_of(database))[0].what


async def test_closings_go_on_after_months_in_which_nothing_ran(
    database: Database, anna: int
) -> None:
    """A gap between partitions is no dropped month."""
    later = datetime(2027, 9, 2, tzinfo=UTC)
    async with database.transaction() as connection:
        await ensure_partitions(connection, later)
    await bring(database, anna, 3, later)
    assert await faults_of(database) == ()
    await closed(database, later)
    assert await closings(database) == [(MARCH, 1, 1, 10 * EUR)]
    assert await faults_of(database) == ()
