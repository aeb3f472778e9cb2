"""The dispatch role: connectors of this process, and what claims for them."""

import asyncio
from contextlib import suppress
from typing import Final

import structlog
from prometheus_client import CollectorRegistry

from staffetta.app.alarms import AlarmBook
from staffetta.app.carrier_desk import NETWORK_ANYWHERE, connector_settings
from staffetta.app.checking import CHECK_POLL_SECONDS, CHECKS_AT_ONCE, Checker
from staffetta.app.fleet import Fleet, FleetParts
from staffetta.app.link_uses import LinkUses
from staffetta.app.loops import Loops
from staffetta.app.recording import recording_policy
from staffetta.app.roles import Role, RoleContext
from staffetta.callbacks.bell import CallbackBell
from staffetta.connectors.metrics import ConnectorMetrics
from staffetta.connectors.smpp.settings import InvalidSmppSettings, SmppSettings
from staffetta.db.pool import DatabaseError
from staffetta.messaging.answers import write_answers_once
from staffetta.messaging.bell import CHANNEL
from staffetta.messaging.inbox import MemoryInbox
from staffetta.messaging.learning import Learning
from staffetta.messaging.recordings import Recordings
from staffetta.messaging.report import Reporter
from staffetta.messaging.settle import Settler
from staffetta.messaging.store_recordings import RecordingStore
from staffetta.messaging.unmatched import UnmatchedWatch
from staffetta.routing.carriers import Carrier
from staffetta.routing.change_connector import SIMULATED, OpenSecrets, StoredConnector
from staffetta.routing.connectors import open_password, open_tls_key

_IDLE_SECONDS: Final = 5.0  # what these steps wait for wakes them
_REMATCH_SECONDS: Final = 1.0
_LEARNED_SECONDS: Final = 1.0
_WATCH_SECONDS: Final = 10.0
_REFRESH_SECONDS: Final = 0.5
_RECORD_SECONDS: Final = 0.5
_USE_SECONDS: Final = 1.0
_FLUSH_SECONDS_MAX: Final = 10.0
_FLUSH_STEP_SECONDS: Final = 0.02

_log = structlog.get_logger(__name__)


async def run_dispatch(context: RoleContext, stop: asyncio.Event) -> None:
    """Claim, submit and settle until `stop`, then await what is in flight.

    The order of the end matters: connectors drain while settling and reporting go on, then what
    they left is written, then the links are given up.
    """
    inbox = MemoryInbox()
    database, clock, heartbeat = context.database, context.clock, context.heartbeat
    owner = heartbeat.process_id
    callback_bell = CallbackBell(database)
    learning = Learning(database, clock)
    settler = Settler(database, inbox, clock, context.ids, callback_bell, owner, learning)
    reporter = Reporter(database, inbox, clock, context.ids, callback_bell, learning)
    registry = CollectorRegistry()
    recordings = Recordings(recording_policy(context.settings), clock)
    metrics = ConnectorMetrics(registry)
    alarms = AlarmBook(database, clock, metrics)
    watch = UnmatchedWatch(database, clock, reporter.unmatched, alarms.note)
    parts = FleetParts(
        database=database,
        inbox=inbox,
        clock=clock,
        metrics=metrics,
        keyring=context.keyring,
        owner=owner,
        may_write=lambda: heartbeat.fresh(clock.monotonic()),
        is_steady=lambda: heartbeat.steady(clock.monotonic()),
        settings_of=lambda carrier: _settings_of(context, carrier),
        recordings=recordings,
        alarms=alarms,
    )
    async with asyncio.TaskGroup() as tasks, Loops() as writing:
        fleet = Fleet(parts, tasks)
        store = RecordingStore(
            database, recordings, clock, context.ids, owner, fleet.record_newest, registry
        )
        # What is started first ends last: others hand over to it until they end.
        writing.start(store.record_once, _RECORD_SECONDS)
        writing.start(callback_bell.notify_once, 0, may_be_cut=True)
        _start_writing(writing, settler, reporter, inbox.answers_came)
        writing.start(learning.share_once, _LEARNED_SECONDS)
        writing.start(watch.watch_once, _WATCH_SECONDS)
        _start_telling(writing, context, fleet, alarms)
        _start_checks(writing, context, parts)
        await _claim_until(stop, context, fleet)
        await fleet.drain()
        await _wait_until_written(inbox)
        for write_the_last in (store.store_all, alarms.store_once, fleet.let_go):
            with suppress(DatabaseError):
                await write_the_last()


