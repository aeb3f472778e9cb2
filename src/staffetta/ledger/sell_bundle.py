"""Selling bundles and ending them, in the caller's transaction, under the wallet's lock."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from staffetta.db.pool import Connection
from staffetta.domain.ids import IdMaker
from staffetta.domain.money import format_amount
from staffetta.ledger import sql
from staffetta.ledger.book import Book, CounterAccount, EntryKind
from staffetta.ledger.bundle import REASON_CHARACTERS_MAX, Bundle, BundleTerms, is_affordable
from staffetta.ledger.errors import BundleOver, BundleTooDear, InvalidBundle, NoSuchBundle
from staffetta.ledger.store import open_book, write_book

# Acceptance reads all of a space's active bundles with each batch.
ACTIVE_BUNDLES_MAX: Final = 100
LISTED_MAX: Final = 1_000


async def buy_bundle(
    connection: Connection, space_id: int, terms: BundleTerms, ids: IdMaker, now: datetime
) -> Bundle:
    """Charge a space's wallet for a bundle whose first period begins now.

    Raises BundleTooDear when less than its price is available (a post-paid wallet may go down to
    its floor), InvalidBundle when the space has too many, LookupError for a space without a wallet.
    """
    book = await open_book(connection, [space_id], ids, now)
    if space_id not in book.wallets:
        raise LookupError(f"space {space_id} has no wallet")
    wallet = book.wallets[space_id]
    if not is_affordable(terms.price_micro, wallet):
        raise BundleTooDear(
            f"the credit is too low for the bundle: {format_amount(terms.price_micro)} needed, "
            f"{format_amount(wallet.available_micro)} available"
        )
    if await connection.fetchval(sql.COUNT_ACTIVE_BUNDLES, space_id) >= ACTIVE_BUNDLES_MAX:
        raise InvalidBundle(f"the account has {ACTIVE_BUNDLES_MAX} bundles: end one first")
    row = await connection.fetchrow(
        sql.INSERT_BUNDLE,
        space_id,
        terms.name,
        terms.market,
        terms.country,
        terms.segment_count,
        terms.price_micro,
        terms.period_days,
        terms.autorenew,
        now,
        now + timedelta(days=terms.period_days),
    )
    assert row is not None
    bundle = Bundle(**row)
    pay(book, bundle, "bought")
    # Whoever buys sees what is left: an account that is low now is told with its next message.
    await write_book(connection, book, may_tell=False)
    await connection.execute(sql.REFRESH_HAS_BUNDLES, [space_id])
    return bundle


def pay(book: Book, bundle: Bundle, how: str) -> None:
    """Charge a bundle's wallet for one period."""
    named = f" ({bundle.name})" if bundle.name else ""
    book.move(
        bundle.space_id,
        EntryKind.BUNDLE,
        -bundle.price_micro,
        CounterAccount.REVENUE,
        note=f"bundle {bundle.id}{named} {how}: {bundle.segment_count} segments",
    )


async def end_bundle(
    connection: Connection, space_id: int, bundle_id: int, reason: str, now: datetime
) -> Bundle:
    """End a bundle before its time: nothing is paid back, and what was not used is gone.

    Raises NoSuchBundle, BundleOver, and InvalidBundle for a reason that is empty or too long.
    """
    if not 1 <= len(reason) <= REASON_CHARACTERS_MAX or not reason.isprintable():
        raise InvalidBundle(f"a reason has 1 to {REASON_CHARACTERS_MAX} printable characters")
    await connection.fetch(sql.LOCK_WALLETS, [space_id])
    bundle = await find_bundle(connection, space_id, bundle_id)
    if bundle is None:
        raise NoSuchBundle(f"the account has no bundle {bundle_id} in this environment")
    if bundle.ended_at is not None:
        raise BundleOver(f"bundle {bundle_id} has ended already: {bundle.ended_reason}")
    await connection.execute(sql.END_BUNDLES, [space_id], [bundle_id], [reason], now)
    await connection.execute(sql.REFRESH_HAS_BUNDLES, [space_id])
    ended = await find_bundle(connection, space_id, bundle_id)
    assert ended is not None
    return ended


async def find_bundle(connection: Connection, space_id: int, bundle_id: int) -> Bundle | None:
    """One bundle of a space, active or not."""
    row = await connection.fetchrow(sql.FIND_BUNDLE, space_id, bundle_id)
    return None if row is None else Bundle(**row)


async def list_bundles(
    connection: Connection, space_id: int, skip_count: int = 0, limit: int = LISTED_MAX
) -> Sequence[Bundle]:
    """A space's bundles, active or not, newest first."""
    rows = await connection.fetch(sql.LIST_BUNDLES, space_id, skip_count, min(limit, LISTED_MAX))
    return [Bundle(**row) for row in rows]
