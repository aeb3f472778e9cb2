"""Asking for a sender, and seeing what was asked for: the customer's side of approval."""

from datetime import datetime
from typing import Final

import msgspec

from staffetta.compliance import senders_sql as sql
from staffetta.compliance.errors import TooManySenders
from staffetta.compliance.senders import SenderState
from staffetta.db.pool import Connection, Database
from staffetta.domain.environments import Environment

SENDERS_MAX: Final = 1_000  # of one space
LISTED_MAX: Final = SENDERS_MAX + 100  # requests at once may pass the most by a few


class SenderApplication(msgspec.Struct, frozen=True):
    """What a customer says of a sender. The texts are for whoever decides; they may be empty."""

    country: str  # ISO 3166
    sender: str
    traffic_type: str = ""
    company_website: str = ""
    industry: str = ""
    sender_company_relationship: str = ""


class RegisteredSender(msgspec.Struct, frozen=True):
    """A sender as its customer sees it."""

    country: str
    sender: str
    state: SenderState


class SenderRegistry:
    """The senders of spaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def register(
        self,
        space_id: int,
        environment: Environment,
        application: SenderApplication,
        now: datetime,
    ) -> RegisteredSender:
        """Register a sender: pending, or approved at once in the sandbox.

        Asked for again, an approved one stays as it is; any other takes the new texts and is
        pending again. Raises TooManySenders.
        """
        at_once = environment is Environment.SANDBOX
        async with self._database.transaction() as connection:
            await _require_room(connection, space_id, application)
            kept = await connection.fetchval(
                sql.REGISTER_SENDER,
                space_id,
                application.country,
                application.sender,
                SenderState.APPROVED if at_once else SenderState.PENDING,
                application.traffic_type,
                application.company_website,
                application.industry,
                application.sender_company_relationship,
                now,
                now if at_once else None,
            )
        # No row: it was approved before.
        state = SenderState.APPROVED if kept is None else SenderState(kept)
        return RegisteredSender(application.country, application.sender, state)

    async def list(self, space_id: int) -> list[RegisteredSender]:
        """The senders of a space, by country and name."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(sql.LIST_SENDERS_OF_SPACE, space_id, LISTED_MAX)
        return [
            RegisteredSender(row["country"], row["sender"], SenderState(row["state"]))
            for row in rows
        ]


async def _require_room(
    connection: Connection, space_id: int, application: SenderApplication
) -> None:
    others = await connection.fetchval(
        sql.COUNT_OTHER_SENDERS, space_id, application.country, application.sender
    )
    if others >= SENDERS_MAX:
        raise TooManySenders(f"the account has {others} senders, and {SENDERS_MAX} are the most")
