"""What the operator configured for acceptance, as it is now: routes, words, senders."""

from staffetta.compliance.live_senders import LiveSenders
from staffetta.compliance.live_words import LiveWords
from staffetta.compliance.senders import SenderRules
from staffetta.compliance.words import ForbiddenList
from staffetta.db.pool import Database
from staffetta.routing.live import LiveRoutes
from staffetta.routing.table import RouteTable


class LiveSnapshots:
    """Each list is replaced whole when its number in the database has moved."""

    def __init__(self, database: Database) -> None:
        self._routes = LiveRoutes(database)
        self._words = LiveWords(database)
        self._senders = LiveSenders(database)

    @property
    def table(self) -> RouteTable:
        """The routes."""
        return self._routes.table

    @property
    def words(self) -> ForbiddenList:
        """The forbidden words."""
        return self._words.list

    @property
    def senders(self) -> SenderRules:
        """Where senders need approval, and which have it."""
        return self._senders.rules

    @property
    def loaded(self) -> bool:
        """Whether all were ever read: before that, nothing can be accepted."""
        return self._routes.loaded and self._words.loaded and self._senders.loaded

    async def refresh_once(self) -> int:
        """Read what changed; answers how many lists did."""
        return (
            await self._routes.refresh_once()
            + await self._words.refresh_once()
            + await self._senders.refresh_once()
        )
