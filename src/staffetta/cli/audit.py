"""`staffetta audit`: who changed what about accounts, people, keys and tokens."""

from datetime import timedelta
from typing import Annotated, Final

import typer

from staffetta.accounts.audit import LISTED_MAX, Entry, EntryFilter, list_entries
from staffetta.accounts.email import Email as Address
from staffetta.accounts.read_account import find_account
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson
from staffetta.cli.output import Column, Result, local_time, show

app = typer.Typer(no_args_is_help=True, help="Show who changed what.")

_COLUMNS: Final = (
    Column("when", whole=True),
    Column("who"),
    Column("what", whole=True),
    Column("account"),
    Column("environment", whole=True),
    Column("details"),
)


@app.command("list")
def list_(
    account: Annotated[
        str | None, typer.Option("--account", help="Only about the account with this e-mail.")
    ] = None,
    action: Annotated[
        str | None,
        typer.Option("--action", help="Only this, like person.add, or a whole group, like person."),
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", help="Only of the last so many days.", min=1, max=36_500)
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", help="At most so many.", min=1, max=LISTED_MAX)
    ] = 100,
    as_json: AsJson = False,
) -> None:
    """Show the newest changes first.

    Example: staffetta audit list --account anna@example.com --days 30
    """
    address = None if account is None else Address.parse(account)
    if action is not None and not (action.isascii() and action.isprintable()):
        raise typer.BadParameter("write it like person.add", param_hint="--action")

    async def work(parts: Opened) -> list[Entry]:
        async with parts.database.acquire() as connection:
            about = address and await find_account(connection, address)
            return await list_entries(
                connection,
                EntryFilter(
                    account_id=about.account_id if about else None,
                    action=action,
                    since=None if days is None else parts.now - timedelta(days=days),
                ),
                limit,
            )

    entries = with_everything_open(work)
    note = "" if entries else "Nothing was changed."
    show(
        Result(
            [_json_of(one) for one in entries], _COLUMNS, [_row_of(one) for one in entries], note
        ),
        as_json=as_json,
    )


def _json_of(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.entry_id,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "address": entry.address,
        "action": entry.action,
        "account": entry.account,
        "environment": entry.environment,
        "details": entry.details,
    }


def _row_of(entry: Entry) -> tuple[object, ...]:
    return (
        local_time(entry.at),
        entry.actor if entry.address is None else f"{entry.actor} from {entry.address}",
        entry.action,
        entry.account,
        entry.environment,
        ", ".join(f"{name} {_told(value)}" for name, value in entry.details.items()),
    )


def _told(value: object) -> str:
    return " ".join(str(one) for one in value) if isinstance(value, list) else str(value)
