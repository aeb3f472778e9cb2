"""`staffetta connector check`: certify a carrier before customers' messages do.

Owns the options. What they run is in connector_check_run.py, which is imported when it is needed:
no other command should wait for SMPP and certificates.
"""

from typing import Annotated, Final

import typer

from staffetta.cli.connector_parts import InEnvironment, Name
from staffetta.cli.options import AsJson

_WAIT_SECONDS_MAX: Final = 3600.0
_BURST_MAX: Final = 10_000


def check(
    name: Name,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help="A phone of yours, like +393331234567; may be given again."),
    ] = None,
    burst: Annotated[
        int,
        typer.Option(
            "--burst", help="Send so many more at once, to learn the rate.", min=0, max=_BURST_MAX
        ),
    ] = 0,
    no_send: Annotated[
        bool, typer.Option("--no-send", help="Connect and bind alone; nothing is sent.")
    ] = False,
    sender: Annotated[
        str | None, typer.Option("--from", help="The sender; without it, the installation's.")
    ] = None,
    wait: Annotated[
        float,
        typer.Option(
            "--wait", help="Seconds to wait for delivery reports.", min=0, max=_WAIT_SECONDS_MAX
        ),
    ] = 60.0,
    ask: Annotated[bool, typer.Option("--ask", help="Ask you what the phone shows.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Send without asking first: it costs money.")
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Set what the check found to be needed.")
    ] = False,
    environment: InEnvironment = None,
    as_json: AsJson = False,
) -> None:
    """Certify a carrier: connect as its links do, send a script to your phones, learn its ways.

    It has a connection of its own, so the carrier must allow one more bind, or the connector be
    stopped. What is sent costs what the carrier asks; accounts pay nothing.

    Example: staffetta connector check acme --no-send

    Example: staffetta connector check acme --to +393331234567 --burst 100 --ask
    """
    from staffetta.cli import connector_check_run  # noqa: PLC0415 - as the module's docstring says

    wanted = connector_check_run.Wanted(
        name,
        environment,
        connector_check_run.numbers_of(to or [], no_send=no_send),
        connector_check_run.sender_of(sender),
        burst,
        wait,
        asks=ask,
        is_agreed=yes,
        applies=apply,
    )
    if not connector_check_run.run(wanted, as_json=as_json):
        raise typer.Exit(1)
