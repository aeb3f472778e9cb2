"""Connections for what reads a lot: statistics and histories that accounts ask for.

They are few, and give up soon: however much is asked, and however large an account is, sending
messages and letting callers in have connections of their own.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from staffetta.app.database import START_PATIENCE_SECONDS
from staffetta.db.pool import Database, Limits

CONNECTIONS_MAX: Final = 2
PATIENCE_SECONDS: Final = 2.0  # for a free one
STATEMENT_SECONDS_MAX: Final = 4.0


@asynccontextmanager
async def opened_reports(
    url: str,
    *,
    patience_seconds: float = PATIENCE_SECONDS,
    statement_seconds_max: float = STATEMENT_SECONDS_MAX,
) -> AsyncIterator[Database]:
    """The connections of one process; raises NotConnected.

    Who finds none free in time gets NotConnected, whose statement takes too long gets TryAgain.
    """
    reports = await Database.connect(
        url,
        application_name="staffetta reports",
        connections_max=CONNECTIONS_MAX,
        patience_seconds=patience_seconds,
        start_patience_seconds=START_PATIENCE_SECONDS,
        limits=Limits(statement_seconds=statement_seconds_max),
    )
    try:
        yield reports
    finally:
        await reports.close()
