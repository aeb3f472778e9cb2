"""Spaces, bundles and covered recipients for tests of the ledger, without the rest of a gateway."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from staffetta.db.partitions import READ_PARTITIONS
from staffetta.db.pool import Connection, Database
from staffetta.domain.environments import Market
from staffetta.domain.ids import IdMaker
from staffetta.ledger.bundle import Bundle, BundleTerms
from staffetta.ledger.bundles import open_bundles, write_bundles
from staffetta.ledger.close_months import MonthCloser, Obstacle
from staffetta.ledger.proof import Fault
from staffetta.ledger.sell_bundle import buy_bundle
from staffetta.ledger.store import open_book, write_book
from staffetta.ledger.topup import top_up
from staffetta.ledger.verify import verify_books

EUR = 1_000_000
START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)

_INSERT_RECIPIENT = """
INSERT INTO recipient (space_id, id, message_id, number, country, calling_code, state, class,
                       priority, turn, segment_count, price_micro, bundle_segment_count, due_at,
                       expires_at, updated_at)
VALUES ($1, $2, $2, '+393331234567', 'IT', '39', 'queued', 1, 1000, 0, $3, 0, $4, $5, $5, $5)
"""


async def make_space(database: Database, email: str, balance_micro: int = 0) -> int:
    """An account's production space, with some money."""
    async with database.transaction() as connection:
        account_id = await connection.fetchval(
            "INSERT INTO account (email, created_at) VALUES ($1, $2) RETURNING id", email, START
        )
        space_id: int = await connection.fetchval(
            "INSERT INTO space (account_id, environment, created_at)"
            " VALUES ($1, 'production', $2) RETURNING id",
            account_id,
            START,
        )
        await connection.execute(
            "INSERT INTO wallet (space_id, updated_at) VALUES ($1, $2)", space_id, START
        )
        if balance_micro:
            await top_up(connection, space_id, balance_micro, "for the test", START)
    return space_id


async def buy(
    database: Database, space_id: int, terms: BundleTerms, ids: IdMaker, now: datetime
) -> Bundle:
    async with database.transaction() as connection:
        return await buy_bundle(connection, space_id, terms, ids, now)


async def cover(
    database: Database,
    space_id: int,
    segment_count: int,
    ids: IdMaker,
    now: datetime,
    market: Market = Market.ITALY,
) -> tuple[bytes, int]:
    """Accept one recipient as acceptance does it; answers its id and how much was covered."""
    recipient_id = ids.make(now)
    async with database.transaction() as connection:
        book = await open_book(connection, [space_id], ids, now)
        shelf = await open_bundles(connection, book)
        covered = shelf.cover(space_id, recipient_id, market, "IT", segment_count, now)
        await connection.execute(
            _INSERT_RECIPIENT, space_id, recipient_id, segment_count, covered, now
        )
        await write_book(connection, book)
        await write_bundles(connection, shelf)
    return recipient_id, covered


async def rows(database: Database, query: str, *arguments: object) -> Sequence[Any]:
    async with database.acquire() as connection:
        return await connection.fetch(query, *arguments)


async def tamper(database: Database, query: str, *arguments: object) -> None:
    """Change rows that the database does not let anybody change, as its owner can."""
    async with database.transaction() as connection:
        for table in ("ledger_entry", "ledger_closing"):
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        await connection.execute(query, *arguments)
        for table in ("ledger_entry", "ledger_closing"):
            await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


async def closed(database: Database, now: datetime) -> int:
    """Close all that is over: every month must be whole. Answers how many wallets."""

    def fail(space_id: int, month: date, why: Obstacle) -> None:
        raise AssertionError(f"space {space_id}, {month}: {why}")

    closer, count = MonthCloser(database, fail), 0
    while found := await closer.close_once(now):
        count += found
    return count


async def drop_month(database: Database, month: date) -> None:
    """Drop a month of every table of traffic, as an operator would."""
    async with database.transaction() as connection:
        for row in await connection.fetch(READ_PARTITIONS):
            if row["child"].removesuffix("_first").endswith(f"_{month:%Y_%m}"):
                await connection.execute(f"DROP TABLE {row['child']}")


async def faults_of(database: Database) -> tuple[Fault, ...]:
    """What `staffetta ledger verify` finds."""
    async with database.transaction(isolation="repeatable_read") as connection:
        return (await verify_books(connection)).faults


async def tell_nobody(connection: Connection, book: object, ends: object) -> None:
    """A renewal that nobody wants to hear of."""
