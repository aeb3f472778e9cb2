"""Closing the months that are over, and saying in the log which cannot be closed.

It stands here because the ledger that closes does not know the log.
"""

from datetime import date, datetime

import structlog

from staffetta.db.pool import Database
from staffetta.ledger.close_months import close_months_once

_log = structlog.get_logger(__name__)


async def close_ledger_months_once(database: Database, now: datetime) -> int:
    """Close what is over for some wallets; answers how many wallets were done with."""
    return await close_months_once(database, now, _tell_not_whole)


def _tell_not_whole(space_id: int, month: date) -> None:
    _log.error(
        "month_not_closed",
        space=space_id,
        month=f"{month:%Y-%m}",
        reason="its entries are not as they were written: run `staffetta ledger verify`",
    )
