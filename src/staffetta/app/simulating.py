"""The network role: the simulated network of the sandbox, an SMSC on loopback."""

import asyncio

from staffetta.app.roles import Role, RoleContext


async def run_network(context: RoleContext, stop: asyncio.Event) -> None:
    """Answer SMPP on the network's socket until `stop`."""
    context.ready(Role.NETWORK)
    await stop.wait()
