"""What links do is stored for whoever watches: what changed, in one statement, and nothing else."""

from collections.abc import Sequence
from functools import partial

import pytest
from hand_gateway import Gateway, make_connector, make_gateway, make_process

from staffetta.app.link_uses import LinkUses
from staffetta.db.pool import Database
from staffetta.routing.carriers import hold_links, read_carriers
from staffetta.routing.held_links import read_links
from staffetta.routing.link_use import LinkUse


@pytest.fixture
async def gateway(database: Database, clock) -> Gateway:
    return await make_gateway(database, clock)


def use(connector_id: int, number: int = 1, open_count: int = 0) -> LinkUse:
    return LinkUse(connector_id, number, open_count, 10, 1.5, None, 2, 3, 0)


async def told(gateway: Gateway) -> list[tuple[int, int]]:
    rows = await gateway.rows("SELECT connector_id, open_count FROM link_use ORDER BY 1")
    return [(row["connector_id"], row["open_count"]) for row in rows]


async def test_only_what_changed_is_written(gateway) -> None:
    first = gateway.connector.connector_id
    second = await make_connector(gateway.database, "other", {})
    seen: list[Sequence[LinkUse]] = [[use(first), use(second)]]
    uses = LinkUses(gateway.database, gateway.clock, gateway.owner, lambda: seen[-1])
    assert await uses.tell_once() == 0
    await gateway.rows("DELETE FROM link_use")
    await uses.tell_once()
    assert await told(gateway) == []
    seen.append([use(first), use(second, open_count=4)])
    await uses.tell_once()
    assert await told(gateway) == [(second, 4)]


async def test_a_connector_that_is_gone_keeps_nothing_of_the_others_back(gateway) -> None:
    known = gateway.connector.connector_id
    seen = [use(known), use(known + 999)]
    await LinkUses(gateway.database, gateway.clock, gateway.owner, lambda: seen).tell_once()
    assert await told(gateway) == [(known, 0)]


async def test_what_another_process_told_is_not_what_the_link_does_now(gateway) -> None:
    connector_id = gateway.connector.connector_id
    async with gateway.database.transaction() as connection:
        carriers = await read_carriers(connection)
        await hold_links(connection, carriers, gateway.owner, gateway.clock.now())
    other = await make_process(gateway.database)
    for owner, expected in ((other, None), (gateway.owner, use(connector_id))):
        look = partial(list, [use(connector_id)])
        await LinkUses(gateway.database, gateway.clock, owner, look).tell_once()
        async with gateway.database.acquire() as connection:
            (link,) = await read_links(connection, connector_id)
        assert link.use == expected
