"""The connectors that this process runs: kept equal to the configuration, without a restart.

Owns which links are ours and which connectors run on them. A connector whose row changed, or whose
links did, is drained and started anew; one whose settings are wrong is not started, and says so.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog

from staffetta.app.alarms import AlarmBook
from staffetta.app.loops import run_forever
from staffetta.connectors.metrics import ConnectorMetrics
from staffetta.connectors.smpp.connector import SmppConnector
from staffetta.connectors.smpp.link_states import LinkChange, LinkState
from staffetta.connectors.smpp.settings import InvalidSmppSettings, SmppSettings
from staffetta.db.pool import Connection, Database, DatabaseError
from staffetta.domain.clock import Clock
from staffetta.domain.secrets import CannotUnseal, Keyring
from staffetta.messaging.dispatch import Dispatcher
from staffetta.messaging.inbox import MemoryInbox
from staffetta.messaging.recordings import Recordings
from staffetta.routing.alarms import AlarmChange, AlarmKind
from staffetta.routing.carriers import (
    Carrier,
    hold_links,
    let_links_go,
    read_carriers,
    tell_link,
)
from staffetta.routing.link_use import LinkUse

POLL_SECONDS: Final = 0.5  # without a NOTIFY, a connector looks this often for something to claim
_FAILED_SECONDS: Final = 5.0  # before what a bug ended is started anew
_BATCH_WINDOWS: Final = 2  # with a backlog, a claim waits for half a window of room

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FleetParts:
    """What every connector of this process shares."""

    database: Database
    inbox: MemoryInbox
    clock: Clock
    metrics: ConnectorMetrics
    keyring: Keyring
    owner: int
    may_write: Callable[[], bool]
    is_steady: Callable[[], bool]  # whether others' silence means that they are dead
    settings_of: Callable[[Carrier], SmppSettings]  # raises InvalidSmppSettings, CannotUnseal
    recordings: Recordings
    alarms: AlarmBook


@dataclass(slots=True)
class _Running:
    carrier: Carrier
    numbers: frozenset[int]
    stop: asyncio.Event
    task: asyncio.Task[None] | None
    connector: SmppConnector | None = None

    @property
    def is_over(self) -> bool:
        return self.task is not None and self.task.done()


class Fleet:
    """All connectors of this process."""

    def __init__(self, parts: FleetParts, tasks: asyncio.TaskGroup) -> None:
        self._parts = parts
        self._tasks = tasks
        self._running: dict[int, _Running] = {}
        self._changes: dict[tuple[int, int], LinkChange] = {}  # the newest of each link
        self.changed = asyncio.Event()
        self.ended = asyncio.Event()  # a connector was drained: its new links need not wait

    def runs(self, connector_id: int) -> bool:
        """Whether links of a connector are ours, or are being ended."""
        return connector_id in self._running

    def ring(self, payload: str) -> None:
        """A NOTIFY said that a connector has something to claim."""
        if payload.isdigit() and int(payload) in self._running:
            self._parts.inbox.rung(int(payload))

    async def refresh_once(self) -> int:
        """Start, replace and stop connectors as the configuration says; how many changed."""
        now = self._parts.clock.now()
        async with self._parts.database.transaction() as connection:
            carriers = {carrier.id: carrier for carrier in await read_carriers(connection)}
            held = await hold_links(
                connection,
                list(carriers.values()),  # in the order of their ids, as links are told of too
                self._parts.owner,
                now,
                silent_too=self._parts.is_steady(),
            )
        return self._stop_changed(carriers, held) + self._start_missing(carriers, held)

    def _stop_changed(
        self, carriers: Mapping[int, Carrier], held: Mapping[int, frozenset[int]]
    ) -> int:
        count = 0
        for connector_id, running in list(self._running.items()):
            same = (
                self._needs_no_new_links(running, carriers.get(connector_id))
                and held.get(connector_id) == running.numbers
            )
            if not same and not running.stop.is_set():
                running.stop.set()
                count += 1
            if running.is_over or (running.task is None and running.stop.is_set()):
                del self._running[connector_id]
                if running.task is None:  # and nobody else knows why it could not be started
                    over = AlarmChange(connector_id, AlarmKind.BIND_REFUSED, None)
                    self._parts.alarms.note(over)
        return count

    def _needs_no_new_links(self, running: _Running, carrier: Carrier | None) -> bool:
        """Whether a connector may go on. One whose secrets were only sealed anew may."""
        if carrier is None or carrier == running.carrier:
            return carrier is not None
        resealed = msgspec.structs.replace(
            running.carrier, password=carrier.password, tls_key=carrier.tls_key
        )
        if carrier != resealed or running.task is None:
            return False
        try:
            same = self._parts.settings_of(carrier) == self._parts.settings_of(running.carrier)
        except (InvalidSmppSettings, CannotUnseal):
            return False
        if same:
            running.carrier = carrier  # the key that sealed the one before may go
        return same

    def _start_missing(
        self, carriers: Mapping[int, Carrier], held: Mapping[int, frozenset[int]]
    ) -> int:
        count = 0
        for connector_id, numbers in held.items():
            if numbers and connector_id not in self._running:
                self._running[connector_id] = self._start(carriers[connector_id], numbers)
                count += 1
        return count

    def _start(self, carrier: Carrier, numbers: frozenset[int]) -> _Running:
        """Start a connector, or say why it cannot be: the others start all the same."""
        try:
            return self._run_carrier(carrier, numbers)
        except (InvalidSmppSettings, CannotUnseal) as error:
            _log.error("connector_not_started", connector=carrier.name, error=str(error))
            return self._refuse(carrier, numbers, str(error))
        except Exception:  # noqa: BLE001 - one carrier's bug is not all carriers' outage
            _log.exception("connector_not_started", connector=carrier.name)
            why = "an error of this program keeps it from starting; it is in the log"
            return self._refuse(carrier, numbers, why)

    def _refuse(self, carrier: Carrier, numbers: frozenset[int], why: str) -> _Running:
        for number in numbers:
            self._note(LinkChange(carrier.id, number, LinkState.REFUSED, why))
        self._parts.alarms.note(AlarmChange(carrier.id, AlarmKind.BIND_REFUSED, why))
        return _Running(carrier, numbers, asyncio.Event(), None)

    def _run_carrier(self, carrier: Carrier, numbers: frozenset[int]) -> _Running:
        stop = asyncio.Event()
        settings = self._parts.settings_of(carrier)
        connector = SmppConnector(
            settings,
            self._parts.inbox,
            self._parts.clock,
            self._parts.metrics,
            may_write=self._parts.may_write,
            changed=self._note,
            alarmed=self._parts.alarms.note,
            link_numbers=sorted(numbers),
            recordings=self._parts.recordings,
            keeps_text=carrier.environment in self._parts.recordings.policy.keeps_text,
        )
        dispatcher = Dispatcher(
            self._parts.database,
            connector,
            self._parts.inbox,
            self._parts.clock,
            self._parts.keyring,
            self._parts.owner,
            self._parts.may_write,
            batch_wanted=settings.window_max * len(numbers) // _BATCH_WINDOWS,
        )
        task = self._tasks.create_task(
            self._run(connector, dispatcher, stop), name=f"connector {carrier.name}"
        )
        task.add_done_callback(lambda _task: self.ended.set())
        return _Running(carrier, numbers, stop, task, connector)

    async def _run(
        self, connector: SmppConnector, dispatcher: Dispatcher, stop: asyncio.Event
    ) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(connector.run(stop))
                await run_forever(
                    dispatcher.dispatch_or_rest,
                    POLL_SECONDS,
                    wake=self._parts.inbox.room_of(connector.connector_id),
                    stop=stop,
                    name=f"dispatch {connector.connector_id}",
                )
        except Exception:  # noqa: BLE001 - it is logged, and started anew after a pause
            _log.exception("connector_failed", connector_id=connector.connector_id)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _FAILED_SECONDS)
        await dispatcher.finish()

    def record_newest(self, connector_id: int, count: int, incident: bytes) -> None:
        """Have the links of a connector write down what went over them last."""
        running = self._running.get(connector_id)
        if running is not None and running.connector is not None:
            running.connector.record_newest(count, incident)

    def uses(self) -> list[LinkUse]:
        """What every link of ours does now, in the order of connector and number."""
        connectors = (running.connector for running in self._running.values())
        uses = [one for connector in connectors if connector for one in connector.uses()]
        return sorted(uses, key=lambda one: (one.connector_id, one.number))

    def _note(self, change: LinkChange) -> None:
        self._changes[change.connector_id, change.number] = change
        self.changed.set()

    async def tell_once(self) -> int:
        """Store what the links did, for operators; how many changes."""
        changes, self._changes = self._changes, {}
        if changes:
            try:
                async with self._parts.database.transaction() as connection:
                    # In the order in which links are taken, so that nobody waits for each other.
                    for _, change in sorted(changes.items()):
                        await self._tell(connection, change)
            except DatabaseError:
                self._changes = {**changes, **self._changes}
                raise
        return len(changes)

    async def _tell(self, connection: Connection, change: LinkChange) -> None:
        await tell_link(
            connection,
            connector_id=change.connector_id,
            number=change.number,
            owner=self._parts.owner,
            state=change.state,
            detail=change.detail,
            now=self._parts.clock.now(),
        )

    async def drain(self) -> None:
        """Stop every connector: no new work, answers awaited, unbound."""
        for running in self._running.values():
            running.stop.set()
        tasks = [running.task for running in self._running.values() if running.task is not None]
        if tasks:
            await asyncio.wait(tasks)
        self._running.clear()

    async def let_go(self) -> None:
        """Give up every link, so that another process takes them at once."""
        async with self._parts.database.acquire() as connection:
            await let_links_go(connection, self._parts.owner, self._parts.clock.now())
