"""The sandbox's play money: brought back to its starting sum once a day (contract section 1)."""

from datetime import datetime
from typing import Final

from staffetta.db.pool import Database
from staffetta.domain.money import SANDBOX_CREDIT_MICRO
from staffetta.ledger import sql
from staffetta.ledger.topup import grant

_STEP_MAX: Final = 100


async def refill_once(database: Database, now: datetime) -> int:
    """Refill the sandbox wallets that are below the sum and were not refilled for a day; how many.

    Between two refills a wallet stays as low as it was set, so that a 402 can be tried.
    """
    async with database.transaction() as connection:
        rows = await connection.fetch(
            sql.TAKE_WALLETS_TO_REFILL, SANDBOX_CREDIT_MICRO, now, _STEP_MAX
        )
        for row in sorted(rows, key=lambda row: row["space_id"]):
            missing_micro = SANDBOX_CREDIT_MICRO - row["balance_micro"]
            await grant(connection, row["space_id"], missing_micro, "daily refill", now)
    return len(rows)
