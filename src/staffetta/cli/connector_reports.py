"""`staffetta connector reports`: the delivery reports that did not find their message at once."""

from datetime import datetime
from typing import Annotated, Final

import typer

from staffetta.cli.connector_parts import InEnvironment, utc
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson
from staffetta.cli.output import Column, Result, local_time, show
from staffetta.messaging.kept_reports import (
    DISPOSITIONS,
    LISTED_MAX,
    KeptReport,
    list_kept_reports,
)
from staffetta.messaging.match import Disposition
from staffetta.routing.change_connector import find_connector

_COLUMNS: Final = (
    Column("received", whole=True),
    Column("connector"),
    Column("id in the report"),
    Column("state"),
    Column("error"),
    Column("destination", whole=True),
    Column("what became of it", whole=True),
)
_WORDS: Final = {
    Disposition.WAITING: "waits for its message",
    Disposition.ORPHAN: "no message has this id",
    Disposition.LATE: "its message had its report",
    Disposition.MATCHED: "found its message later",
}


def reports(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Of this connector alone.")
    ] = None,
    environment: InEnvironment = None,
    orphans: Annotated[
        bool, typer.Option("--orphans", help="Those that found no message and wait no more.")
    ] = False,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Those that still wait for their message.")
    ] = False,
    since: Annotated[
        str | None, typer.Option("--since", help="Received since then: ISO 8601, like 2026-03-14.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", help="How many at most.", min=1, max=LISTED_MAX)
    ] = 50,
    as_json: AsJson = False,
) -> None:
    """Show delivery reports that did not find their message at once, newest first.

    Nothing a carrier reports is dropped. A report that finds its message when it comes is in that
    message; every other is here: it came before the answer it belongs to, it came twice, or nothing
    was sent under its id.

    Example: staffetta connector reports acme --orphans --since 2026-03-14
    """
    asked = {Disposition.ORPHAN: orphans, Disposition.WAITING: waiting}
    wanted = [one for one, is_asked in asked.items() if is_asked] or DISPOSITIONS
    received_since = _moment(since)

    async def work(parts: Opened) -> list[KeptReport]:
        async with parts.database.acquire() as connection:
            connector_id = None
            if name is not None:
                connector_id = (await find_connector(connection, name, environment)).id
            return await list_kept_reports(connection, connector_id, wanted, received_since, limit)

    found = with_everything_open(work)
    note = "" if found else "There is no such report."
    rows = [_row_of(one) for one in found]
    show(Result([_json_of(one) for one in found], _COLUMNS, rows, note), as_json=as_json)


def _moment(text: str | None) -> datetime | None:
    """A time as typed; without an offset it is of this machine's zone."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            "a time in ISO 8601, like 2026-03-14 or 2026-03-14T09:00Z", param_hint="--since"
        ) from None


def _row_of(one: KeptReport) -> tuple[object, ...]:
    has_two = one.text_id not in {"", one.smsc_id}
    ids = f"{one.smsc_id} / {one.text_id}" if has_two else one.smsc_id or "none"
    error = f"{one.report_error} ({one.error_words})" if one.error_words else one.report_error
    return (
        local_time(one.received_at),
        one.connector,
        ids,
        one.report_state,
        error or "",
        one.destination,
        _WORDS[one.disposition],
    )


def _json_of(one: KeptReport) -> dict[str, object]:
    return {
        "id": one.id.hex(),
        "connector": one.connector,
        "environment": one.environment,
        "smsc_id": one.smsc_id,
        "text_id": one.text_id or None,
        "state": one.report_state,
        "error": one.report_error,
        "error_words": one.error_words,
        "destination": one.destination,
        "sender": one.sender,
        "done_at": None if one.done_at is None else utc(one.done_at),
        "received_at": utc(one.received_at),
        "disposition": one.disposition,
    }
