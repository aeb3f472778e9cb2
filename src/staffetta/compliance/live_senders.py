"""The sender rules as the database has them now, followed without a restart."""

from typing import Final

from staffetta.compliance import senders_sql as sql
from staffetta.compliance.senders import ApprovedSender, SenderRules
from staffetta.db.pool import Database

_NEVER_READ: Final = -1


class LiveSenders:
    """Holds the newest rules; `refresh_once` replaces them when the senders' number moved."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version = _NEVER_READ
        self.rules = SenderRules()

    @property
    def loaded(self) -> bool:
        """Whether rules were ever read: before that, nothing can be accepted."""
        return self._version != _NEVER_READ

    async def refresh_once(self) -> int:
        """Read the rules if they changed; answers 1 when they did.

        The number is read first: a change that lands between the reads is read again later, never
        missed.
        """
        async with self._database.acquire() as connection:
            version = await connection.fetchval(sql.READ_SENDERS_VERSION)
            if version == self._version:
                return 0
            countries = await connection.fetch(sql.READ_SENDER_RULES)
            approved = await connection.fetch(sql.READ_APPROVED_SENDERS)
        self.rules = SenderRules(
            (row["country"] for row in countries),
            (ApprovedSender(row["space_id"], row["country"], row["sender"]) for row in approved),
        )
        self._version = version
        return 1
