"""The network role: the simulated network of the sandbox, an SMSC on loopback."""

import asyncio

from staffetta.app.roles import Role, RoleContext
from staffetta.connectors.simulated.server import SimulatedNetwork


async def run_network(context: RoleContext, stop: asyncio.Event) -> None:
    """Answer SMPP on the network's socket until `stop`."""
    network = SimulatedNetwork()
    await network.start(sock=context.sockets.network)
    try:
        context.ready(Role.NETWORK)
        await stop.wait()
    finally:
        await network.stop()
