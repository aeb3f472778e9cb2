"""`staffetta connector alarms`: what of the carriers a person should look at."""

from typing import Annotated, Final

import typer

from staffetta.cli.connector_parts import InEnvironment, utc
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson
from staffetta.cli.output import Column, Result, local_time, show
from staffetta.routing.alarms import OpenAlarm, open_alarms
from staffetta.routing.change_connector import find_connector

_COLUMNS: Final = (
    Column("connector"),
    Column("alarm", whole=True),
    Column("since", whole=True),
    Column("last so", whole=True),
    Column("what, and what to do"),
)


def alarms(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Of this connector alone.")
    ] = None,
    environment: InEnvironment = None,
    as_json: AsJson = False,
) -> None:
    """Show what of the carriers a person should look at; an alarm ends by itself when it is over.

    Example: staffetta connector alarms

    Example: staffetta connector alarms acme
    """

    async def work(parts: Opened) -> list[OpenAlarm]:
        async with parts.database.acquire() as connection:
            found = list(await open_alarms(connection))
            if name is None:
                return found
            stored = await find_connector(connection, name, environment)
        return [one for one in found if one.connector_id == stored.id]

    found = with_everything_open(work)
    rows = [
        (one.connector, one.kind, local_time(one.raised_at), local_time(one.last_at), one.detail)
        for one in found
    ]
    note = "" if found else "There is no alarm."
    show(Result([json_of_alarm(one) for one in found], _COLUMNS, rows, note), as_json=as_json)


def json_of_alarm(one: OpenAlarm) -> dict[str, object]:
    """An alarm as JSON tells it."""
    return {
        "connector": one.connector,
        "environment": one.environment,
        "kind": one.kind,
        "detail": one.detail,
        "raised_at": utc(one.raised_at),
        "last_at": utc(one.last_at),
    }
