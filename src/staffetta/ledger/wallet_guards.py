"""What guards a wallet: the cap of a day's spending, and the threshold of the low-credit alert.

They stand in the wallet's row, where acceptance reads them under the lock it takes anyway.
"""

from datetime import UTC, datetime

import msgspec
from msgspec import UNSET, UnsetType

from staffetta.db.pool import Connection
from staffetta.domain.money import AMOUNT_MICRO_MAX, format_amount
from staffetta.ledger import sql
from staffetta.ledger.errors import InvalidWalletGuard


class WalletGuards(msgspec.Struct, frozen=True):
    """How a wallet is guarded, and where it stands now; in micro-units."""

    day_spend_max_micro: int | None  # None: no cap
    day_spent_micro: int  # on this UTC day
    held_micro: int  # counts into the cap: it may be spent today
    alert_below_micro: int | None  # None: no alert
    available_micro: int


class WalletGuardChanges(msgspec.Struct, frozen=True):
    """What is to change; None takes a guard away. Raises InvalidWalletGuard.

    A cap of 0 lets nothing be spent. A threshold is above 0: below it nothing is available anyway.
    """

    day_spend_max_micro: int | UnsetType | None = UNSET
    alert_below_micro: int | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        """Check the amounts."""
        cap, threshold = self.day_spend_max_micro, self.alert_below_micro
        if isinstance(cap, int) and not 0 <= cap <= AMOUNT_MICRO_MAX:
            raise InvalidWalletGuard(f"a daily cap is 0 or more, not {format_amount(cap)}")
        if isinstance(threshold, int) and not 0 < threshold <= AMOUNT_MICRO_MAX:
            raise InvalidWalletGuard(
                f"an alert's threshold is above 0, not {format_amount(threshold)}"
            )


NO_WALLET_GUARDS = WalletGuardChanges(None, None)


async def read_wallet_guards(connection: Connection, space_id: int, now: datetime) -> WalletGuards:
    """How a space's wallet is guarded; raises LookupError for a space without a wallet."""
    row = await connection.fetchrow(sql.READ_WALLET_GUARDS, space_id, now.astimezone(UTC).date())
    if row is None:
        raise LookupError(f"space {space_id} has no wallet")
    return WalletGuards(**row)


async def set_wallet_guards(
    connection: Connection, space_id: int, changes: WalletGuardChanges
) -> None:
    """Change a wallet's guards; what is accepted from the commit on obeys them."""
    cap, threshold = changes.day_spend_max_micro, changes.alert_below_micro
    await connection.execute(
        sql.SET_WALLET_GUARDS,
        space_id,
        cap is not UNSET,
        None if cap is UNSET else cap,
        threshold is not UNSET,
        None if threshold is UNSET else threshold,
    )
