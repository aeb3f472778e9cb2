"""`staffetta connector pdus`: what went over a connector's links last."""

import asyncio
from typing import Annotated, Any, Final

import typer

from staffetta.cli.failures import CommandFailed
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson
from staffetta.cli.output import show
from staffetta.cli.trace_shown import events_shown
from staffetta.domain.environments import Environment
from staffetta.messaging.asked_frames import ask_for_frames, is_answered, read_answer
from staffetta.messaging.recordings import FRAMES_MAX
from staffetta.messaging.tracing.pdus import Looks, recorded_events
from staffetta.routing.change_connector import find_connector

_SECONDS_MAX: Final = 15.0
_PAUSE_SECONDS: Final = 0.1


def pdus(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The connector.")],
    environment: Annotated[
        Environment | None,
        typer.Option("--environment", help="Where two connectors have the name."),
    ] = None,
    last: Annotated[
        int, typer.Option("--last", help="How many at most.", min=1, max=FRAMES_MAX)
    ] = 50,
    hex_: Annotated[bool, typer.Option("--hex", help="Show the octets of each PDU.")] = False,
    redact: Annotated[
        bool, typer.Option("--redact", help="Shorten phone numbers, to show it to others.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the PDUs that went over a connector's links last, decoded, without texts.

    They are in the memory of the running server, which keeps the newest of each link.

    Example: staffetta connector pdus acme --last 20
    """

    async def work(parts: Opened) -> list[dict[str, Any]]:
        async with parts.database.transaction() as connection:
            stored = await find_connector(connection, name, environment)
            incident = await ask_for_frames(connection, stored.id, last, parts.now)
        await _wait_for_answer(parts, incident)
        async with parts.database.acquire() as connection:
            return await read_answer(connection, incident, last)

    rows = with_everything_open(work)
    events = list(recorded_events(rows, Looks(with_hex=hex_, redacts=redact)))
    note = "" if events else "Nothing went over its links yet, or nothing is kept of it."
    show(events_shown(events, note), as_json=as_json)


async def _wait_for_answer(parts: Opened, incident: bytes) -> None:
    try:
        async with asyncio.timeout(_SECONDS_MAX), parts.database.acquire() as connection:
            while not await is_answered(connection, incident):  # noqa: ASYNC110 - in another process
                await asyncio.sleep(_PAUSE_SECONDS)
    except TimeoutError:
        raise CommandFailed(
            f"the processes that hold its links have not answered within {_SECONDS_MAX:g} s"
        ) from None
