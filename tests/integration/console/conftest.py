"""A gateway, and an operator at its console."""

from collections.abc import AsyncIterator

import pytest
from hand_gateway import Gateway, make_gateway
from operator_desk import Desk, operating

from staffetta.db.pool import Database


@pytest.fixture
async def gateway(database: Database, clock) -> Gateway:
    return await make_gateway(database, clock)


@pytest.fixture
async def desk(gateway: Gateway) -> AsyncIterator[Desk]:
    async with operating(gateway) as one:
        yield one
