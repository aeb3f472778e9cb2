"""What guards a wallet, with many requests at once: the cap is exact, an alert is told once."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from open_books import EUR, START, faults_of, make_space, rows

from staffetta.db.pool import Database
from staffetta.domain.ids import IdMaker
from staffetta.ledger.book import CounterAccount, EntryKind, LowCredit
from staffetta.ledger.errors import InvalidWalletGuard
from staffetta.ledger.store import HoldSettlement, open_book, settle_holds, write_book
from staffetta.ledger.topup import top_up
from staffetta.ledger.wallet_guards import (
    NO_WALLET_GUARDS,
    WalletGuardChanges,
    WalletGuards,
    read_wallet_guards,
    set_wallet_guards,
)

IDS = IdMaker()
CENT = EUR // 100
_INSERT_RECIPIENT = """
INSERT INTO recipient (space_id, id, message_id, number, country, calling_code, state, class,
                       priority, turn, segment_count, price_micro, charged_micro, due_at,
                       expires_at, updated_at)
VALUES ($1, $2, $2, '+393331234567', 'IT', '39', 'queued', 1, 1000, 0, 1, 0, $3, $4, $4, $4)
"""


@pytest.fixture
async def anna(database: Database) -> int:
    return await make_space(database, "anna@example.com", 10 * EUR)


async def guard(database: Database, space_id: int, changes: WalletGuardChanges) -> None:
    async with database.transaction() as connection:
        await set_wallet_guards(connection, space_id, changes)


async def guards_of(database: Database, space_id: int, now: datetime) -> WalletGuards:
    async with database.acquire() as connection:
        return await read_wallet_guards(connection, space_id, now)


async def spend(
    database: Database, space_id: int, amount_micro: int, now: datetime, *, holds: bool = False
) -> tuple[bytes | None, Sequence[LowCredit]]:
    """Accept a message if the day's cap leaves room; answers its recipient and who is told."""
    recipient_id = IDS.make(now)
    async with database.transaction() as connection:
        book = await open_book(connection, [space_id], IDS, now)
        room_micro = book.wallets[space_id].day_room_micro(now.date())
        if room_micro is not None and amount_micro > room_micro:
            return None, ()
        charge_micro = 0 if holds else amount_micro
        await connection.execute(_INSERT_RECIPIENT, space_id, recipient_id, charge_micro, now)
        book.hold(space_id, recipient_id, amount_micro if holds else 0)
        book.move(
            space_id,
            EntryKind.CHARGE,
            -charge_micro,
            CounterAccount.REVENUE,
            message_id=recipient_id,
            recipient_id=recipient_id,
        )
        await write_book(connection, book)
    return recipient_id, book.low_credit()


async def settle(
    database: Database, space_id: int, recipient_id: bytes, price_micro: int | None, now: datetime
) -> None:
    """Capture a hold, or release it."""
    async with database.transaction() as connection:
        book = await open_book(connection, [space_id], IDS, now)
        settlement = HoldSettlement(space_id, recipient_id, recipient_id, price_micro)
        await settle_holds(connection, book, [settlement])
        await write_book(connection, book)
        await connection.execute(
            "UPDATE recipient SET charged_micro = $2 WHERE id = $1", recipient_id, price_micro or 0
        )


async def test_the_cap_is_exact_however_many_come_at_once(database: Database, anna: int) -> None:
    await guard(database, anna, WalletGuardChanges(day_spend_max_micro=EUR))
    told = await asyncio.gather(
        *(spend(database, anna, 7 * CENT, START, holds=bool(n % 2)) for n in range(40))
    )
    taken = [recipient_id for recipient_id, _ in told if recipient_id is not None]
    assert len(taken) == 14  # 98 cents; another 7 would pass the euro
    now = await guards_of(database, anna, START)
    assert now.day_spent_micro + now.held_micro == 98 * CENT
    assert await faults_of(database) == ()


async def test_a_hold_counts_until_it_is_captured_for_less_or_released(
    database: Database, anna: int
) -> None:
    await guard(database, anna, WalletGuardChanges(day_spend_max_micro=EUR))
    first, _ = await spend(database, anna, 60 * CENT, START, holds=True)
    second, _ = await spend(database, anna, 40 * CENT, START, holds=True)
    assert (await spend(database, anna, 1, START))[0] is None
    assert first is not None
    assert second is not None
    await settle(database, anna, first, 50 * CENT, START)
    assert (await spend(database, anna, 10 * CENT + 1, START))[0] is None
    assert (await spend(database, anna, 10 * CENT, START))[0] is not None
    await settle(database, anna, second, None, START)
    assert (await guards_of(database, anna, START)).day_spent_micro == 60 * CENT
    assert await faults_of(database) == ()


