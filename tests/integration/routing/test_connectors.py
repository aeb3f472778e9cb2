"""Connectors added and listed on a real database."""

import asyncio
from dataclasses import replace

import pytest

from staffetta.db.pool import Database
from staffetta.domain.environments import Environment
from staffetta.domain.secrets import CannotUnseal, Keyring
from staffetta.routing.change_connector import (
    ConnectorChange,
    OpenSecrets,
    StoredConnector,
    change_connector,
    find_connector,
    open_secrets,
)
from staffetta.routing.connectors import (
    ListedRoute,
    add_connector,
    list_connectors,
    open_password,
)
from staffetta.routing.definition import ConnectorDefinition
from staffetta.routing.errors import ConnectorExists, InvalidConnector
from staffetta.routing.learned import read_learned, store_learned
from staffetta.routing.live import LiveRoutes

PRODUCTION = Environment.PRODUCTION
KEYRING = Keyring.parse("ab" * 32)
DEFINITION = ConnectorDefinition(
    environment=PRODUCTION,
    name="acme",
    host="smsc.example.com",
    port=2775,
    system_id="staffetta",
    password="hunter2",
    countries=("IT", "ES"),
    price_micro=30_000,
    window_max=500,
    rate_per_second=0,
)


async def add(database: Database, definition: ConnectorDefinition, clock) -> int:
    async with database.transaction() as connection:
        return await add_connector(connection, KEYRING, definition, clock.now())


async def test_a_connector_is_listed_with_its_routes_and_without_its_password(
    database: Database, clock
) -> None:
    connector_id = await add(database, DEFINITION, clock)
    async with database.transaction(isolation="repeatable_read") as connection:
        (listed,) = await list_connectors(connection)
    assert listed.connector_id == connector_id
    assert (listed.environment, listed.name, listed.kind) == (PRODUCTION, "acme", "smpp")
    assert (listed.host, listed.port, listed.system_id) == ("smsc.example.com", 2775, "staffetta")
    assert (listed.window_max, listed.rate_per_second, listed.enabled) == (500, 0, True)
    assert listed.link_states == ()
    assert listed.routes == (ListedRoute("ES", 100, 30_000), ListedRoute("IT", 100, 30_000))
    assert "hunter2" not in repr(listed)


async def test_the_password_is_sealed_and_opens_for_its_connector_alone(
    database: Database, clock
) -> None:
    await add(database, DEFINITION, clock)
    async with database.acquire() as connection:
        sealed = await connection.fetchval("SELECT password FROM connector")
    assert b"hunter2" not in sealed
    assert open_password(KEYRING, sealed, PRODUCTION, "acme") == "hunter2"
    with pytest.raises(CannotUnseal):
        open_password(KEYRING, sealed, PRODUCTION, "other")
    assert open_password(KEYRING, None, PRODUCTION, "acme") == ""


async def test_a_name_is_taken_once(database: Database, clock) -> None:
    await add(database, DEFINITION, clock)
    with pytest.raises(ConnectorExists, match="production has a connector named acme already"):
        await add(database, DEFINITION, clock)
    async with database.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM route") == 2


async def test_two_changes_at_once_are_both_kept(database: Database, clock) -> None:
    await add(database, DEFINITION, clock)

    async def change(key: str) -> None:
        async with database.transaction() as connection:
            stored = await find_connector(connection, "acme", to_change=True)
            wanted = ConnectorChange(settings={key: "1"})
            await change_connector(
                connection, KEYRING, stored, wanted, lambda _row, _secrets: None, clock.now()
            )

    await asyncio.gather(*(change(f"key{number}") for number in range(5)))
    async with database.acquire() as connection:
        stored = await find_connector(connection, "acme")
    assert sorted(stored.settings) == [f"key{number}" for number in range(5)]


async def test_a_change_that_is_refused_changes_nothing(database: Database, clock) -> None:
    await add(database, DEFINITION, clock)

    def refuse(row: StoredConnector, secrets: OpenSecrets) -> None:
        assert (row.window_max, secrets.password) == (7, "geheim")
        raise InvalidConnector("no")

    async with database.transaction() as connection:
        stored = await find_connector(connection, "acme", to_change=True)
        wanted = ConnectorChange(columns={"window": 7}, password="geheim")
        with pytest.raises(InvalidConnector, match="no"):
            await change_connector(connection, KEYRING, stored, wanted, refuse, clock.now())
    async with database.acquire() as connection:
        kept = await find_connector(connection, "acme")
    assert kept.window_max == DEFINITION.window_max
    assert open_secrets(KEYRING, kept).password == "hunter2"


async def test_a_new_connector_is_seen_without_a_restart(database: Database, clock) -> None:
    routes = LiveRoutes(database)
    await routes.refresh_once()
    assert routes.table.quote(PRODUCTION, "FR") is None
    connector_id = await add(database, replace(DEFINITION, countries=("*",)), clock)
    assert await routes.refresh_once() == 1
    quote = routes.table.quote(PRODUCTION, "FR")
    assert quote is not None
    assert (quote.connector_id, quote.price_micro) == (connector_id, 30_000)


@pytest.mark.parametrize(
    ("columns", "is_forgotten"),
    [({"host": "other.example.com"}, True), ({"system_id": "gw2"}, True), ({"window": 7}, False)],
    ids=["host", "system_id", "window"],
)
async def test_what_a_carrier_showed_is_forgotten_when_another_stands_there(
    database: Database, clock, columns: dict[str, object], is_forgotten: bool
) -> None:
    connector_id = await add(database, DEFINITION, clock)
    async with database.transaction() as connection:
        await store_learned(connection, connector_id, "tlv/decimal", 5, clock.now())
        stored = await find_connector(connection, "acme", to_change=True)
        change = ConnectorChange(columns=columns)
        await change_connector(connection, KEYRING, stored, change, lambda *_: None, clock.now())
        learned = await read_learned(connection)
    assert (connector_id not in learned) is is_forgotten
