"""One transaction of a background step, and what is rung when it has committed."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime

from staffetta.callbacks.bell import CallbackBell
from staffetta.callbacks.owe import Lane
from staffetta.db.pool import Connection, Database
from staffetta.domain.ids import IdMaker


class Step:
    """What every part of a step needs: its connection, its moment, ids, and whom it must ring."""

    __slots__ = ("_lanes", "connection", "ids", "now")

    def __init__(self, connection: Connection, ids: IdMaker, now: datetime) -> None:
        self.connection = connection
        self.ids = ids
        self.now = now
        self._lanes: set[Lane] = set()

    def will_ring(self, lanes: Iterable[Lane]) -> None:
        """Remember lanes that callbacks are owed to."""
        self._lanes.update(lanes)

    @property
    def lanes(self) -> frozenset[Lane]:
        """What is rung after the commit."""
        return frozenset(self._lanes)


@asynccontextmanager
async def begin_step(
    database: Database, bell: CallbackBell, ids: IdMaker, now: datetime
) -> AsyncIterator[Step]:
    """A transaction; when it has committed, the lanes of its callbacks are rung."""
    async with database.transaction() as connection:
        step = Step(connection, ids, now)
        yield step
    bell.ring(step.lanes)
