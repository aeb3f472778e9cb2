"""Bringing money into a wallet."""

from datetime import datetime
from typing import Final

from staffetta.db.pool import Connection
from staffetta.domain.ids import IdMaker
from staffetta.ledger import store
from staffetta.ledger.book import CounterAccount, EntryKind

NOTE_CHARACTERS_MAX: Final = 200


async def top_up(
    connection: Connection,
    space_id: int,
    amount_micro: int,
    note: str,
    now: datetime,
    counter_account: CounterAccount = CounterAccount.PAYMENTS,
) -> int:
    """Add money to a space's wallet, in the caller's transaction; answers the balance after.

    A negative amount takes back what was added by mistake. Raises LookupError for a space without
    a wallet.
    """
    book = await store.open_book(connection, [space_id], IdMaker(), now)
    if space_id not in book.wallets:
        raise LookupError(f"space {space_id} has no wallet")
    book.move(
        space_id,
        EntryKind.TOP_UP if amount_micro > 0 else EntryKind.ADJUSTMENT,
        amount_micro,
        counter_account,
        note=note[:NOTE_CHARACTERS_MAX],
    )
    # Whoever takes money back by hand knows that it is gone: the next message tells the account.
    await store.write_book(connection, book, may_tell=False)
    return book.wallets[space_id].balance_micro


async def grant(
    connection: Connection, space_id: int, amount_micro: int, note: str, now: datetime
) -> int:
    """Add play money to a sandbox's wallet: like `top_up`, but nobody paid for it."""
    return await top_up(connection, space_id, amount_micro, note, now, CounterAccount.GRANTS)
