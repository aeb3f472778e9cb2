"""`staffetta account trace`: record all PDUs of an account for a while."""

from datetime import datetime
from typing import Annotated

import typer

from staffetta.accounts.audit import record
from staffetta.accounts.email import Email as Address
from staffetta.accounts.space import find_space
from staffetta.cli.actor import whoever_commands
from staffetta.cli.durations import read_duration
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson, ForEnvironment, Whose
from staffetta.cli.output import facts, local_time, show
from staffetta.messaging.record_account import (
    RECORDED_MAX,
    record_space,
    record_space_no_more,
    recorded_until,
)


def trace(
    email: Whose,
    environment: ForEnvironment,
    for_: Annotated[
        str | None, typer.Option("--for", help="Begin, for so long: 30m, 2h or 1d; 7d at most.")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="End it now.")] = False,
    as_json: AsJson = False,
) -> None:
    """Record every PDU of an account's messages, for `staffetta trace` to show; or say until when.

    It ends by itself. Texts are kept only where STAFFETTA_TRACE_TEXT says so, one-time codes never.

    Example: staffetta account trace anna@example.com --environment production --for 1h
    """
    address = Address.parse(email)
    if off and for_ is not None:
        raise typer.BadParameter("begin, or end?", param_hint="--for, --off")
    lasts = None if for_ is None else read_duration(for_, option="--for", most=RECORDED_MAX)

    async def work(parts: Opened) -> datetime | None:
        async with parts.database.transaction() as connection:
            space = await find_space(connection, address, environment)
            if lasts is not None:
                until = parts.now + lasts
                await record_space(connection, space.space_id, until)
                details = {"until": until.isoformat(timespec="seconds")}
                actor = whoever_commands()
                await record(connection, actor, "account.trace", space, details, parts.now)
            elif off:
                await record_space_no_more(connection, space.space_id)
                actor = whoever_commands()
                await record(connection, actor, "account.trace", space, {"until": None}, parts.now)
            return await recorded_until(connection, space.space_id, parts.now)

    until = with_everything_open(work)
    said = {
        "account": address.text,
        "environment": environment,
        "recorded_until": until and until.isoformat(timespec="seconds"),
    }
    rows = [
        ("account", address.text),
        ("environment", environment),
        ("recorded until", "not recorded" if until is None else local_time(until)),
    ]
    show(facts(said, rows), as_json=as_json)
