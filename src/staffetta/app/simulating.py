"""The network role: the simulated network of the sandbox, an SMSC on loopback."""

import asyncio

from staffetta.app.roles import Role, RoleContext
from staffetta.connectors.simulated.server import SimulatedNetwork
from staffetta.connectors.simulated.settings import NetworkSettings


async def run_network(context: RoleContext, stop: asyncio.Event) -> None:
    """Answer SMPP on the network's socket until `stop`."""
    settings = context.settings
    network = SimulatedNetwork(
        NetworkSettings(
            delivery_seconds=settings.network_delivery_seconds,
            late_report_seconds=settings.network_late_seconds,
            throttle_seconds=settings.network_throttle_seconds,
        )
    )
    await network.start(sock=context.sockets.network)
    try:
        context.ready(Role.NETWORK)
        await stop.wait()
    finally:
        await network.stop()
