"""What this process noticed of carriers, on its way to the database and to the metrics.

Owns what was noticed and is not stored yet: the newest of each kind for each connector, so it is
bounded. What is shown is what the database has, whoever stored it.
"""

import asyncio

from staffetta.connectors.metrics import ConnectorMetrics
from staffetta.db.pool import Connection, Database, DatabaseError
from staffetta.domain.clock import Clock
from staffetta.routing.alarms import (
    AlarmChange,
    clear_alarm,
    clear_alarms_of_stopped,
    open_alarms,
    raise_alarm,
)


class AlarmBook:
    """The alarms of all connectors that this process runs."""

    def __init__(self, database: Database, clock: Clock, metrics: ConnectorMetrics) -> None:
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._changes: dict[tuple[int, str], AlarmChange] = {}
        self._shown: set[tuple[str, str]] = set()
        self.changed = asyncio.Event()

    def note(self, change: AlarmChange) -> None:
        """Somebody noticed something, or that it is over."""
        self._changes[change.connector_id, change.kind] = change
        self.changed.set()

    async def store_once(self) -> int:
        """Store what was noticed; how many changes. Every process locks in the same order."""
        changes, self._changes = self._changes, {}
        if changes:
            try:
                async with self._database.transaction() as connection:
                    for _, change in sorted(changes.items()):
                        await self._store(connection, change)
            except DatabaseError:
                self._changes = {**changes, **self._changes}
                raise
        return len(changes)

    async def show_once(self) -> int:
        """Set the metric to what is open now. Answers 0, so that the loop pauses."""
        async with self._database.acquire() as connection:
            await clear_alarms_of_stopped(connection, self._clock.now())
            alarms = await open_alarms(connection)
        shown = {(alarm.connector, alarm.kind) for alarm in alarms}
        for connector, kind in shown | self._shown:
            self._metrics.alarm_open(connector, kind, (connector, kind) in shown)
        self._shown = shown
        return 0

    async def _store(self, connection: Connection, change: AlarmChange) -> None:
        now = self._clock.now()
        connector_id, kind = change.connector_id, change.kind
        if change.detail is None:
            await clear_alarm(connection, connector_id, kind, now, change.quiet_since)
        else:
            await raise_alarm(connection, connector_id, kind, change.detail, now)
