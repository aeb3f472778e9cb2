"""What phones of a space received, read from what became of its messages.

For the sandbox, whose phones are simulated: one-time codes are shown as the phone shows them. Of
real phones nobody knows what they show, and nobody may see their codes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from staffetta.db.pool import Database, Row
from staffetta.domain.ids import id_time, lowest_id
from staffetta.domain.secrets import CannotUnseal, Keyring
from staffetta.domain.states import State
from staffetta.domain.templates import Template
from staffetta.messaging.masked_codes import unmask_code
from staffetta.messaging.sql import phones as sql

LOOKED_BACK: Final = timedelta(days=31)
LOOKED_AT_MAX: Final = 20_000  # recipients of the space, the newest
PHONES_MAX: Final = 40
MESSAGES_MAX: Final = 60  # of one phone


class Phone(msgspec.Struct, frozen=True):
    """A number, and the last that was sent to it."""

    number: str
    message_count: int  # among the recipients that were looked at
    text: str
    flash: bool
    state: State
    at: datetime


class PhoneMessage(msgspec.Struct, frozen=True):
    """What was sent to a phone, all its segments joined."""

    recipient_id: bytes
    message_id: bytes
    sender: str
    text: str
    flash: bool
    segment_count: int
    state: State
    at: datetime  # when it arrived, or how far it came
    is_of_many: bool  # its message has other recipients, too


class SandboxPhones:
    """The phones of a space of the sandbox."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def list(self, space_id: int, now: datetime) -> Sequence[Phone]:
        """The phones that were sent to last, the newest first."""
        since = lowest_id(now - LOOKED_BACK)
        async with self._database.acquire() as connection:
            rows = await connection.fetch(
                sql.LIST_PHONES, space_id, since, LOOKED_AT_MAX, PHONES_MAX
            )
        return [
            Phone(
                number=row["number"],
                message_count=row["message_count"],
                text=self._text(space_id, row),
                flash=row["flash"],
                state=State(row["state"]),
                at=id_time(row["id"]),
            )
            for row in rows
        ]

    async def read(self, space_id: int, number: str, now: datetime) -> Sequence[PhoneMessage]:
        """What was sent to a number (E.164 with its plus), the oldest first."""
        since = lowest_id(now - LOOKED_BACK)
        async with self._database.acquire() as connection:
            rows = await connection.fetch(
                sql.READ_PHONE, space_id, since, LOOKED_AT_MAX, number, MESSAGES_MAX
            )
        return [self._message(space_id, row) for row in reversed(rows)]

    def _message(self, space_id: int, row: Row) -> PhoneMessage:
        return PhoneMessage(
            recipient_id=row["id"],
            message_id=row["message_id"],
            sender=row["sender"],
            text=self._text(space_id, row),
            flash=row["flash"],
            segment_count=row["segment_count"],
            state=State(row["state"]),
            at=row["delivered_at"] or row["sent_at"] or row["updated_at"],
            is_of_many=row["id"] != row["message_id"],
        )

    def _text(self, space_id: int, row: Row) -> str:
        """As it was sent: filled in, its one-time code in its place."""
        text = Template(row["body"]).fill(row["fields"])
        if row["sealed_code"] is None:
            return text
        try:
            return unmask_code(self._keyring, space_id, row["message_id"], text, row["sealed_code"])
        except CannotUnseal:  # the server's key is another one since
            return text
