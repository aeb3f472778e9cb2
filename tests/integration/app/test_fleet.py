"""Two processes that dispatch: each link is held by one of them, and their carriers' alarms."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from scripted_esme import until
from scripted_smsc import ScriptedSmsc
from structlog.testing import capture_logs

from staffetta.app.alarms import AlarmBook
from staffetta.app.fleet import Fleet, FleetParts
from staffetta.app.processes import Heartbeat
from staffetta.connectors.metrics import ConnectorMetrics
from staffetta.connectors.smpp.options import settings_of
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment
from staffetta.domain.secrets import Keyring
from staffetta.messaging.inbox import MemoryInbox
from staffetta.messaging.recordings import RecordingPolicy, Recordings
from staffetta.routing.alarms import open_alarms
from staffetta.routing.carriers import Carrier
from staffetta.routing.connectors import add_connector
from staffetta.routing.definition import ConnectorDefinition

KEYRING = Keyring.parse("ab" * 32)
_SET = "UPDATE connector SET link_count = $1, enabled = $2, updated_at = $3"
_WRITTEN = "SELECT xmin::text FROM link ORDER BY number"
_SILENT = "UPDATE process SET heartbeat_at = clock_timestamp() - interval '1 minute' WHERE id = $1"
_ALIVE = "UPDATE process SET heartbeat_at = clock_timestamp() + interval '1 hour'"
_LINKS = "SELECT number, owner, state FROM link ORDER BY number"


@dataclass
class Process:
    """What one process that dispatches holds."""

    fleet: Fleet
    alarms: AlarmBook
    owner: int
    registry: CollectorRegistry

    async def tell(self) -> None:
        await self.fleet.tell_once()
        await self.alarms.store_once()
        await self.alarms.show_once()


def settings(carrier: Carrier) -> SmppSettings:
    if carrier.name == "broken":
        raise RuntimeError("nobody thought of this")
    row = msgspec.structs.asdict(carrier)
    quick = {"misconfigured_seconds_min": 0.05, "unbind_seconds": 1, **carrier.settings}
    read = settings_of({**row, "settings": quick}, "secret")
    if carrier.name == "fragile":  # breaks in the first pause of its link
        return replace(read, pauses=replace(read.pauses, reconnect=None))  # type: ignore[arg-type]
    return read


@pytest.fixture
async def smsc() -> AsyncIterator[ScriptedSmsc]:
    smsc = ScriptedSmsc()
    await smsc.start()
    yield smsc
    await smsc.stop()


async def add(database: Database, clock, name: str, port: int) -> int:
    definition = ConnectorDefinition(
        environment=Environment.PRODUCTION,
        name=name,
        host="127.0.0.1",
        port=port,
        system_id="staffetta",
        password="hunter2",
        countries=("IT",),
        price_micro=30_000,
    )
    async with database.transaction() as connection:
        return await add_connector(connection, KEYRING, definition, clock.now())


@pytest.fixture
async def connector_id(database: Database, clock, smsc: ScriptedSmsc) -> int:
    return await add(database, clock, "acme", smsc.port)


@pytest.fixture
async def processes(database: Database, clock) -> AsyncIterator[list[Process]]:
    """Two of them."""
    async with asyncio.TaskGroup() as tasks:
        made = []
        for _ in range(2):
            heartbeat = await Heartbeat.register(database, "dispatch", clock)
            metrics = ConnectorMetrics(registry := CollectorRegistry())
            alarms = AlarmBook(database, clock, metrics)
            parts = FleetParts(
                database=database,
                inbox=MemoryInbox(),
                clock=clock,
                metrics=metrics,
                keyring=KEYRING,
                owner=heartbeat.process_id,
                may_write=lambda: True,
                is_steady=lambda: True,
                settings_of=settings,
                recordings=Recordings(RecordingPolicy(), clock),
                alarms=alarms,
            )
            made.append(Process(Fleet(parts, tasks), alarms, heartbeat.process_id, registry))
        async with database.transaction() as connection:
            await connection.execute(_ALIVE)  # for as long as a test takes: nobody renews it
        yield made
        for process in made:
            await process.fleet.drain()


async def set_connector(database: Database, clock, links: int, *, enabled: bool = True) -> None:
    async with database.transaction() as connection:
        await connection.execute(_SET, links, enabled, clock.now())


async def links(database: Database) -> list[tuple[int, int, str]]:
    async with database.acquire() as connection:
        return [tuple(row.values()) for row in await connection.fetch(_LINKS)]


async def test_each_link_is_held_and_bound_by_one_process(
    database, clock, smsc, connector_id, processes
):
    await set_connector(database, clock, 3)
    await asyncio.gather(*(process.fleet.refresh_once() for process in processes))
    await smsc.bound(3)
    for process in processes:
        await process.fleet.refresh_once()
        await process.tell()
    held = await links(database)
    assert [number for number, _, _ in held] == [1, 2, 3]
    assert len({owner for _, owner, _ in held}) == 1
    assert len(smsc.connections) == 3


async def test_links_that_one_process_gives_up_are_taken_by_the_other(
    database, clock, smsc, connector_id, processes
):
    first, second = processes
    await set_connector(database, clock, 2)
    await first.fleet.refresh_once()
    await smsc.bound(2)
    await second.fleet.refresh_once()
    await first.fleet.drain()
    await first.fleet.let_go()
    assert not any(connection.is_bound for connection in smsc.connections)
    await second.fleet.refresh_once()
    await smsc.bound(4)
    await second.tell()
    assert {owner for _, owner, _ in await links(database)} == {second.owner}


async def test_a_link_that_is_added_goes_to_one_process(
    database, clock, smsc, connector_id, processes
):
    await processes[0].fleet.refresh_once()
    await smsc.bound(1)
    await set_connector(database, clock, 2)
    await processes[1].fleet.refresh_once()
    await smsc.bound(2)
    owners = [owner for _, owner, _ in await links(database)]
    assert owners == [process.owner for process in processes]


async def test_an_alarm_is_stored_shown_and_over_when_the_bind_succeeds(
    database, clock, smsc, connector_id, processes
):
    process, other = processes
    smsc.bind_statuses = [0x0E] * 1000
    await process.fleet.refresh_once()
    await asyncio.wait_for(process.alarms.changed.wait(), 60)
    await process.tell()
    async with database.acquire() as connection:
        (alarm,) = await open_alarms(connection)
    assert (alarm.connector_id, alarm.kind) == (connector_id, "bind_refused")
    await other.alarms.show_once()
    labels = {"connector": "acme", "kind": "bind_refused"}
    for one in processes:
        assert one.registry.get_sample_value("staffetta_connector_alarm", labels) == 1.0

    smsc.bind_statuses = []
    while process.registry.get_sample_value("staffetta_connector_alarm", labels) != 0.0:
        await asyncio.wait_for(process.alarms.changed.wait(), 60)
        process.alarms.changed.clear()
        await process.tell()
    async with database.acquire() as connection:
        assert await open_alarms(connection) == []


async def test_the_alarms_of_a_connector_that_is_disabled_are_over(
    database, clock, smsc, connector_id, processes
):
    process = processes[0]
    smsc.bind_statuses = [0x0E] * 100
    await process.fleet.refresh_once()
    await asyncio.wait_for(process.alarms.changed.wait(), 60)
    await process.tell()
    await set_connector(database, clock, 1, enabled=False)
    await process.fleet.refresh_once()
    async with asyncio.timeout(60):
        while process.fleet.runs(connector_id):
            await process.fleet.refresh_once()
            await asyncio.sleep(0.01)
    await process.tell()
    async with database.acquire() as connection:
        assert await open_alarms(connection) == []


async def test_an_alarm_ends_with_the_links_of_the_process_that_raised_it(
    database, clock, smsc, connector_id, processes
):
    """The other one holds links too, and has seen long ago that it is not so there."""
    first, second = processes
    await first.fleet.refresh_once()
    await smsc.bound(1)
    await set_connector(database, clock, 2)
    smsc.bind_statuses = [0x0E] * 1000
    await second.fleet.refresh_once()
    await asyncio.wait_for(second.alarms.changed.wait(), 60)
    await first.tell()
    await second.tell()
    async with database.acquire() as connection:
        assert [one.kind for one in await open_alarms(connection)] == ["bind_refused"]
    await set_connector(database, clock, 1)
    async with asyncio.timeout(60):
        while second.fleet.runs(connector_id):
            await second.fleet.refresh_once()
            await asyncio.sleep(0.01)
    await second.tell()
    async with database.acquire() as connection:
        assert await open_alarms(connection) == []


async def test_links_that_are_held_are_looked_at_and_not_written_again(
    database, clock, smsc, connector_id, processes
):
    await set_connector(database, clock, 3)
    await processes[0].fleet.refresh_once()
    async with database.acquire() as connection:
        written = await connection.fetch(_WRITTEN)
    for process in processes:
        await process.fleet.refresh_once()
    async with database.acquire() as connection:
        assert await connection.fetch(_WRITTEN) == written
    assert len(written) == 3


async def test_links_of_a_silent_process_are_taken(database, clock, smsc, connector_id, processes):
    first, second = processes
    await first.fleet.refresh_once()
    await first.fleet.drain()
    await second.fleet.refresh_once()
    assert not second.fleet.runs(connector_id)
    async with database.transaction() as connection:
        await connection.execute(_SILENT, first.owner)
    await second.fleet.refresh_once()
    assert [owner for _, owner, _ in await links(database)] == [second.owner]


async def test_a_carrier_that_cannot_be_started_for_a_bug_of_ours_stops_no_other(
    database, clock, smsc, connector_id, processes
):
    process = processes[0]
    broken_id = await add(database, clock, "broken", 1)
    await process.fleet.refresh_once()
    await smsc.bound()
    await process.fleet.refresh_once()
    await process.tell()
    async with database.acquire() as connection:
        (alarm,) = await open_alarms(connection)
    assert (alarm.connector_id, alarm.kind) == (broken_id, "bind_refused")
    assert "an error of this program" in alarm.detail


async def test_a_connector_that_a_bug_of_ours_ends_stops_no_other(
    database, clock, smsc, connector_id, processes
):
    process = processes[0]
    fragile_id = await add(database, clock, "fragile", 1)
    with capture_logs() as logs:
        await process.fleet.refresh_once()
        await until(lambda: "connector_failed" in [one["event"] for one in logs])
    connection = await smsc.bound()
    assert connection.is_bound
    assert process.fleet.runs(connector_id)
    assert process.fleet.runs(fragile_id), "it is started anew after a pause"
