"""The counters of the rate guards on a real database: exact, shared, forgotten."""

import asyncio
from datetime import timedelta
from typing import NamedTuple

from hand_gateway import FrozenClock, make_space

from staffetta.compliance.guards import (
    FORGET_MAX,
    OtpAsk,
    forget_rates_once,
    open_rates,
    write_rates,
)
from staffetta.db.pool import Database
from staffetta.domain.ids import IdMaker
from staffetta.ledger.store import open_book


class Few(NamedTuple):
    count: int
    seconds: int


def ask(space_id: int, number: str, count: int = 5) -> OtpAsk:
    return OtpAsk(
        space_id=space_id,
        number=number,
        per_recipient=Few(count, 600),
        per_prefix=Few(50, 600),
        per_account=Few(3000, 60),
    )


async def take_one(database: Database, clock: FrozenClock, one: OtpAsk) -> str | None:
    """As acceptance does it: under the lock of the space's wallet."""
    async with database.transaction() as connection:
        await open_book(connection, [one.space_id], IdMaker(), clock.now())
        rates = await open_rates(connection, [one], clock.now())
        sentence = rates.take(one)
        await write_rates(connection, rates)
    return sentence


async def subjects(database: Database) -> list[tuple[str, str]]:
    async with database.acquire() as connection:
        rows = await connection.fetch("SELECT guard, subject FROM guard_rate ORDER BY 1, 2")
    return [(row["guard"], row["subject"]) for row in rows]


async def test_fifty_at_the_same_moment_get_exactly_what_the_limit_allows(
    database: Database, clock: FrozenClock
) -> None:
    space_id = await make_space(database, "alice@example.com")
    one = ask(space_id, "+393331234567")
    answers = await asyncio.gather(*(take_one(database, clock, one) for _ in range(50)))
    assert sum(answer is None for answer in answers) == 5


async def test_fifty_numbers_of_one_block_share_its_limit_with_the_next_fifty(
    database: Database, clock: FrozenClock
) -> None:
    space_id = await make_space(database, "alice@example.com")
    asked = [ask(space_id, f"+39333123{last:04}") for last in range(100)]
    answers = await asyncio.gather(*(take_one(database, clock, one) for one in asked))
    assert sum(answer is None for answer in answers) == 50
    assert all("the prefix guard" in answer for answer in answers if answer is not None)


async def test_a_batch_of_several_spaces_is_counted_in_one_go(
    database: Database, clock: FrozenClock
) -> None:
    alice = await make_space(database, "alice@example.com")
    bob = await make_space(database, "bob@example.com")
    asked = [ask(space_id, "+393331234567", 1) for space_id in (bob, alice, bob, alice)]
    async with database.transaction() as connection:
        rates = await open_rates(connection, asked, clock.now())
        answers = [rates.take(one) for one in asked]
        await write_rates(connection, rates)
    assert [answer is None for answer in answers] == [True, True, False, False]
    assert await take_one(database, clock, asked[0]) is not None
    clock.advance(600)
    assert await take_one(database, clock, asked[0]) is None


async def test_a_refusal_writes_nothing(database: Database, clock: FrozenClock) -> None:
    space_id = await make_space(database, "alice@example.com")
    await take_one(database, clock, ask(space_id, "+393331234567", 1))
    before = await subjects(database)
    assert await take_one(database, clock, ask(space_id, "+393331234567", 1)) is not None
    assert await subjects(database) == before


async def test_counters_at_rest_are_forgotten_and_others_kept(
    database: Database, clock: FrozenClock
) -> None:
    space_id = await make_space(database, "alice@example.com")
    await take_one(database, clock, ask(space_id, "+393331234567"))
    clock.advance(timedelta(hours=1).total_seconds())
    await take_one(database, clock, ask(space_id, "+393479876543"))
    assert await forget_rates_once(database, clock.now()) == 2  # its account's is in use again
    assert await subjects(database) == [
        ("account", ""),
        ("prefix", "+39347987"),
        ("recipient", "+393479876543"),
    ]
    assert await forget_rates_once(database, clock.now()) == 0


async def test_forgetting_is_a_bounded_amount_of_work(
    database: Database, clock: FrozenClock
) -> None:
    async with database.acquire() as connection:
        await connection.execute(
            "INSERT INTO guard_rate SELECT 1, 'recipient', n::text, $1"
            "  FROM generate_series(1, $2) AS n",
            clock.now() - timedelta(days=1),
            FORGET_MAX + 7,
        )
    assert await forget_rates_once(database, clock.now()) == FORGET_MAX
    assert await forget_rates_once(database, clock.now()) == 7
