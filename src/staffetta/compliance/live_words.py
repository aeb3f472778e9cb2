"""The forbidden words as the database has them now, followed without a restart."""

import asyncio
from typing import Final

from staffetta.compliance import sql
from staffetta.compliance.words import Entry, ForbiddenList
from staffetta.db.pool import Database

_NEVER_READ: Final = -1


class LiveWords:
    """Holds the newest list; `refresh_once` replaces it when the words' number moved."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version = _NEVER_READ
        self.list = ForbiddenList()

    @property
    def loaded(self) -> bool:
        """Whether a list was ever read: before that, nothing can be accepted."""
        return self._version != _NEVER_READ

    async def refresh_once(self) -> int:
        """Read the words if they changed; answers 1 when they did.

        The number is read first: a change that lands between the two reads is read again later,
        never missed. The list is built in a thread: 10,000 entries take a tenth of a second, and
        messages are accepted meanwhile.
        """
        async with self._database.acquire() as connection:
            version = await connection.fetchval(sql.READ_WORDS_VERSION)
            if version == self._version:
                return 0
            rows = await connection.fetch(sql.READ_WORDS)
        entries = (Entry(row["kind"], row["text"], row["country"]) for row in rows)
        self.list = await asyncio.to_thread(ForbiddenList.of, entries)
        self._version = version
        return 1
