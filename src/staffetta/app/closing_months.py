"""Closing the months that are over, and saying in the log which cannot be closed.

It stands here because the ledger that closes does not know the log.
"""

from datetime import date

import structlog

from staffetta.db.pool import Database
from staffetta.ledger.close_months import MonthCloser, Obstacle

_log = structlog.get_logger(__name__)


def make_month_closer(database: Database) -> MonthCloser:
    """A closer whose obstacles the log tells."""
    return MonthCloser(database, _tell_not_closed)


def _tell_not_closed(space_id: int, month: date, why: Obstacle) -> None:
    tell = _log.error if why is Obstacle.CHANGED else _log.info
    tell("month_not_closed", space=space_id, month=f"{month:%Y-%m}", reason=why.value)
