"""Adding and listing connectors with their routes. Their passwords are kept sealed.

A change needs no restart: the database counts it (table configuration), and every process looks at
that count twice a second.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment
from staffetta.domain.secrets import Keyring
from staffetta.routing import sql
from staffetta.routing.definition import ConnectorDefinition
from staffetta.routing.errors import ConnectorExists

LONG_PASSWORDS: Final = "long_password"


@dataclass(frozen=True, slots=True)
class ListedRoute:
    """One route of a listed connector."""

    country: str
    rank: int
    price_micro: int


@dataclass(frozen=True, slots=True)
class ListedConnector:
    """A connector as an operator sees it: everything but its password."""

    connector_id: int
    environment: Environment
    name: str
    kind: str
    host: str
    port: int
    system_id: str
    window_max: int
    rate_per_second: int
    enabled: bool
    link_states: tuple[str, ...]  # as their owners last said, by number
    routes: tuple[ListedRoute, ...]


async def add_connector(
    connection: Connection, keyring: Keyring, definition: ConnectorDefinition, now: datetime
) -> int:
    """Add a connector and its routes in the caller's transaction; answers its id.

    Raises ConnectorExists.
    """
    connector_id: int | None = await connection.fetchval(
        sql.INSERT_CONNECTOR,
        definition.environment,
        definition.name,
        definition.host,
        definition.port,
        definition.system_id,
        seal_password(keyring, definition.password, definition.environment, definition.name),
        definition.window_max,
        definition.rate_per_second,
        {LONG_PASSWORDS: True} if definition.long_password else {},
        definition.enabled,
        now,
    )
    if connector_id is None:
        raise ConnectorExists(
            f"{definition.environment} has a connector named {definition.name} already:"
            " choose another name"
        )
    await connection.execute(
        sql.INSERT_ROUTES,
        definition.environment,
        connector_id,
        list(definition.countries),
        definition.price_micro,
        now,
    )
    return connector_id


async def list_connectors(connection: Connection) -> list[ListedConnector]:
    """Every connector, by environment and name; run in a transaction that sees one snapshot."""
    routes: dict[int, list[ListedRoute]] = {}
    for row in await connection.fetch(sql.LIST_ROUTES):
        route = ListedRoute(row["country"], row["rank"], row["price_micro"])
        routes.setdefault(row["connector_id"], []).append(route)
    return [
        ListedConnector(
            connector_id=row["id"],
            environment=Environment(row["environment"]),
            name=row["name"],
            kind=row["kind"],
            host=row["host"],
            port=row["port"],
            system_id=row["system_id"],
            window_max=row["window_max"],
            rate_per_second=row["rate_per_second"],
            enabled=row["enabled"],
            link_states=tuple(row["link_states"]),
            routes=tuple(routes.get(row["id"], ())),
        )
        for row in await connection.fetch(sql.LIST_CONNECTORS)
    ]


def password_purpose(environment: Environment, name: str) -> bytes:
    """What a sealed password is bound to: it opens for its own connector alone."""
    return f"connector.password:{environment}:{name}".encode()


def seal_password(
    keyring: Keyring, password: str, environment: Environment, name: str
) -> bytes | None:
    """A password as the column connector.password keeps it: nothing where there is none."""
    if not password:
        return None
    return keyring.seal(password.encode(), password_purpose(environment, name))


def open_password(
    keyring: Keyring, sealed: bytes | None, environment: Environment, name: str
) -> str:
    """A connector's password, "" when it has none; raises CannotUnseal."""
    if sealed is None:
        return ""
    return keyring.unseal(sealed, password_purpose(environment, name)).decode()


def tls_key_purpose(environment: Environment, name: str) -> bytes:
    """What a sealed key of a client certificate is bound to: its own connector alone."""
    return f"connector.tls_key:{environment}:{name}".encode()


def seal_tls_key(keyring: Keyring, pem: str, environment: Environment, name: str) -> bytes:
    """A client certificate's key, in PEM, as the column connector.tls_key keeps it."""
    return keyring.seal(pem.encode(), tls_key_purpose(environment, name))


def open_tls_key(
    keyring: Keyring, sealed: bytes | None, environment: Environment, name: str
) -> str:
    """The key of a connector's client certificate in PEM, "" for none; raises CannotUnseal."""
    if sealed is None:
        return ""
    return keyring.unseal(sealed, tls_key_purpose(environment, name)).decode()
