"""What a v1 message costs its account, taken once, in the caller's transaction.

The whole message is one ledger entry: a line for each of a hundred thousand recipients would tell
nothing that the recipients' rows do not. Refunds name their recipients.
"""

from datetime import UTC, datetime

from staffetta.accounts.token_limits import TokenAllowance
from staffetta.accounts.token_use import open_token_uses, write_token_uses
from staffetta.db.pool import Connection
from staffetta.domain.errors import AccountBlocklisted, CreditTooLow, GuardRefused
from staffetta.domain.ids import IdMaker
from staffetta.domain.money import format_amount
from staffetta.ledger.book import Book, CounterAccount, EntryKind, Wallet
from staffetta.ledger.store import open_book, write_book
from staffetta.messaging.alerts import tell_low_credit


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
    await _spend(connection, allowance, price_micro)
    room_micro = wallet.day_room_micro(book.now.astimezone(UTC).date())
    if room_micro is not None and price_micro > max(room_micro, 0):
        raise GuardRefused(
            f"the daily spending cap of the account leaves {format_amount(max(room_micro, 0))} "
            f"today, and the message costs {format_amount(price_micro)}"
        )
    if price_micro > 0 and wallet.available_micro < price_micro:
        raise _too_low(price_micro, wallet.available_micro)
    book.move(
        wallet.space_id,
        EntryKind.CHARGE,
        -price_micro,
        CounterAccount.REVENUE,
        message_id=message_id,
    )
    await write_book(connection, book)


async def tell(connection: Connection, book: Book, ids: IdMaker) -> None:
    """Tell the account when its credit is low now."""
    await tell_low_credit(connection, book, ids)


def credit_of(wallet: Wallet) -> int:
    """What an account is told it has, in micro-units: what holds set aside is not counted."""
    return wallet.balance_micro - wallet.held_micro


async def _spend(
    connection: Connection, allowance: TokenAllowance | None, price_micro: int
) -> None:
    """Count the price for a token that may spend only so much."""
    if allowance is None:
        return
    uses = await open_token_uses(connection, [allowance])
    refusal = uses.refusal(allowance, price_micro, 0)
    if refusal is not None:
        raise refusal
    uses.spend(allowance, price_micro, 0)
    await write_token_uses(connection, uses)


def _too_low(needed_micro: int, available_micro: int) -> CreditTooLow:
    return CreditTooLow(
        needed_micro,
        available_micro,
        f"{format_amount(needed_micro)} needed, {format_amount(available_micro)} available",
    )
