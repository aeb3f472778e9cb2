"""Telling an account that its credit is low: a line in the log, and a callback where it wants one.

In the transaction that spent the money, so an alert is told once and never lost.
"""

import structlog

from staffetta.callbacks.owe import LowCredit as OwedAlert
from staffetta.callbacks.owe import owe_low_credit
from staffetta.db.pool import Connection
from staffetta.domain.ids import IdMaker
from staffetta.domain.money import format_amount
from staffetta.ledger.book import Book

_log = structlog.get_logger(__name__)


async def tell_low_credit(connection: Connection, book: Book, ids: IdMaker) -> None:
    """Tell what a written book found low."""
    alerts = book.low_credit()
    if not alerts:
        return
    for alert in alerts:
        _log.warning(
            "credit_low",
            space=alert.space_id,
            available=format_amount(alert.available_micro),
            threshold=format_amount(alert.threshold_micro),
        )
    owed = [
        OwedAlert(alert.space_id, alert.available_micro, alert.threshold_micro) for alert in alerts
    ]
    await owe_low_credit(connection, owed, ids, book.now)
