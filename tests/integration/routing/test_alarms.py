"""Alarms of carriers: one of a kind is open at a time, newer when it is so again, then over."""

from datetime import timedelta

import pytest

from staffetta.db.pool import Database
from staffetta.domain.environments import Environment
from staffetta.domain.secrets import Keyring
from staffetta.routing.alarms import (
    AlarmKind,
    OpenAlarm,
    clear_alarm,
    clear_alarms_of_stopped,
    open_alarms,
    raise_alarm,
)
from staffetta.routing.connectors import add_connector
from staffetta.routing.definition import ConnectorDefinition

KEYRING = Keyring.parse("ab" * 32)
_STOP = "UPDATE connector SET enabled = false WHERE id = $1"
_ALL = "SELECT count(*) FROM connector_alarm"


@pytest.fixture
async def connector_id(database: Database, clock) -> int:
    definition = ConnectorDefinition(
        environment=Environment.PRODUCTION,
        name="acme",
        host="smsc.example.com",
        port=2775,
        system_id="staffetta",
        password="hunter2",
        countries=("IT",),
        price_micro=30_000,
    )
    async with database.transaction() as connection:
        return await add_connector(connection, KEYRING, definition, clock.now())


async def raised(database: Database, connector_id: int, detail: str, now, kind="silent") -> None:
    async with database.transaction() as connection:
        await raise_alarm(connection, connector_id, kind, detail, now)


async def cleared(
    database: Database, connector_id: int, now, kind="silent", quiet_since=None
) -> bool:
    async with database.transaction() as connection:
        return await clear_alarm(connection, connector_id, kind, now, quiet_since)


async def read(database: Database, **limits: int) -> list[OpenAlarm]:
    async with database.acquire() as connection:
        return list(await open_alarms(connection, **limits))


async def test_an_alarm_that_is_raised_again_is_the_same_and_newer(database, clock, connector_id):
    began = clock.now()
    await raised(database, connector_id, "first", began)
    clock.advance(60)
    await raised(database, connector_id, "second", clock.now())
    (alarm,) = await read(database)
    assert alarm == OpenAlarm(
        connector_id=connector_id,
        environment=Environment.PRODUCTION,
        connector="acme",
        kind="silent",
        detail="second",
        raised_at=began,
        last_at=began + timedelta(seconds=60),
    )


async def test_an_alarm_that_is_over_is_open_no_more_and_may_come_back(
    database, clock, connector_id
):
    await raised(database, connector_id, "first", clock.now())
    assert await cleared(database, connector_id, clock.now())
    assert not await cleared(database, connector_id, clock.now())
    assert await read(database) == []
    await raised(database, connector_id, "again", clock.now())
    assert [alarm.detail for alarm in await read(database)] == ["again"]


async def test_kinds_are_open_side_by_side_oldest_first_and_no_more_than_asked_for(
    database, clock, connector_id
):
    for kind in ("silent", "no_credit", "bind_refused"):
        await raised(database, connector_id, kind, clock.now(), kind)
        clock.advance(1)
    assert [alarm.kind for alarm in await read(database)] == ["silent", "no_credit", "bind_refused"]
    assert [alarm.kind for alarm in await read(database, alarms_max=2)] == ["silent", "no_credit"]


async def test_a_connector_that_is_gone_has_no_alarm(database, clock, connector_id):
    await raised(database, connector_id + 1, "nobody", clock.now())
    assert await read(database) == []


async def test_an_alarm_that_somebody_renews_is_not_ended_by_one_who_sees_nothing(
    database, clock, connector_id
):
    await raised(database, connector_id, "first", clock.now())
    since = clock.now() - timedelta(seconds=30)
    assert not await cleared(database, connector_id, clock.now(), quiet_since=since)
    clock.advance(31)
    since = clock.now() - timedelta(seconds=30)
    assert await cleared(database, connector_id, clock.now(), quiet_since=since)


async def test_a_connector_that_is_stopped_has_no_alarm_of_whatever_kind(
    database, clock, connector_id
):
    for kind in AlarmKind:
        await raised(database, connector_id, "first", clock.now(), kind)
    async with database.transaction() as connection:
        await clear_alarms_of_stopped(connection, clock.now())
    assert len(await read(database)) == len(AlarmKind)
    async with database.transaction() as connection:
        await connection.execute(_STOP, connector_id)
        await clear_alarms_of_stopped(connection, clock.now())
    assert await read(database) == []
    await raised(database, connector_id, "late", clock.now())
    assert await read(database) == []


async def test_what_was_over_long_ago_is_forgotten(database, clock, connector_id):
    await raised(database, connector_id, "old", clock.now())
    await cleared(database, connector_id, clock.now())
    clock.advance(timedelta(days=91).total_seconds())
    await raised(database, connector_id, "new", clock.now())
    async with database.acquire() as connection:
        assert await connection.fetchval(_ALL) == 1
