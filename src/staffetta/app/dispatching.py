"""The dispatch role: connectors of this process, and what claims for them."""

import asyncio

from staffetta.app.roles import Role, RoleContext


async def run_dispatch(context: RoleContext, stop: asyncio.Event) -> None:
    """Claim, submit and settle until `stop`, then await what is in flight."""
    context.ready(Role.DISPATCH)
    await stop.wait()
