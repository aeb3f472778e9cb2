"""What an account sees of its money: the wallet as it stands, and every entry, newest first."""

from datetime import timedelta

import pytest
from open_books import EUR, START, make_space

from staffetta.db.pool import Database
from staffetta.domain.ids import IdMaker
from staffetta.ledger.book import CounterAccount, EntryKind
from staffetta.ledger.read_wallet import WalletView, read_wallet
from staffetta.ledger.store import open_book, write_book
from staffetta.ledger.transactions import Transaction, list_transactions

IDS = IdMaker()
LATER = START + timedelta(hours=1)


@pytest.fixture
async def anna(database: Database) -> int:
    """Ten given, then charges of 1 to 5 cents, and 2 held."""
    space_id = await make_space(database, "anna@example.com", 10 * EUR)
    async with database.transaction() as connection:
        book = await open_book(connection, [space_id], IDS, LATER)
        for cents in range(1, 6):
            message_id = IDS.make(LATER)
            book.move(
                space_id,
                EntryKind.CHARGE,
                -cents * EUR // 100,
                CounterAccount.REVENUE,
                message_id=message_id,
                recipient_id=message_id,
            )
        book.hold(space_id, IDS.make(LATER), 2 * EUR)
        await write_book(connection, book)
    return space_id


async def wallet_of(database: Database, space_id: int) -> WalletView | None:
    async with database.acquire() as connection:
        return await read_wallet(connection, space_id)


async def listed(database: Database, space_id: int, *window: int) -> list[Transaction]:
    async with database.acquire() as connection:
        return list(await list_transactions(connection, space_id, *window))


async def test_a_wallet_shows_what_it_has_and_what_is_held(database: Database, anna: int) -> None:
    wallet = await wallet_of(database, anna)
    assert wallet is not None
    assert (wallet.balance_micro, wallet.held_micro) == (9_850_000, 2 * EUR)
    assert wallet.available_micro == 7_850_000
    assert (wallet.created_at, wallet.updated_at) == (START, LATER)


async def test_a_space_that_does_not_exist_has_no_wallet(database: Database, anna: int) -> None:
    assert await wallet_of(database, anna + 1) is None
    assert await listed(database, anna + 1) == []


async def test_entries_come_newest_first_and_add_up(database: Database, anna: int) -> None:
    entries = await listed(database, anna)
    assert [one.sequence for one in entries] == [6, 5, 4, 3, 2, 1]
    assert [one.amount_micro for one in entries][:2] == [-50_000, -40_000]
    assert sum(one.amount_micro for one in entries) == 9_850_000
    assert {one.kind for one in entries} == {EntryKind.CHARGE, EntryKind.TOP_UP}
    assert (entries[-1].note, entries[-1].message_id) == ("for the test", None)


@pytest.mark.parametrize(
    ("skip", "limit", "sequences"),
    [(0, 2, [6, 5]), (2, 2, [4, 3]), (5, 100, [1]), (6, 100, []), (10**6, 100, [])],
)
async def test_a_window_of_entries(
    database: Database, anna: int, skip: int, limit: int, sequences: list[int]
) -> None:
    assert [one.sequence for one in await listed(database, anna, skip, limit)] == sequences


async def test_entries_of_another_space_are_not_there(database: Database, anna: int) -> None:
    other = await make_space(database, "bruno@example.com", 3 * EUR)
    assert [one.amount_micro for one in await listed(database, other)] == [3 * EUR]
    assert len(await listed(database, anna)) == 6
