"""`staffetta smsc`: the simulated network alone, for developers of other software."""

from typing import Annotated

import typer

from staffetta.cli.failures import CommandFailed


def smsc(
    port: Annotated[
        int,
        typer.Option("--port", help="The port to listen on; 0 takes a free one.", min=0, max=65535),
    ] = 2775,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
) -> None:
    """Run the simulated network as an SMSC of its own, until interrupted.

    Example: staffetta smsc --port 2775
    """
    # The simulated network's own package runs here: `asyncio.run(serve_network(host, port))`.
    raise CommandFailed(f"the simulated network cannot run alone yet (asked for {host}:{port})")
