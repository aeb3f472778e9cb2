"""Renewing bundles, and saying what became of them: in the log, and to accounts that want alerts.

It stands here because the ledger that renews knows neither the log nor anybody's URL.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import structlog

from staffetta.db.pool import Connection, Database
from staffetta.domain.ids import IdMaker
from staffetta.ledger.book import Book
from staffetta.ledger.bundle import Over
from staffetta.ledger.renew_bundles import PeriodEnd, renew_once
from staffetta.messaging.alerts import tell_low_credit

_log = structlog.get_logger(__name__)


async def renew_bundles_once(database: Database, ids: IdMaker, now: datetime) -> int:
    """Renew or end the bundles whose period is over; answers how many."""
    return await renew_once(database, ids, now, partial(_tell, ids))


async def _tell(
    ids: IdMaker, connection: Connection, book: Book, ends: Sequence[PeriodEnd]
) -> None:
    for end in ends:
        facts = {"space": end.bundle.space_id, "bundle": end.bundle.id, "name": end.bundle.name}
        if isinstance(end.followed_by, Over):
            _log.warning("bundle_ended", **facts, reason=end.followed_by.reason)
        else:
            _log.info("bundle_renewed", **facts, until=end.followed_by.ends_at.isoformat())
    await tell_low_credit(connection, book, ids)
