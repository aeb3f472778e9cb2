"""The end of bundles' periods: another one, paid and full, or the end of the bundle."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Final

import msgspec

from staffetta.db.pool import Connection, Database
from staffetta.domain.ids import IdMaker
from staffetta.ledger import sql
from staffetta.ledger.book import Book
from staffetta.ledger.bundle import Bundle, Over, Renewed, end_of_period
from staffetta.ledger.sell_bundle import pay
from staffetta.ledger.store import open_book, write_book

_STEP_MAX: Final = 100


class PeriodEnd(msgspec.Struct, frozen=True):
    """A bundle whose period has ended, and what followed."""

    bundle: Bundle  # as it was
    followed_by: Renewed | Over


# Tells, in the transaction that renewed: the written book knows whose credit is low. The ledger
# knows nobody's URL.
Tell = Callable[[Connection, Book, Sequence[PeriodEnd]], Awaitable[None]]


async def renew_once(database: Database, ids: IdMaker, now: datetime, tell: Tell) -> int:
    """Renew or end the bundles whose period is over; answers how many.

    Two processes may do it at once: who comes second waits for the wallets and finds nothing. A
    bundle several periods behind gets one period, and pays one (see `end_of_period`). An account
    whose credit is too low loses the bundle, and is told if it wants alerts. One that is closed or
    blocked pays for nothing more.
    """
    async with database.transaction() as connection:
        found = await connection.fetch(sql.FIND_SPACES_OF_OVER_BUNDLES, now, _STEP_MAX)
        if not found:
            return 0
        space_ids = [row["space_id"] for row in found]
        book = await open_book(connection, space_ids, ids, now)
        closed = await connection.fetch(sql.READ_SPACES_OF_CLOSED_ACCOUNTS, space_ids)
        closed_ids = {row["id"] for row in closed}
        rows = await connection.fetch(sql.READ_OVER_BUNDLES, space_ids, now)
        ends = [_decide(book, Bundle(**row), now, closed_ids) for row in rows]
        await write_book(connection, book)
        await _write(connection, ends, now)
        await tell(connection, book, ends)
    return len(ends)


def _decide(book: Book, bundle: Bundle, now: datetime, closed_ids: Collection[int]) -> PeriodEnd:
    """In the order of ending: the earlier bundle has the first claim on what is left."""
    wallet = book.wallets[bundle.space_id]
    followed_by = end_of_period(bundle, wallet, now, is_closed=bundle.space_id in closed_ids)
    if isinstance(followed_by, Renewed):
        pay(book, bundle, "renewed")
    elif followed_by.too_dear:
        book.fall_short(bundle.space_id, bundle.price_micro)
    return PeriodEnd(bundle, followed_by)


async def _write(connection: Connection, ends: Sequence[PeriodEnd], now: datetime) -> None:
    renewed = [
        (end.bundle, end.followed_by) for end in ends if isinstance(end.followed_by, Renewed)
    ]
    if renewed:
        await connection.execute(
            sql.RENEW_BUNDLES,
            [bundle.space_id for bundle, _ in renewed],
            [bundle.id for bundle, _ in renewed],
            [period.starts_at for _, period in renewed],
            [period.ends_at for _, period in renewed],
        )
    over = [(end.bundle, end.followed_by) for end in ends if isinstance(end.followed_by, Over)]
    if over:
        await connection.execute(
            sql.END_BUNDLES,
            [bundle.space_id for bundle, _ in over],
            [bundle.id for bundle, _ in over],
            [end.reason for _, end in over],
            now,
        )
        await connection.execute(
            sql.REFRESH_HAS_BUNDLES, sorted({bundle.space_id for bundle, _ in over})
        )
