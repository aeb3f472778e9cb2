"""The simulated network as a connector: the sandbox's only carrier, with play prices."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from staffetta.db.pool import Connection
from staffetta.routing import sql
from staffetta.routing.table import ANY_COUNTRY

NETWORK_NAME: Final = "network"
NETWORK_WINDOW_MAX: Final = 500
NETWORK_PRICES_MICRO: Final[Mapping[str, int]] = MappingProxyType(
    {"IT": 45_000, "ES": 50_000, ANY_COUNTRY: 80_000}
)


async def seed_network(connection: Connection, now: datetime) -> bool:
    """Make the connector and its routes in the caller's transaction; False when it is there."""
    connector_id = await connection.fetchval(
        sql.SEED_NETWORK, NETWORK_NAME, NETWORK_WINDOW_MAX, now
    )
    if connector_id is None:
        return False
    await connection.execute(
        sql.SEED_NETWORK_ROUTES,
        connector_id,
        list(NETWORK_PRICES_MICRO),
        list(NETWORK_PRICES_MICRO.values()),
        now,
    )
    return True
