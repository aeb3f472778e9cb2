"""The reports that are kept apart from their messages, for operators to look at."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

import msgspec

from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment
from staffetta.domain.ids import lowest_id
from staffetta.messaging.match import EVER, Disposition
from staffetta.messaging.sql import report as sql

LISTED_MAX: Final = 10_000
DISPOSITIONS: Final = (
    Disposition.WAITING,
    Disposition.ORPHAN,
    Disposition.LATE,
    Disposition.MATCHED,
)


class KeptReport(msgspec.Struct, frozen=True):
    """One report that found no message, or only later, or one that had its end already."""

    id: bytes
    connector: str  # its name
    environment: Environment
    smsc_id: str  # as the carrier wrote it; "" when it named no message
    text_id: str  # another id it named, in its text
    report_state: str
    report_error: str | None
    error_words: str | None
    destination: str
    sender: str
    done_at: datetime | None
    received_at: datetime
    disposition: str


async def list_kept_reports(
    connection: Connection,
    connector_id: int | None,
    dispositions: Collection[str],
    since: datetime | None,
    limit: int,
) -> list[KeptReport]:
    """Kept reports, the newest first; of one connector where one is named."""
    rows = await connection.fetch(
        sql.LIST_KEPT,
        connector_id,
        list(dispositions),
        EVER if since is None else lowest_id(since),
        min(limit, LISTED_MAX),
    )
    return [KeptReport(**{**row, "environment": Environment(row["environment"])}) for row in rows]
