"""The end of periods: renewed in time or late, refused, and by two processes at once."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from lock_waits import until_somebody_waits
from open_books import EUR, START, buy, cover, faults_of, make_space, rows, tell_nobody

from staffetta.accounts.change_account import close_account
from staffetta.accounts.email import Email
from staffetta.db.pool import Connection, Database
from staffetta.domain.ids import IdMaker
from staffetta.ledger.book import Book, LowCredit
from staffetta.ledger.bundle import BundleTerms, Over, Renewed
from staffetta.ledger.bundles import return_segments
from staffetta.ledger.renew_bundles import PeriodEnd, renew_once

IDS = IdMaker()
END = START + timedelta(days=30)
WEEKS = timedelta(weeks=1)


class Listener:
    """Hears what a renewal tells."""

    def __init__(self) -> None:
        self.ends: list[PeriodEnd] = []
        self.low: list[LowCredit] = []

    async def tell(self, connection: Connection, book: Book, ends: Sequence[PeriodEnd]) -> None:
        self.ends += ends
        self.low += book.low_credit()


def renewing(segment_count: int = 30, price_micro: int = 4 * EUR, **changes: Any) -> BundleTerms:
    return BundleTerms(
        segment_count, price_micro, **{"period_days": 30, "autorenew": True, **changes}
    )


@pytest.fixture
async def anna(database: Database) -> int:
    return await make_space(database, "anna@example.com", 10 * EUR)


async def bundle_row(database: Database) -> Any:
    return (await rows(database, "SELECT * FROM bundle"))[0]


async def wallet_row(database: Database) -> Any:
    return (await rows(database, "SELECT * FROM wallet"))[0]


async def test_nothing_happens_before_the_end(database: Database, anna: int) -> None:
    await buy(database, anna, renewing(), IDS, START)
    just_before = END - timedelta(microseconds=1)
    assert await renew_once(database, IDS, just_before, tell_nobody) == 0


@pytest.mark.parametrize(
    ("late", "starts_at"),
    [
        (timedelta(0), END),
        (timedelta(hours=1), END),
        (timedelta(hours=2), END + timedelta(hours=2)),  # nothing ran: nobody pays for that
        (6 * WEEKS, END + 6 * WEEKS),  # a whole period was missed, one is paid
    ],
)
async def test_a_renewal_is_paid_once_and_full_however_late(
    database: Database, anna: int, late: timedelta, starts_at: datetime
) -> None:
    await buy(database, anna, renewing(), IDS, START)
    await cover(database, anna, 3, IDS, START)
    assert await renew_once(database, IDS, END + late, tell_nobody) == 1
    assert await renew_once(database, IDS, END + late, tell_nobody) == 0
    row = await bundle_row(database)
    assert (row["starts_at"], row["ends_at"]) == (starts_at, starts_at + timedelta(days=30))
    assert (row["period"], row["remaining_count"]) == (2, 30)
    wallet = await wallet_row(database)
    assert (wallet["balance_micro"], wallet["has_bundles"]) == (2 * EUR, True)
    assert await faults_of(database) == ()


async def test_two_processes_renew_once(database: Database, anna: int) -> None:
    await buy(database, anna, renewing(price_micro=EUR), IDS, START)
    bob = await make_space(database, "bob@example.com", 10 * EUR)
    await buy(database, bob, renewing(price_micro=EUR), IDS, START)
    found = await asyncio.gather(
        *(renew_once(database, IdMaker(), END, tell_nobody) for _ in range(6))
    )
    assert sum(found) == 2
    assert [row["period"] for row in await rows(database, "SELECT period FROM bundle")] == [2, 2]
    assert await faults_of(database) == ()


async def test_a_renewed_bundle_gets_nothing_of_an_earlier_period_back(
    database: Database, anna: int
) -> None:
    await buy(database, anna, renewing(), IDS, START)
    recipient_id, _ = await cover(database, anna, 3, IDS, START)
    await renew_once(database, IDS, END, tell_nobody)
    await cover(database, anna, 5, IDS, END)
    async with database.transaction() as connection:
        await return_segments(connection, [(anna, recipient_id)], END)
    assert (await bundle_row(database))["remaining_count"] == 25
    uses = await rows(database, "SELECT lost FROM bundle_use ORDER BY period")
    assert [use["lost"] for use in uses] == [True, False]
    assert await faults_of(database) == ()


async def test_what_comes_back_while_a_renewal_commits_belongs_to_the_period_before(
    database: Database, anna: int
) -> None:
    await buy(database, anna, renewing(), IDS, START)
    recipient_id, _ = await cover(database, anna, 3, IDS, START)
    renewed, may_commit = asyncio.Event(), asyncio.Event()

    async def wait(connection: Connection, book: Book, ends: Sequence[PeriodEnd]) -> None:
        renewed.set()
        await may_commit.wait()

    async def give_back() -> None:
        async with database.transaction() as connection:
            await return_segments(connection, [(anna, recipient_id)], END)

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(renew_once(database, IDS, END, wait))
        await renewed.wait()
        tasks.create_task(give_back())
        await until_somebody_waits(database)
        may_commit.set()
    assert (await bundle_row(database))["remaining_count"] == 30
    assert await faults_of(database) == ()


async def test_a_bundle_that_is_not_renewed_ends(database: Database, anna: int) -> None:
    await buy(database, anna, renewing(autorenew=False), IDS, START)
    listener = Listener()
    assert await renew_once(database, IDS, END, listener.tell) == 1
    assert listener.ends[0].followed_by == Over("its period is over")
    row = await bundle_row(database)
    assert (row["ended_at"], row["ended_reason"]) == (END, "its period is over")
    wallet = await wallet_row(database)
    assert (wallet["has_bundles"], wallet["balance_micro"]) == (False, 6 * EUR)
    assert await faults_of(database) == ()


async def test_the_bundle_that_ended_first_has_the_first_claim_on_what_is_left(
    database: Database, anna: int
) -> None:
    for _ in range(2):  # 10: paid 8, 2 left
        await buy(database, anna, renewing(), IDS, START)
    await rows(
        database, "UPDATE wallet SET floor_micro = -2000000, alert_below_micro = 1 RETURNING 1"
    )
    listener = Listener()
    assert await renew_once(database, IDS, END, listener.tell) == 2
    first, second = (end.followed_by for end in listener.ends)
    assert isinstance(first, Renewed)
    assert isinstance(second, Over)
    assert second.reason == "the credit was too low to renew it: 4.00 needed, 0.00 available"
    # The account that wants alerts is told what was missing, and by one alert.
    assert listener.low == [LowCredit(anna, 0, 4 * EUR)]
    assert (await wallet_row(database))["alerted"]
    assert await faults_of(database) == ()


async def test_who_wants_no_alerts_gets_none(database: Database, anna: int) -> None:
    await buy(database, anna, renewing(price_micro=6 * EUR), IDS, START)
    listener = Listener()
    assert await renew_once(database, IDS, END, listener.tell) == 1
    assert isinstance(listener.ends[0].followed_by, Over)
    assert listener.low == []


async def test_a_blocked_account_does_not_pay_for_what_it_cannot_use(
    database: Database, anna: int
) -> None:
    await buy(database, anna, renewing(), IDS, START)
    await rows(database, "UPDATE space SET blocklisted_at = $1 RETURNING 1", START)
    assert await renew_once(database, IDS, END, tell_nobody) == 1
    assert "blocklisted" in (await bundle_row(database))["ended_reason"]
    assert (await wallet_row(database))["balance_micro"] == 6 * EUR


async def test_a_closed_account_pays_for_nothing_more_and_others_go_on(
    database: Database, anna: int
) -> None:
    bob = await make_space(database, "bob@example.com", 10 * EUR)
    for space_id in (anna, bob):
        await buy(database, space_id, renewing(), IDS, START)
    async with database.transaction() as connection:
        await close_account(connection, Email.parse("anna@example.com"), START)
    assert await renew_once(database, IDS, END, tell_nobody) == 2
    ended, renewed = await rows(database, "SELECT * FROM bundle ORDER BY space_id")
    assert (ended["ended_at"], ended["period"]) == (END, 1)
    assert ended["ended_reason"] == "the account is closed, and could not use it"
    assert (renewed["ended_at"], renewed["period"]) == (None, 2)
    wallets = await rows(database, "SELECT balance_micro FROM wallet ORDER BY space_id")
    assert [wallet["balance_micro"] for wallet in wallets] == [6 * EUR, 2 * EUR]
    assert await faults_of(database) == ()


async def test_acceptance_and_renewal_at_once_keep_the_books(database: Database, anna: int) -> None:
    await buy(database, anna, renewing(10, price_micro=0), IDS, START)
    covers = [cover(database, anna, 2, IDS, END) for _ in range(20)]
    renewals = [renew_once(database, IdMaker(), END, tell_nobody) for _ in range(2)]
    results: list[Any] = await asyncio.gather(*covers[:10], *renewals, *covers[10:])
    used = sum(result[1] for result in results if isinstance(result, tuple))
    row = await bundle_row(database)
    assert (row["period"], row["remaining_count"]) == (2, 10 - used)
    assert await faults_of(database) == ()
