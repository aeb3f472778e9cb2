"""What a v1 message costs its account, taken once, in the caller's transaction.

The whole message is one ledger entry: a line for each of a hundred thousand recipients would tell
nothing that the recipients' rows do not. Refunds name their recipients.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from staffetta.accounts.token_limits import TokenAllowance
from staffetta.accounts.token_use import spend_of_token
from staffetta.db.pool import Connection
from staffetta.domain.errors import AccountBlocklisted
from staffetta.domain.ids import IdMaker
from staffetta.ledger.book import Book, CounterAccount, EntryKind, Wallet
from staffetta.ledger.store import open_book, write_book
from staffetta.messaging.bulk import sql
from staffetta.messaging.till import refusal_of_cap, refusal_of_credit


async def lock_wallet(
    connection: Connection, space_id: int, ids: IdMaker, now: datetime
) -> tuple[Book, Wallet]:
    """Lock the space's wallet; raises AccountBlocklisted when nothing may be sent from it."""
    book = await open_book(connection, [space_id], ids, now)
    wallet = book.wallets[space_id]
    if wallet.blocklisted:
        raise AccountBlocklisted
    return book, wallet


async def charge(
    connection: Connection,
    book: Book,
    wallet: Wallet,
    message_id: bytes,
    price_micro: int,
    allowance: TokenAllowance | None,
) -> None:
    """Take the price from the wallet that is locked; raises CreditTooLow or GuardRefused."""
    await spend_of_token(connection, allowance, price_micro, 0)
    refusal = refusal_of_cap(wallet, price_micro, book.now) or refusal_of_credit(
        wallet, price_micro
    )
    if refusal is not None:
        raise refusal
    book.move(
        wallet.space_id,
        EntryKind.CHARGE,
        -price_micro,
        CounterAccount.REVENUE,
        message_id=message_id,
    )
    await write_book(connection, book)


def credit_of(wallet: Wallet) -> int:
    """What an account is told it has, in micro-units: what holds set aside is not counted."""
    return wallet.balance_micro - wallet.held_micro


async def read_charged_at(
    connection: Connection, messages: Iterable[tuple[int, bytes]]
) -> Mapping[bytes, datetime]:
    """When these messages (space, id) were charged, by id: long after their recipients were made
    where a transaction was open meanwhile.
    """
    asked = sorted(set(messages))
    if not asked:
        return {}
    rows = await connection.fetch(
        sql.READ_CHARGED_AT,
        [space_id for space_id, _ in asked],
        [message_id for _, message_id in asked],
    )
    return {row["id"]: row["charged_at"] for row in rows}
