"""`staffetta messages`: what was sent, newest first.

A customer reads with a token, through the API, and sees what the API shows. An operator reads with
an account's address, from the database, and sees the states as they are inside.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

from staffetta.accounts.email import Email as Address
from staffetta.accounts.space import find_space
from staffetta.cli.gateway import DEFAULT_ADDRESS, Gateway, ServerAddress, Token
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson
from staffetta.cli.output import Column, Result, show
from staffetta.domain.environments import Environment
from staffetta.domain.money import as_number
from staffetta.messaging.lists import ListQuery
from staffetta.messaging.read import Reader
from staffetta.messaging.view import MessageView

_LIMIT_MAX: Final = 1000
# The columns, and the field of a Message (contract section 5) that each shows.
_COLUMNS: Final = {
    "id": Column("id", whole=True),
    "createdAt": Column("created"),
    "sender": Column("sender"),
    "recipient": Column("recipient", whole=True),
    "state": Column("state"),
    "messageCount": Column("segments", "right"),
    "totalPrice": Column("price", "right"),
    "message": Column("text"),
}


def messages(
    environment: Annotated[
        Environment, typer.Option("--environment", help="Which world to look at.")
    ] = Environment.SANDBOX,
    email: Annotated[
        str | None,
        typer.Option("--email", help="Read this account's messages from the database (operators)."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", help="How many at most.", min=1, max=_LIMIT_MAX)
    ] = 20,
    skip: Annotated[int, typer.Option("--skip", help="How many to leave out.", min=0)] = 0,
    token: Token = None,
    url: ServerAddress = DEFAULT_ADDRESS,
    as_json: AsJson = False,
) -> None:
    """List messages, newest first.

    With a token they are read through a running server, as its account sees them. With --email they
    are read from the database, with the states they have inside; no server needs to run.

    Example: STAFFETTA_TOKEN=... staffetta messages --limit 5

    Example: staffetta messages --email anna@example.com --environment production
    """
    if email is None:
        found = Gateway(url, environment, token).call("GET", f"/messages?skip={skip}&limit={limit}")
    else:
        found = _from_database(Address.parse(email), environment, skip, limit)
    rows = [[message.get(name) for name in _COLUMNS] for message in found]
    note = "" if rows else "There are no messages yet."
    show(Result(found, tuple(_COLUMNS.values()), rows, note), as_json=as_json)


def _from_database(
    address: Address, environment: Environment, skip: int, limit: int
) -> list[dict[str, Any]]:
    async def work(parts: Opened) -> Sequence[MessageView]:
        async with parts.database.acquire() as connection:
            space = await find_space(connection, address, environment)
        listed = await Reader(parts.database).list(space.space_id, ListQuery(limit, skip))
        return listed.views

    return [_as_row(view) for view in with_everything_open(work)]


def _as_row(view: MessageView) -> dict[str, Any]:
    return {
        "id": view.id.hex(),
        "createdAt": view.created_at.isoformat(timespec="seconds"),
        "sender": view.sender,
        "recipient": view.recipient,
        "state": view.state,
        "messageCount": view.segment_count,
        "totalPrice": as_number(view.total_price_micro),
        "message": view.text,
        "possiblyDuplicate": view.possibly_duplicate,
    }
