"""What an account has: its wallet, read without a lock."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from staffetta.db.pool import Connection
from staffetta.ledger import reading_sql as sql


class WalletView(msgspec.Struct, frozen=True):
    """A wallet as it stands, in micro-units."""

    balance_micro: int  # the sum of all entries
    held_micro: int  # set aside for messages under way
    floor_micro: int  # how low the balance may go
    created_at: datetime
    updated_at: datetime

    @property
    def available_micro(self) -> int:
        """What may still be spent: neither held already nor below the floor."""
        return self.balance_micro - self.held_micro - self.floor_micro


async def read_wallet(connection: Connection, space_id: int) -> WalletView | None:
    """A space's wallet; None for a space without one."""
    row = await connection.fetchrow(sql.READ_WALLET, space_id)
    return None if row is None else WalletView(**row)


async def read_wallets(connection: Connection, space_ids: Sequence[int]) -> dict[int, WalletView]:
    """The wallets of some spaces; a space without one is left out."""
    rows = await connection.fetch(sql.READ_WALLETS, list(space_ids))
    return {
        row["space_id"]: WalletView(
            row["balance_micro"],
            row["held_micro"],
            row["floor_micro"],
            row["created_at"],
            row["updated_at"],
        )
        for row in rows
    }
