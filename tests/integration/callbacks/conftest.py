"""An outbox to fill and an account to owe to, fresh for each test."""

import pytest
from outbox import Outbox, make_outbox

from staffetta.db.pool import Database
from staffetta.domain.clock import Clock


@pytest.fixture
async def outbox(database: Database, clock: Clock) -> Outbox:
    return await make_outbox(database, clock.now())
