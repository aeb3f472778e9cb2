"""The routes of an installation as one frozen table, and the choice among them.

Pure: the table is loaded elsewhere and replaced whole when the configuration changes. A route whose
link is down is still a route: the message waits (contract section 5, code 2080).
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from staffetta.domain.environments import Environment

ANY_COUNTRY: Final = "*"


class Route(msgspec.Struct, frozen=True):
    """One way to one country (or to any, "*") at a price a segment, in micro-units."""

    environment: Environment
    country: str
    connector_id: int
    rank: int  # lower goes first
    price_micro: int


class Quote(msgspec.Struct, frozen=True):
    """The connector chosen, its price a segment, and the highest an eligible route can cost."""

    connector_id: int
    price_micro: int
    highest_price_micro: int


class RouteTable:
    """All routes, grouped so that a choice is one look-up."""

    def __init__(self, routes: Iterable[Route]) -> None:
        grouped: dict[tuple[Environment, str], list[Route]] = {}
        for route in routes:
            grouped.setdefault((route.environment, route.country), []).append(route)
        self._routes: Mapping[tuple[Environment, str], list[Route]] = grouped
        self._quotes: dict[tuple[Environment, str], Quote | None] = {}

    def candidates(self, environment: Environment, country: str) -> list[Route]:
        """The eligible routes, best first: rank, then the country's own before "*", then price.

        A connector with a route of its own for the country is not taken by its "*" route too.
        """
        own = self._routes.get((environment, country), [])
        named = {route.connector_id for route in own}
        wild = [
            route
            for route in self._routes.get((environment, ANY_COUNTRY), [])
            if route.connector_id not in named
        ]
        return sorted(
            [*own, *wild],
            key=lambda route: (
                route.rank,
                route.country == ANY_COUNTRY,
                route.price_micro,
                route.connector_id,
            ),
        )

    def quote(self, environment: Environment, country: str) -> Quote | None:
        """The choice for a country, or None where no route leads; remembered, tables being frozen.

        Countries are a few hundred, so what is remembered is bounded.
        """
        key = (environment, country)
        if key not in self._quotes:
            routes = self.candidates(environment, country)
            self._quotes[key] = (
                Quote(
                    connector_id=routes[0].connector_id,
                    price_micro=routes[0].price_micro,
                    highest_price_micro=max(route.price_micro for route in routes),
                )
                if routes
                else None
            )
        return self._quotes[key]