async def test_a_new_day_begins_at_midnight_utc(database: Database, anna: int) -> None:
    await guard(database, anna, WalletGuardChanges(day_spend_max_micro=EUR))
    late = START.replace(hour=23, minute=59, second=59)
    assert (await spend(database, anna, EUR, late))[0] is not None
    assert (await spend(database, anna, 1, late))[0] is None
    midnight = late + timedelta(seconds=1)
    assert (await guards_of(database, anna, midnight)).day_spent_micro == 0
    assert (await spend(database, anna, EUR, midnight))[0] is not None
    assert (await spend(database, anna, 1, late))[0] is None  # by a process whose clock is behind


async def test_a_cap_of_nothing_lets_nothing_be_spent(database: Database, anna: int) -> None:
    await guard(database, anna, WalletGuardChanges(day_spend_max_micro=0))
    assert (await spend(database, anna, 1, START))[0] is None
    await guard(database, anna, NO_WALLET_GUARDS)
    assert (await spend(database, anna, 1, START))[0] is not None


async def test_low_credit_is_told_once_however_many_pass_the_threshold(
    database: Database, anna: int
) -> None:
    await guard(database, anna, WalletGuardChanges(alert_below_micro=9 * EUR))
    told = await asyncio.gather(*(spend(database, anna, 10 * CENT, START) for _ in range(30)))
    alerts = [alert for _, some in told for alert in some]
    assert alerts == [LowCredit(anna, 9 * EUR - 10 * CENT, 9 * EUR)]
    async with database.transaction() as connection:
        await top_up(connection, anna, 2 * EUR + 5 * CENT, "", START)  # 9.05: no longer low
    assert (await spend(database, anna, 10 * CENT, START))[1] == (
        LowCredit(anna, 9 * EUR - 5 * CENT, 9 * EUR),
    )
    assert (await spend(database, anna, 10 * CENT, START))[1] == ()


async def test_holds_that_come_and_go_around_the_threshold_tell_nothing_new(
    database: Database, anna: int
) -> None:
    await guard(database, anna, WalletGuardChanges(alert_below_micro=9 * EUR))
    alerts: list[LowCredit] = []
    for _ in range(5):
        recipient_id, told = await spend(database, anna, 2 * EUR, START, holds=True)
        alerts += told
        assert recipient_id is not None
        await settle(database, anna, recipient_id, None, START)
    assert len(alerts) == 1


async def test_what_is_taken_back_by_hand_is_told_with_the_next_message(
    database: Database, anna: int
) -> None:
    await guard(database, anna, WalletGuardChanges(alert_below_micro=9 * EUR))
    async with database.transaction() as connection:
        await top_up(connection, anna, -2 * EUR, "a mistake", START)
    assert len((await spend(database, anna, CENT, START))[1]) == 1


async def test_another_threshold_is_armed_and_the_same_one_stays_told(
    database: Database, anna: int
) -> None:
    await guard(database, anna, WalletGuardChanges(alert_below_micro=11 * EUR))
    assert len((await spend(database, anna, CENT, START))[1]) == 1
    await guard(database, anna, WalletGuardChanges(alert_below_micro=11 * EUR))
    assert len((await spend(database, anna, CENT, START))[1]) == 0
    await guard(database, anna, WalletGuardChanges(alert_below_micro=10 * EUR))
    assert len((await spend(database, anna, CENT, START))[1]) == 1


async def test_what_is_not_named_stays(database: Database, anna: int) -> None:
    await guard(database, anna, WalletGuardChanges(5 * EUR, 2 * EUR))
    await guard(database, anna, WalletGuardChanges(alert_below_micro=None))
    assert await guards_of(database, anna, START) == WalletGuards(5 * EUR, 0, 0, None, 10 * EUR)
    await guard(database, anna, WalletGuardChanges(day_spend_max_micro=None))
    assert (await guards_of(database, anna, START)).day_spend_max_micro is None
    assert [row["updated_at"] for row in await rows(database, "SELECT * FROM wallet")] == [START]


@pytest.mark.parametrize("amounts", [(-1, None), (10**15 + 1, None), (None, 0), (None, -1)])
def test_amounts_that_make_no_sense_are_refused(amounts: tuple[int | None, int | None]) -> None:
    with pytest.raises(InvalidWalletGuard):
        WalletGuardChanges(*amounts)
