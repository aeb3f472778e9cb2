"""The route table as the database has it now, followed without a restart."""

from typing import Final

from staffetta.db.pool import Database
from staffetta.domain.environments import Environment
from staffetta.routing import sql
from staffetta.routing.table import Route, RouteTable

_NEVER_READ: Final = -1


class LiveRoutes:
    """Holds the newest table; `refresh_once` replaces it when the configuration's number moved."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version = _NEVER_READ
        self.table = RouteTable([])

    @property
    def loaded(self) -> bool:
        """Whether a table was ever read: before that, nothing can be accepted."""
        return self._version != _NEVER_READ

    async def refresh_once(self) -> int:
        """Read the routes if they changed; answers 1 when they did.

        The number is read first: a change that lands between the two reads is read again later,
        never missed.
        """
        async with self._database.acquire() as connection:
            version = await connection.fetchval(sql.READ_CONFIGURATION_VERSION)
            if version == self._version:
                return 0
            rows = await connection.fetch(sql.READ_ROUTES)
        self.table = RouteTable(
            Route(
                environment=Environment(row["environment"]),
                country=row["country"],
                connector_id=row["connector_id"],
                rank=row["rank"],
                price_micro=row["price_micro"],
            )
            for row in rows
        )
        self._version = version
        return 1
