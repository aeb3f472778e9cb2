"""Finding messages by the number they went to."""

from datetime import datetime
from typing import Final

import msgspec

from staffetta.db.pool import Connection
from staffetta.domain.ids import lowest_id
from staffetta.messaging.tracing import sql

LOOKED_AT_MAX: Final = 200_000  # recipients of each space: no index knows numbers
LISTED_MAX: Final = 1_000


class FoundRecipient(msgspec.Struct, frozen=True):
    """A recipient with the number that was asked for."""

    account: str
    environment: str
    message_id: bytes
    recipient_id: bytes
    service: str
    sender: str
    created_at: datetime
    state: str
    updated_at: datetime
    detail: str | None


async def find_by_number(
    connection: Connection,
    number: str,
    since: datetime,
    limit: int,
    email: str | None = None,
) -> list[FoundRecipient]:
    """The recipients with this number (E.164 with its plus) since a moment, newest first.

    Of each space the newest LOOKED_AT_MAX recipients are looked at.
    """
    rows = await connection.fetch(
        sql.FIND_NUMBER, number, lowest_id(since), min(limit, LISTED_MAX), LOOKED_AT_MAX, email
    )
    return [
        FoundRecipient(
            account=row["email"],
            environment=row["environment"],
            message_id=row["message_id"],
            recipient_id=row["id"],
            service=row["service"],
            sender=row["sender"],
            created_at=row["created_at"],
            state=row["state"],
            updated_at=row["updated_at"],
            detail=row["detail"],
        )
        for row in rows
    ]