def _start_writing(
    writing: Loops, settler: Settler, reporter: Reporter, answers_came: asyncio.Event
) -> None:
    writing.start(
        lambda: write_answers_once(settler, reporter),
        _IDLE_SECONDS,
        wake=answers_came,
        name="write answers",
    )
    writing.start(reporter.rematch_once, _REMATCH_SECONDS)


def _start_telling(writing: Loops, context: RoleContext, fleet: Fleet, alarms: AlarmBook) -> None:
    """Tell how links are, what they do, and what is wrong."""
    uses = LinkUses(context.database, context.clock, context.heartbeat.process_id, fleet.uses)
    writing.start(uses.tell_once, _USE_SECONDS)
    writing.start(fleet.tell_once, _IDLE_SECONDS, wake=fleet.changed)
    writing.start(alarms.store_once, _IDLE_SECONDS, wake=alarms.changed)
    writing.start(alarms.show_once, _IDLE_SECONDS)


def _start_checks(writing: Loops, context: RoleContext, parts: FleetParts) -> None:
    """Check carriers as operators ask for it."""
    checker = Checker(
        context.database,
        context.clock,
        parts.owner,
        settings_of=lambda stored: _settings_of(context, stored),
        default_sender=context.settings.default_sender,
        is_steady=parts.is_steady,
    )
    for number in range(1, CHECKS_AT_ONCE + 1):
        writing.start(
            checker.check_once, CHECK_POLL_SECONDS, name=f"check {number}", may_be_cut=True
        )


async def _claim_until(stop: asyncio.Event, context: RoleContext, fleet: Fleet) -> None:
    """Keep the connectors as they are configured, until `stop`."""
    async with Loops() as claiming:
        claiming.start(
            lambda: context.database.listen_once(CHANNEL, fleet.ring),
            _REFRESH_SECONDS,
            name="listen",
            may_be_cut=True,
        )
        claiming.start(fleet.refresh_once, _REFRESH_SECONDS, wake=fleet.ended)
        context.ready(Role.DISPATCH)
        await stop.wait()


async def _wait_until_written(inbox: MemoryInbox) -> None:
    """Wait until what the connectors left is in the database."""
    try:
        async with asyncio.timeout(_FLUSH_SECONDS_MAX):
            while inbox.settlements or inbox.reports:  # noqa: ASYNC110 - the end is no hot path
                await asyncio.sleep(_FLUSH_STEP_SECONDS)
    except TimeoutError:
        # The claims become uncertain with the end of this process; reports come again.
        _log.warning("inbox_not_written", settlements=len(inbox.settlements))


def _settings_of(context: RoleContext, carrier: Carrier | StoredConnector) -> SmppSettings:
    """What a carrier's links are set to; the simulated network is wherever it listens now."""
    keyring, settings = context.keyring, context.settings
    if settings.network_address is None and carrier.kind == SIMULATED:
        raise InvalidSmppSettings(
            f"connector {carrier.name}: this process was not told where the simulated network"
            " listens (STAFFETTA_NETWORK_ADDRESS)"
        )
    whose = (carrier.environment, carrier.name)
    secrets = OpenSecrets(
        open_password(keyring, carrier.password, *whose),
        open_tls_key(keyring, carrier.tls_key, *whose),
    )
    address = settings.network_address or NETWORK_ANYWHERE
    return connector_settings(carrier, secrets, settings.response_seconds, address)
