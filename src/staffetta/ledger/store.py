"""Locking wallets, and writing what a book decided, in the caller's transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from staffetta.db.pool import Connection
from staffetta.domain.ids import IdMaker
from staffetta.ledger import sql
from staffetta.ledger.book import Book, CounterAccount, EntryKind, Wallet


class HoldSettlement(msgspec.Struct, frozen=True):
    """What to do with a recipient's hold: capture `price_micro`, or release it when None."""

    space_id: int
    recipient_id: bytes
    message_id: bytes
    price_micro: int | None


async def open_book(
    connection: Connection, space_ids: Iterable[int], ids: IdMaker, now: datetime
) -> Book:
    """Lock the wallets of these spaces, in order, and open a book on them."""
    rows = await connection.fetch(sql.LOCK_WALLETS, sorted(set(space_ids)))
    return Book({row["space_id"]: Wallet(**row) for row in rows}, ids, now)


async def write_book(connection: Connection, book: Book, *, may_tell: bool = True) -> None:
    """Write a book's entries, holds and wallets; nothing is written when nothing moved.

    After it, `book.low_credit()` answers who is to be told of low credit; a caller that cannot tell
    says so with `may_tell`, and the alert stays armed.
    """
    wallets = book.touched
    if not wallets:
        return
    book.look_for_low_credit(may_tell=may_tell)
    await connection.execute(
        sql.WRITE_BOOK,
        book.now,
        [entry.space_id for entry in book.entries],
        [entry.sequence for entry in book.entries],
        [entry.id for entry in book.entries],
        [entry.kind for entry in book.entries],
        [entry.amount_micro for entry in book.entries],
        [entry.balance_after_micro for entry in book.entries],
        [entry.counter_account for entry in book.entries],
        [entry.message_id for entry in book.entries],
        [entry.recipient_id for entry in book.entries],
        [entry.note for entry in book.entries],
        [hold.space_id for hold in book.holds],
        [hold.recipient_id for hold in book.holds],
        [hold.amount_micro for hold in book.holds],
        [wallet.space_id for wallet in wallets],
        [wallet.balance_micro for wallet in wallets],
        [wallet.held_micro for wallet in wallets],
        [wallet.sequence for wallet in wallets],
        [wallet.spend_day for wallet in wallets],
        [wallet.day_spent_micro for wallet in wallets],
        [wallet.alerted for wallet in wallets],
        [wallet.newest_entry_id for wallet in wallets],
    )


async def settle_holds(
    connection: Connection, book: Book, settlements: Sequence[HoldSettlement]
) -> dict[bytes, int]:
    """Capture or release holds; answers what each captured recipient paid, in micro-units.

    The wallets must be locked by `book` already. A hold that is settled before, or never was,
    changes nothing.
    """
    if not settlements:
        return {}
    rows = await connection.fetch(
        sql.SETTLE_HOLDS,
        [settlement.space_id for settlement in settlements],
        [settlement.recipient_id for settlement in settlements],
        [settlement.message_id for settlement in settlements],
        [settlement.price_micro for settlement in settlements],
        book.now,
    )
    paid: dict[bytes, int] = {}
    for row in rows:
        book.unhold(row["space_id"], row["amount_micro"])
        if row["captured_micro"] is not None:
            paid[row["recipient_id"]] = row["captured_micro"]
            book.move(
                row["space_id"],
                EntryKind.CAPTURE,
                -row["captured_micro"],
                CounterAccount.REVENUE,
                message_id=row["message_id"],
                recipient_id=row["recipient_id"],
            )
    return paid
