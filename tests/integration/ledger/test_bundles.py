"""Bundles on a real database: bought, used by many at once, given back, ended."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from open_books import EUR, START, buy, cover, faults_of, make_space, rows

from staffetta.db.pool import Database
from staffetta.domain.environments import Market
from staffetta.domain.ids import IdMaker
from staffetta.ledger.bundle import Bundle, BundleTerms
from staffetta.ledger.bundles import return_segments
from staffetta.ledger.errors import BundleOver, BundleTooDear, InvalidBundle, NoSuchBundle
from staffetta.ledger.sell_bundle import ACTIVE_BUNDLES_MAX, end_bundle, list_bundles
from staffetta.ledger.store import open_book

IDS = IdMaker()


def terms(segment_count: int = 30, price_micro: int = EUR, **changes: Any) -> BundleTerms:
    return BundleTerms(segment_count, price_micro, **{"period_days": 30, **changes})


@pytest.fixture
async def anna(database: Database) -> int:
    return await make_space(database, "anna@example.com", 10 * EUR)


async def give_back(database: Database, space_id: int, recipient_id: bytes, now: Any) -> None:
    async with database.transaction() as connection:
        await open_book(connection, [space_id], IDS, now)
        await return_segments(connection, [(space_id, recipient_id)], now)


async def bundles_of(database: Database, space_id: int) -> list[Bundle]:
    async with database.acquire() as connection:
        return list(await list_bundles(connection, space_id))


async def remaining(database: Database, space_id: int) -> int:
    return sum(bundle.remaining_count for bundle in await bundles_of(database, space_id))


async def test_a_bundle_is_charged_once_and_full_at_first(database: Database, anna: int) -> None:
    bundle = await buy(database, anna, terms(name="spring", country="IT"), IDS, START)
    assert (bundle.remaining_count, bundle.period) == (30, 1)
    assert (bundle.starts_at, bundle.ends_at) == (START, START + timedelta(days=30))
    entries = await rows(database, "SELECT * FROM ledger_entry WHERE kind = 'bundle'")
    assert [(entry["amount_micro"], entry["counter_account"]) for entry in entries] == [
        (-EUR, "revenue")
    ]
    wallet = (await rows(database, "SELECT * FROM wallet"))[0]
    assert (wallet["balance_micro"], wallet["has_bundles"], wallet["day_spent_micro"]) == (
        9 * EUR,
        True,
        0,
    )
    assert await faults_of(database) == ()


async def test_a_bundle_that_the_wallet_cannot_pay_is_not_sold(
    database: Database, anna: int
) -> None:
    with pytest.raises(BundleTooDear, match=r"10\.000001 needed, 10\.00 available"):
        await buy(database, anna, terms(price_micro=10 * EUR + 1), IDS, START)
    await rows(database, "UPDATE wallet SET floor_micro = -1 RETURNING 1")  # post-paid
    await buy(database, anna, terms(price_micro=10 * EUR + 1), IDS, START)
    await buy(database, anna, terms(price_micro=0), IDS, START)  # given away
    assert await faults_of(database) == ()


async def test_an_account_has_only_so_many_bundles(database: Database, anna: int) -> None:
    for _ in range(ACTIVE_BUNDLES_MAX):
        await buy(database, anna, terms(price_micro=0), IDS, START)
    with pytest.raises(InvalidBundle, match="end one first"):
        await buy(database, anna, terms(price_micro=0), IDS, START)


async def test_fifty_at_once_get_exactly_the_thirty_segments_there_are(
    database: Database, anna: int
) -> None:
    await buy(database, anna, terms(20), IDS, START)
    await buy(database, anna, terms(10), IDS, START)
    covers = await asyncio.gather(
        *(cover(database, anna, 1, IDS, START, Market.ITALY) for _ in range(50))
    )
    assert sum(covered for _, covered in covers) == 30
    assert await remaining(database, anna) == 0
    assert await faults_of(database) == ()


async def test_a_use_is_given_back_once_however_many_ask(database: Database, anna: int) -> None:
    await buy(database, anna, terms(2), IDS, START)
    await buy(database, anna, terms(5), IDS, START)
    recipient_id, covered = await cover(database, anna, 3, IDS, START)
    assert (covered, await remaining(database, anna)) == (3, 4)
    await asyncio.gather(*(give_back(database, anna, recipient_id, START) for _ in range(8)))
    assert await remaining(database, anna) == 7
    uses = await rows(database, "SELECT returned_at, lost FROM bundle_use")
    assert [tuple(use) for use in uses] == [(START, False), (START, False)]
    assert await faults_of(database) == ()


@pytest.mark.parametrize("after", [timedelta(days=30), timedelta(days=31)])
async def test_what_comes_back_after_the_period_is_lost_and_says_so(
    database: Database, anna: int, after: timedelta
) -> None:
    await buy(database, anna, terms(5), IDS, START)
    recipient_id, _ = await cover(database, anna, 3, IDS, START)
    await give_back(database, anna, recipient_id, START + after)
    assert await remaining(database, anna) == 2
    assert [use["lost"] for use in await rows(database, "SELECT lost FROM bundle_use")] == [True]
    assert await faults_of(database) == ()


async def test_what_comes_back_to_a_bundle_that_was_ended_is_lost(
    database: Database, anna: int
) -> None:
    bundle = await buy(database, anna, terms(5), IDS, START)
    recipient_id, _ = await cover(database, anna, 3, IDS, START)
    async with database.transaction() as connection:
        ended = await end_bundle(connection, anna, bundle.id, "a mistake", START)
    assert (ended.ended_at, ended.ended_reason, ended.available_count(START)) == (
        START,
        "a mistake",
        0,
    )
    await give_back(database, anna, recipient_id, START)
    assert await remaining(database, anna) == 2
    assert (await cover(database, anna, 1, IDS, START))[1] == 0
    wallet = (await rows(database, "SELECT has_bundles, balance_micro FROM wallet"))[0]
    assert tuple(wallet) == (False, 9 * EUR)  # nothing is paid back
    assert await faults_of(database) == ()


async def test_a_bundle_ends_once_and_only_its_owners(database: Database, anna: int) -> None:
    bob = await make_space(database, "bob@example.com")
    bundle = await buy(database, anna, terms(), IDS, START)

    async def end(space_id: int, reason: str = "over") -> None:
        async with database.transaction() as connection:
            await end_bundle(connection, space_id, bundle.id, reason, START)

    with pytest.raises(NoSuchBundle):
        await end(bob)
    with pytest.raises(InvalidBundle):
        await end(anna, "")
    await end(anna)
    with pytest.raises(BundleOver, match="ended already: over"):
        await end(anna)


async def test_another_bundle_keeps_the_wallet_looking(database: Database, anna: int) -> None:
    first = await buy(database, anna, terms(), IDS, START)
    await buy(database, anna, terms(7), IDS, START)
    async with database.transaction() as connection:
        await end_bundle(connection, anna, first.id, "a mistake", START)
    assert (await cover(database, anna, 9, IDS, START))[1] == 7
    assert await faults_of(database) == ()
