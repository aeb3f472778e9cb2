"""The proof of bundles: it finds what was changed, and holds whatever is done in whatever order."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from open_books import EUR, START, buy, cover, faults_of, make_space, rows, tamper, tell_nobody

from staffetta.db.pool import Database
from staffetta.domain.environments import Market
from staffetta.domain.ids import IdMaker
from staffetta.domain.money import MICRO
from staffetta.ledger.bundle import BundleTerms
from staffetta.ledger.bundles import return_segments
from staffetta.ledger.errors import BundleOver, BundleTooDear
from staffetta.ledger.renew_bundles import renew_once
from staffetta.ledger.sell_bundle import end_bundle
from staffetta.ledger.store import open_book
from staffetta.ledger.topup import top_up

IDS = IdMaker()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE bundle SET remaining_count = 8", "has 8 of 10 segments left in its period 1"),
        ("UPDATE bundle SET period = 2", "the periods of its bundles cost 2.00"),
        ("DELETE FROM bundle_use", "cover 3 segments of recipient"),
        ("UPDATE bundle_use SET returned_at = now()", "its uses say that 0 are gone"),
        ("UPDATE recipient SET bundle_segment_count = 0", "the uses of bundles say 3"),
        ("DELETE FROM recipient", "cover 0 segments of recipient"),
        ("UPDATE ledger_entry SET kind = 'charge' WHERE kind = 'bundle'", "0.00 was paid"),
        ("UPDATE wallet SET has_bundles = false", "the wallet knows of none"),
    ],
)
async def test_each_tampering_is_found_and_named(
    database: Database, change: str, named: str
) -> None:
    anna = await make_space(database, "anna@example.com", 10 * EUR)
    await buy(database, anna, BundleTerms(10, EUR, 30), IDS, START)
    await cover(database, anna, 3, IDS, START)
    assert await faults_of(database) == ()
    await tamper(database, change)
    faults = await faults_of(database)
    assert any(named in fault.what for fault in faults), faults


class Life:
    """Two accounts whose bundles are bought, used, returned, ended and renewed at random."""

    def __init__(self, database: Database, space_ids: Sequence[int], seed: int) -> None:
        self.database = database
        self.space_ids = space_ids
        self.random = random.Random(seed)
        self.now = START
        self.covered: list[tuple[int, bytes]] = []
        self.bundles: list[tuple[int, int]] = []

    async def step(self) -> None:
        actions = [self.buy, self.cover, self.cover, self.cover, self.give_back, self.give_back]
        actions += [self.end, self.wait, self.wait, self.renew, self.top_up]
        await self.random.choice(actions)(self.random.choice(self.space_ids))

    async def buy(self, space_id: int) -> None:
        terms = BundleTerms(
            segment_count=self.random.randint(1, 20),
            price_micro=self.random.choice([0, MICRO, 3 * MICRO]),
            period_days=self.random.randint(1, 9),
            market=self.random.choice([None, Market.ITALY, Market.WORLD]),
            country=self.random.choice([None, "IT"]),
            autorenew=self.random.random() < 0.7,
        )
        try:
            bundle = await buy(self.database, space_id, terms, IDS, self.now)
        except BundleTooDear:
            return
        self.bundles.append((space_id, bundle.id))

    async def cover(self, space_id: int) -> None:
        market = self.random.choice([Market.ITALY, Market.WORLD])
        count = self.random.randint(1, 8)
        recipient_id, _ = await cover(self.database, space_id, count, IDS, self.now, market)
        self.covered.append((space_id, recipient_id))

    async def give_back(self, _space_id: int) -> None:
        some = self.random.sample(self.covered, min(3, len(self.covered)))
        async with self.database.transaction() as connection:
            await open_book(connection, [space_id for space_id, _ in some], IDS, self.now)
            await return_segments(connection, some, self.now)

    async def end(self, _space_id: int) -> None:
        if not self.bundles or self.random.random() < 0.7:
            return
        try:
            async with self.database.transaction() as connection:
                await end_bundle(connection, *self.random.choice(self.bundles), "no more", self.now)
        except BundleOver:
            return

    async def wait(self, _space_id: int) -> None:
        self.now += timedelta(hours=self.random.choice([1, 12, 24, 100]))

    async def renew(self, _space_id: int) -> None:
        await renew_once(self.database, IDS, self.now, tell_nobody)

    async def top_up(self, space_id: int) -> None:
        async with self.database.transaction() as connection:
            await top_up(connection, space_id, 2 * MICRO, "", self.now)


LAST: datetime = START + timedelta(days=45)  # the months that a fresh database has room for


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_done_the_books_hold(database: Database, seed: int) -> None:
    space_ids = [
        await make_space(database, "anna@example.com", 9 * EUR),
        await make_space(database, "bob@example.com", 9 * EUR),
    ]
    life = Life(database, space_ids, seed)
    for count in range(120):
        await life.step()
        if count % 20 == 0:
            assert await faults_of(database) == (), f"seed {seed}, step {count}"
        if life.now > LAST:
            break
    assert await faults_of(database) == ()
    # The run was worth something: periods were renewed, and segments came back too late.
    told = await rows(
        database,
        "SELECT (SELECT max(period) - 1 FROM bundle), (SELECT count(*) FROM bundle_use WHERE lost),"
        " (SELECT count(*) FROM bundle_use WHERE returned_at IS NOT NULL AND NOT lost)",
    )
    assert all(told[0]), (seed, tuple(told[0]))
