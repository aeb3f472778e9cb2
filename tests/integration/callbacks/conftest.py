"""An outbox to fill, an account to owe to, a receiver: fresh for each test."""

from collections.abc import AsyncIterator

import pytest
from outbox import Outbox, make_outbox
from receiver import Receiver, receiving

from staffetta.db.pool import Database
from staffetta.domain.clock import Clock


@pytest.fixture
async def outbox(database: Database, clock: Clock) -> Outbox:
    return await make_outbox(database, clock.now())


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one
