"""The hand-played gateway, fresh for each test."""

import pytest
from hand_gateway import FrozenClock, Gateway, make_gateway

from staffetta.db.pool import Database


@pytest.fixture
async def gateway(database: Database, clock: FrozenClock) -> Gateway:
    return await make_gateway(database, clock)
