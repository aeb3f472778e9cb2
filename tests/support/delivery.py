"""A deliverer driven step by step: the real one, on a real database, with a clock of the test."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp.abc import AbstractResolver
from outbox import Outbox
from prometheus_client import CollectorRegistry

from staffetta.app.message_bodies import MessageBodies
from staffetta.callbacks.addresses import AllowedNetworks
from staffetta.callbacks.deliver import Deliverer, DelivererParts
from staffetta.callbacks.http_client import HttpClient, Patience
from staffetta.callbacks.metrics import CallbackMetrics
from staffetta.domain.clock import Clock
from staffetta.domain.secrets import Keyring

LOOPBACK = AllowedNetworks().with_loopback()
KEYRING = Keyring.parse("ab" * 32)


@dataclass
class Delivery:
    """One process that delivers."""

    deliverer: Deliverer
    owner: int

    async def step(self) -> None:
        """Find what is due, send it, write what became of it; until nothing moves any more."""
        async with asyncio.timeout(60):
            await self.deliverer.discover_once()
            while await self.deliverer.claim_once() or self.is_busy:
                await self.deliverer.results.write_once()
                await asyncio.sleep(0)

    async def write(self) -> None:
        """Wait for what is under way, and write it; nothing more is claimed."""
        async with asyncio.timeout(60):
            while self.is_busy:
                await self.deliverer.results.write_once()
                await asyncio.sleep(0)

    @property
    def is_busy(self) -> bool:
        return self.deliverer.under_way > 0


@asynccontextmanager
async def delivering(
    outbox: Outbox,
    clock: Clock,
    *,
    networks: AllowedNetworks = LOOPBACK,
    patience: Patience = Patience(),  # noqa: B008 - frozen
    resolver: AbstractResolver | None = None,
    tls: ssl.SSLContext | None = None,
    may_write: Callable[[], bool] = lambda: True,
    owner: int | None = None,
    per_host_max: int = 32,
    metrics: CallbackMetrics | None = None,
) -> AsyncIterator[Delivery]:
    """A process that delivers, for as long as the block."""
    process = owner or await outbox.process()
    async with (
        HttpClient(networks, patience, resolver=resolver, tls=tls) as client,
        asyncio.TaskGroup() as tasks,
    ):
        deliverer = Deliverer(
            DelivererParts(
                database=outbox.database,
                client=client,
                bodies=MessageBodies(),
                keyring=KEYRING,
                metrics=metrics or CallbackMetrics(CollectorRegistry()),
                clock=clock,
                owner=process,
                may_write=may_write,
                concurrency_max=per_host_max,
                chance=lambda: 0.0,
            ),
            tasks,
        )
        try:
            yield Delivery(deliverer, process)
        finally:
            await deliverer.drain(0)
