"""Reading messages back, within one space and never outside it."""

from datetime import datetime, timedelta
from typing import Final

from staffetta.db.pool import Database, Row
from staffetta.domain.encodings import Encoding
from staffetta.domain.environments import Market
from staffetta.domain.states import State
from staffetta.messaging.sql import read as sql
from staffetta.messaging.view import MessageView

DRY_RUN_KEPT: Final = timedelta(hours=24)


class Reader:
    """Reads the messages of spaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, space_id: int, message_id: bytes, now: datetime) -> MessageView | None:
        """One message, or None; a dry run is found for 24 hours."""
        async with self._database.acquire() as connection:
            row = await connection.fetchrow(
                sql.GET_MESSAGE, space_id, message_id, now - DRY_RUN_KEPT
            )
        return None if row is None else _view(row)

    async def list(self, space_id: int, skip: int, limit: int) -> list[MessageView]:
        """Messages, newest first; dry runs are not listed."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(sql.LIST_MESSAGES, space_id, skip, limit)
        return [_view(row) for row in rows]


def _view(row: Row) -> MessageView:
    # What was paid, and nothing after a refund; a dry run shows what it would cost.
    paid = row["charged_micro"] > 0 or row["dry_run"]
    return MessageView(
        id=row["id"],
        market=Market(row["market"]),
        state=State(row["state"]),
        dry_run=row["dry_run"],
        sender=row["sender"],
        recipient=row["number"],
        calling_code=row["calling_code"],
        country=row["country"],
        text=row["body"],
        encoding=Encoding(row["encoding"]),
        characters_count=row["characters_count"],
        segment_count=row["segment_count"],
        price_micro=row["price_micro"] if paid else 0,
        total_price_micro=_total_micro(row),
        options=row["options"],
        callback=row["callback"],
        blocklisted_reason=row["blocklisted_reason"],
        possibly_duplicate=row["possibly_duplicate"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        sent_at=row["sent_at"],
        delivered_at=row["delivered_at"],
        send_at=row["due_at"] if row["due_at"] > row["created_at"] else None,
    )


def _total_micro(row: Row) -> int:
    """What was paid; a dry run shows what it would cost."""
    total: int = row["charged_micro"]
    return row["price_micro"] * row["segment_count"] if row["dry_run"] else total
