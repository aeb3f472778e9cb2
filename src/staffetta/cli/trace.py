"""`staffetta trace`: everything that happened to a message, in one timeline."""

from datetime import timedelta
from typing import Annotated, Final

import typer

from staffetta.accounts.email import Email as Address
from staffetta.cli.durations import read_duration
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson
from staffetta.cli.output import Column, Result, local_time, show
from staffetta.cli.trace_shown import timeline_shown, utc
from staffetta.domain.ids import parse_id
from staffetta.domain.phones import parse_mobile
from staffetta.domain.short_numbers import short_number
from staffetta.messaging.tracing.find import LISTED_MAX, FoundRecipient, find_by_number
from staffetta.messaging.tracing.pdus import Looks
from staffetta.messaging.tracing.read import find_message, read_trace
from staffetta.messaging.tracing.redact import redacted_recipient
from staffetta.messaging.tracing.timeline import Timeline
from staffetta.messaging.tracing.trace import make_timeline

_SINCE_MAX: Final = timedelta(days=31)
_COLUMNS: Final = (
    Column("message", whole=True),
    Column("created", whole=True),
    Column("account"),
    Column("environment", whole=True),
    Column("sender"),
    Column("state", whole=True),
    Column("detail"),
)


def trace(
    message: Annotated[
        str | None,
        typer.Argument(metavar="[MESSAGE]", help="The id of a message, or of one recipient."),
    ] = None,
    recipient: Annotated[
        str | None,
        typer.Option("--recipient", help="One of a v1 message: its number, or its id."),
    ] = None,
    number: Annotated[
        str | None, typer.Option("--number", help="List the messages to this number.")
    ] = None,
    since: Annotated[
        str, typer.Option("--since", help="With --number: how long back, like 30m, 2h or 1d.")
    ] = "1h",
    account: Annotated[
        str | None, typer.Option("--account", help="With --number: of this account alone.")
    ] = None,
    limit: Annotated[
        int,
        typer.Option("--limit", help="With --number: at most so many.", min=1, max=LISTED_MAX),
    ] = 100,
    text: Annotated[
        bool, typer.Option("--text", help="Show the text; one-time codes stay hidden.")
    ] = False,
    hex_: Annotated[bool, typer.Option("--hex", help="Show the octets of each PDU.")] = False,
    around: Annotated[
        bool, typer.Option("--around", help="Show what went over the link before a failure, too.")
    ] = False,
    redact: Annotated[
        bool,
        typer.Option("--redact", help="For a carrier: short numbers, no account, no prices."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what happened to a message: request, price, queue, PDUs, reports, callbacks, money.

    Example: staffetta trace 65f2c1a0000000deadbeef01

    Example: staffetta trace 65f2c1a0000000deadbeef01 --recipient +393331234567 --redact

    Example: staffetta trace --number +393331234567 --since 2h
    """
    if (message is None) == (number is None):
        raise typer.BadParameter("name a message, or a number", param_hint="MESSAGE, --number")
    if redact and text:
        raise typer.BadParameter("a text is not shown to others", param_hint="--redact, --text")
    if number is not None:
        show(_listed(number, since, account, limit, redact=redact), as_json=as_json)
        return
    looks = Looks(with_text=text, with_hex=hex_, with_around=around, redacts=redact)
    show(timeline_shown(_traced(message or "", recipient, looks)), as_json=as_json)


def _traced(message: str, recipient: str | None, looks: Looks) -> Timeline:
    message_id = _id(message, "MESSAGE")
    recipient_id = None if recipient is None else parse_id(recipient)
    number = None
    if recipient is not None and recipient_id is None:
        number = parse_mobile(recipient).e164

    async def work(parts: Opened) -> Timeline:
        async with parts.database.transaction(
            isolation="repeatable_read", readonly=True
        ) as connection:
            found = await find_message(
                connection, message_id, number=number, recipient_id=recipient_id
            )
            rows = await read_trace(connection, found, parts.now)
        return make_timeline(rows, looks)

    return with_everything_open(work)


def _listed(number: str, since: str, account: str | None, limit: int, *, redact: bool) -> Result:
    phone = parse_mobile(number)
    back = read_duration(since, option="--since", most=_SINCE_MAX)
    email = None if account is None else Address.parse(account).text

    async def work(parts: Opened) -> list[FoundRecipient]:
        async with parts.database.acquire() as connection:
            return await find_by_number(connection, phone.e164, parts.now - back, limit, email)

    found = with_everything_open(work, patient=True)
    shown = phone.e164
    if redact:
        found = [redacted_recipient(one, phone.e164) for one in found]
        shown = short_number(phone.e164)
    note = (
        f"{len(found)} to {shown}; `staffetta trace ID` shows one."
        if found
        else f"No message went to {shown} in the last {since}."
    )
    rows = [
        (
            one.recipient_id.hex(),
            local_time(one.created_at),
            one.account,
            one.environment,
            one.sender,
            one.state,
            one.detail,
        )
        for one in found
    ]
    return Result([_found_json(one) for one in found], _COLUMNS, rows, note)


def _found_json(one: FoundRecipient) -> dict[str, object]:
    return {
        "message": one.message_id.hex(),
        "recipient": one.recipient_id.hex(),
        "account": one.account,
        "environment": one.environment,
        "service": one.service,
        "sender": one.sender,
        "created_at": utc(one.created_at),
        "state": one.state,
        "updated_at": utc(one.updated_at),
        "detail": one.detail,
    }


def _id(text: str, name: str) -> bytes:
    found = parse_id(text)
    if found is None:
        raise typer.BadParameter("an id has 24 hexadecimal digits", param_hint=name)
    return found
