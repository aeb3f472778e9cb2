"""The scopes of an environment as OAuth v2 shows them. Pure.

Owns their ids: derived from the text, so that they are the same on every installation and for good.
"""

import hashlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from staffetta.domain.countries import COUNTRIES
from staffetta.domain.environments import Environment
from staffetta.domain.money import as_number
from staffetta.domain.scopes import CALLS, HOSTS, Scope, Service
from staffetta.routing.table import RouteTable

_ID_BYTES: Final = 12
_SALT: Final = b"staffetta scope id\0"
_EVERYWHERE: Final = tuple(sorted(COUNTRIES))

# Where a call that sends may send to: its price is one for each country. All other calls are free.
_DESTINATIONS: Final[Mapping[tuple[Service, str, str], tuple[str, ...]]] = MappingProxyType(
    {
        (Service.V1, "POST", "messages"): _EVERYWHERE,
        (Service.V1, "PUT", "messages"): _EVERYWHERE,
        (Service.V2, "POST", "IT-messages"): ("IT",),
        (Service.V2, "POST", "ES-messages"): ("ES",),
        (Service.V2, "POST", "WW-messages"): _EVERYWHERE,
        (Service.V2, "POST", "otp"): _EVERYWHERE,
    }
)


class CatalogueScope(msgspec.Struct, frozen=True):
    """One call that tokens can be made for."""

    id: str
    service: Service
    scope: Scope

    @property
    def destinations(self) -> tuple[str, ...]:
        """The countries that the call can send to; none for a call that sends nothing."""
        return _DESTINATIONS.get((self.service, self.scope.method, self.scope.segment), ())


def _catalogue(environment: Environment) -> Mapping[str, CatalogueScope]:
    scopes = (
        (service, Scope(method, HOSTS[service, environment], segment))
        for service in Service
        for method, segment in CALLS[service]
    )
    return MappingProxyType(
        {
            scope_id(str(scope)): CatalogueScope(scope_id(str(scope)), service, scope)
            for service, scope in scopes
        }
    )


def scope_id(text: str) -> str:
    """The 24 hexadecimal digits by which a scope is known."""
    return hashlib.sha256(_SALT + text.encode()).digest()[:_ID_BYTES].hex()


CATALOGUES: Final = MappingProxyType({one: _catalogue(one) for one in Environment})


def scope_object(one: CatalogueScope) -> dict[str, Any]:
    """A scope in the list."""
    return {
        "id": one.id,
        "scope": str(one.scope),
        "method": one.scope.method,
        "endpoint": one.scope.segment,
        "domain": one.scope.host,
        "enabled": True,  # every account has every call of its environment
    }


def scope_detail(
    one: CatalogueScope, table: RouteTable, environment: Environment, per_minute_max: int
) -> dict[str, Any]:
    """A scope with its limits and prices. No call is free of charge by the day where it costs."""
    return {
        **scope_object(one),
        "rateLimit": f"{per_minute_max}/minute" if per_minute_max else False,
        "freeLimits": {
            "dayLimit": 0 if one.destinations else False,
            "monthLimit": False,
            "yearLimit": False,
            "totalLimit": False,
        },
        "requirements": {},
        "prices": _prices(one, table, environment),
    }


def _prices(one: CatalogueScope, table: RouteTable, environment: Environment) -> dict[str, float]:
    """What a segment costs now, by country; countries that no route leads to are left out."""
    return {
        key: as_number(quote.price_micro)
        for key, country in _price_keys(one)
        if (quote := table.quote(environment, country)) is not None
    }


def _price_keys(one: CatalogueScope) -> Iterable[tuple[str, str]]:
    """it-messages where the call names its country, ww-messages-fr and otp-fr where not."""
    name = one.scope.segment.lower()
    if len(one.destinations) == 1:
        return [(name, one.destinations[0])]
    return [(f"{name}-{country.lower()}", country) for country in one.destinations]
