"""How far a wallet may go below nothing: 0 for prepaid accounts, a limit for post-paid ones.

Acceptance obeys it from the commit on, through `Wallet.available_micro`. Each change leaves a row
that nobody can change.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from staffetta.db.pool import Connection
from staffetta.domain.ids import IdMaker
from staffetta.domain.money import AMOUNT_MICRO_MAX, format_amount
from staffetta.ledger import sql
from staffetta.ledger.book import Wallet
from staffetta.ledger.errors import InvalidCreditLimit, LimitBelowDebt
from staffetta.ledger.store import open_book

CHANGES_MAX: Final = 100
NOTE_CHARACTERS_MAX: Final = 200


class LimitChange(msgspec.Struct, frozen=True):
    """One change, and how the wallet stood. In micro-units."""

    at: datetime
    limit_before_micro: int
    limit_micro: int
    balance_micro: int
    held_micro: int
    forced: bool  # although the wallet owed more already
    note: str


async def set_credit_limit(
    connection: Connection,
    space_id: int,
    limit_micro: int,
    note: str,
    now: datetime,
    *,
    force: bool = False,
) -> LimitChange:
    """Let a space's wallet go down to `-limit_micro`, in the caller's transaction.

    What is held counts as spent. Raises InvalidCreditLimit; LimitBelowDebt when the wallet is below
    the new limit already, unless `force`: then nothing that costs is accepted until it is above.
    LookupError for a space without a wallet.
    """
    if not 0 <= limit_micro <= AMOUNT_MICRO_MAX:
        raise InvalidCreditLimit(f"a limit is 0 or more, not {format_amount(limit_micro)}")
    if len(note) > NOTE_CHARACTERS_MAX or not note.isprintable():
        raise InvalidCreditLimit(
            f"a note has at most {NOTE_CHARACTERS_MAX} characters, all of them printable"
        )
    book = await open_book(connection, [space_id], IdMaker(), now)
    if space_id not in book.wallets:
        raise LookupError(f"space {space_id} has no wallet")
    wallet = book.wallets[space_id]
    is_below = wallet.balance_micro - wallet.held_micro < -limit_micro
    if is_below and not force:
        raise LimitBelowDebt(_below(wallet, limit_micro))
    change = LimitChange(
        at=now,
        limit_before_micro=-wallet.floor_micro,
        limit_micro=limit_micro,
        balance_micro=wallet.balance_micro,
        held_micro=wallet.held_micro,
        forced=is_below,
        note=note,
    )
    await connection.execute(sql.SET_FLOOR, space_id, -limit_micro)
    await connection.execute(
        sql.INSERT_CREDIT_LIMIT_CHANGE, space_id, *msgspec.structs.astuple(change)
    )
    return change


async def list_limit_changes(
    connection: Connection, space_id: int, limit: int = CHANGES_MAX
) -> Sequence[LimitChange]:
    """A space's changes, newest first."""
    rows = await connection.fetch(sql.LIST_CREDIT_LIMIT_CHANGES, space_id, min(limit, CHANGES_MAX))
    return [LimitChange(**row) for row in rows]


def _below(wallet: Wallet, limit_micro: int) -> str:
    held = f", of which {format_amount(wallet.held_micro)} is held" if wallet.held_micro else ""
    return (
        f"the wallet has {format_amount(wallet.balance_micro)}{held}: it is below a limit of "
        f"{format_amount(limit_micro)} already, and nothing would be accepted until money comes"
    )
