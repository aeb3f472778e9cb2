"""Where a page of one connector stands: its environment and its name, as its address says them."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from litestar.exceptions import NotFoundException

from staffetta.console.navigation import OPERATE
from staffetta.console.parts import ConsoleParts
from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment
from staffetta.routing.change_connector import StoredConnector, find_connector
from staffetta.routing.errors import ConnectorMissing

SECTION: Final = "/connectors"
LIST: Final = f"{OPERATE}{SECTION}"


@dataclass(frozen=True, slots=True)
class ConnectorPlace:
    """A connector."""

    stored: StoredConnector

    def path(self, page: str = "") -> str:
        """The address of a page about it."""
        stored = self.stored
        return f"{LIST}/{stored.environment.value}/{quote(stored.name)}{page}"


async def connector_at(parts: ConsoleParts, environment: str, name: str) -> ConnectorPlace:
    """The connector that an address names; 404 where there is none."""
    async with parts.database.acquire() as connection:
        return await find_at(connection, environment, name)


async def find_at(
    connection: Connection, environment: str, name: str, *, to_change: bool = False
) -> ConnectorPlace:
    """The same in the caller's transaction; `to_change` keeps others from changing it meanwhile."""
    if environment not in set(Environment) or "\0" in name:
        raise NotFoundException("there is no such connector")
    try:
        stored = await find_connector(
            connection, name, Environment(environment), to_change=to_change
        )
    except ConnectorMissing:
        raise NotFoundException("there is no such connector") from None
    return ConnectorPlace(stored)
