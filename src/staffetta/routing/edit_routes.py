"""Adding and removing routes of a connector, and their prices and ranks.

A route is a tariff: no link is made anew for it, and what was accepted already keeps its price.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from staffetta.db.pool import Connection
from staffetta.routing import change_sql as sql
from staffetta.routing.change_connector import StoredConnector
from staffetta.routing.connectors import ListedRoute
from staffetta.routing.definition import country_faults, price_faults, rank_faults
from staffetta.routing.errors import InvalidConnector

RANK_DEFAULT: Final = 100


async def list_routes(connection: Connection, connector_id: int) -> list[ListedRoute]:
    """A connector's routes, by rank and country."""
    rows = await connection.fetch(sql.LIST_ROUTES_OF, connector_id)
    return [ListedRoute(row["country"], row["rank"], row["price_micro"]) for row in rows]


async def set_routes(
    connection: Connection,
    stored: StoredConnector,
    countries: Sequence[str],
    price_micro: int,
    rank: int | None,
    now: datetime,
) -> None:
    """Lead to these countries at this price a segment; `rank` None keeps a route's own.

    In the caller's transaction; raises InvalidConnector.
    """
    faults = [*country_faults(countries), *price_faults(price_micro)]
    if rank is not None:
        faults += rank_faults(rank)
    if faults:
        raise InvalidConnector(faults[0])
    await connection.execute(
        sql.SET_ROUTES,
        stored.environment,
        stored.id,
        list(countries),
        price_micro,
        rank,
        now,
        RANK_DEFAULT,
    )


async def remove_routes(
    connection: Connection, stored: StoredConnector, countries: Sequence[str]
) -> None:
    """Lead to these countries no more, in the caller's transaction.

    Raises InvalidConnector when a country has no route here.
    """
    rows = await connection.fetch(sql.REMOVE_ROUTES, stored.id, list(countries))
    missing = sorted(set(countries) - {row["country"] for row in rows})
    if missing or not countries:
        led_to = [route.country for route in await list_routes(connection, stored.id)]
        raise InvalidConnector(
            f"connector {stored.name} has no route to {', '.join(missing) or 'no country'};"
            f" it leads to {', '.join(led_to + sorted(set(countries) - set(missing))) or 'none'}"
        )


async def countries_led_to_alone(connection: Connection, connector_id: int) -> list[str]:
    """The countries of a connector that no other running one leads to."""
    rows = await connection.fetch(sql.COUNTRIES_LED_TO_ALONE, connector_id)
    return [row["country"] for row in rows]
