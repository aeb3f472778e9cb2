"""The callbacks role: what is owed to accounts' URLs, delivered."""

import asyncio
from typing import Final

import structlog
from prometheus_client import CollectorRegistry

from staffetta.app.loops import Loops
from staffetta.app.message_bodies import MessageBodies
from staffetta.app.roles import Role, RoleContext
from staffetta.callbacks.addresses import allowed_networks
from staffetta.callbacks.bell import CHANNEL
from staffetta.callbacks.deliver import Deliverer, DelivererParts
from staffetta.callbacks.http_client import HttpClient
from staffetta.callbacks.metrics import CallbackMetrics
from staffetta.callbacks.results import Results

_IDLE_SECONDS: Final = 0.25  # what claiming waits for wakes it; another process's lane does not
_WRITE_IDLE_SECONDS: Final = 5.0
_LISTEN_SECONDS: Final = 0.5
_DISCOVER_SECONDS: Final = 1.0
_REAP_SECONDS: Final = 1.0
_TELL_PAUSES_SECONDS: Final = 1.0
_DRAIN_SECONDS_MAX: Final = 15.0
_FLUSH_SECONDS_MAX: Final = 5.0
_FLUSH_STEP_SECONDS: Final = 0.02

_log = structlog.get_logger(__name__)


async def run_callbacks(context: RoleContext, stop: asyncio.Event) -> None:
    """Deliver until `stop`, then await what is under way and write what became of it."""
    settings, clock, heartbeat = context.settings, context.clock, context.heartbeat
    networks = allowed_networks(settings.callbacks_allow_networks, _listen_host(context))
    async with HttpClient(networks) as client, asyncio.TaskGroup() as tasks:
        deliverer = Deliverer(
            DelivererParts(
                database=context.database,
                client=client,
                bodies=MessageBodies(),
                keyring=context.keyring,
                metrics=CallbackMetrics(CollectorRegistry()),
                clock=clock,
                owner=heartbeat.process_id,
                may_write=lambda: heartbeat.fresh(clock.monotonic()),
                concurrency_max=settings.callbacks_per_host_max,
            ),
            tasks,
        )
        results = deliverer.results
        async with Loops() as writing:
            writing.start(results.write_once, _WRITE_IDLE_SECONDS, wake=results.came)
            async with Loops() as claiming:
                _start_claiming(claiming, context, deliverer)
                context.ready(Role.CALLBACKS)
                await stop.wait()
            await deliverer.drain(_DRAIN_SECONDS_MAX)
            await _wait_until_written(results)


def _listen_host(context: RoleContext) -> str | None:
    """Where requests are taken for what is called back, as far as this process can know.

    Played by hand without the API, the role shares its settings' host with nobody: the API may
    listen to the world on another machine.
    """
    plays_api = context.sockets.http is not None or context.sockets.https is not None
    return context.settings.host if context.supervised or plays_api else None


def _start_claiming(loops: Loops, context: RoleContext, deliverer: Deliverer) -> None:
    async def reap() -> int:
        # After an outage of the database everybody looks dead for a moment; who ended is dead.
        steady = context.heartbeat.steady(context.clock.monotonic())
        return await deliverer.reap_once(silent_too=steady)

    loops.start(
        lambda: context.database.listen_once(CHANNEL, deliverer.ring),
        _LISTEN_SECONDS,
        name="listen for callbacks",
        may_be_cut=True,
    )
    loops.start(deliverer.discover_once, _DISCOVER_SECONDS)
    loops.start(reap, _REAP_SECONDS, name="reap callbacks")
    loops.start(deliverer.pauses.write_once, _TELL_PAUSES_SECONDS, name="tell pauses")
    loops.start(deliverer.claim_once, _IDLE_SECONDS, wake=deliverer.wake)


async def _wait_until_written(results: Results) -> None:
    """Wait until what became of the last attempts is in the database."""
    try:
        async with asyncio.timeout(_FLUSH_SECONDS_MAX):
            while len(results):  # noqa: ASYNC110 - the end is no hot path
                await asyncio.sleep(_FLUSH_STEP_SECONDS)
    except TimeoutError:
        # With the end of this process these claims are opened, and sent once more.
        _log.warning("callback_results_not_written", count=len(results))
