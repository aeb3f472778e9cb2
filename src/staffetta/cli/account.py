"""`staffetta account`: the customers of an installation."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

import typer

from staffetta.accounts.audit import record
from staffetta.accounts.change_account import close_account, rename_account, reopen_account
from staffetta.accounts.create_account import NewAccount, create_account
from staffetta.accounts.create_person import create_person
from staffetta.accounts.email import Email as Address
from staffetta.accounts.people import Role
from staffetta.accounts.read_account import (
    LISTED_MAX,
    Account,
    AccountLine,
    find_account,
    list_accounts,
)
from staffetta.cli.account_shown import AccountShown, account_facts, read_shown
from staffetta.cli.account_trace import trace
from staffetta.cli.actor import whoever_commands
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson, Email, Whose
from staffetta.cli.output import Column, Result, facts, local_time, show
from staffetta.cli.passwords import ChosenPassword, FromStdin, Generated, choose_password
from staffetta.cli.person import note_person
from staffetta.db.pool import Connection
from staffetta.ledger.topup import grant

app = typer.Typer(no_args_is_help=True, help="Make, show, rename and close accounts.")

_COLUMNS: Final = (
    Column("account"),
    Column("currency", whole=True),
    Column("since", whole=True),
    Column("tokens", justify="right", whole=True),
    Column("people", justify="right", whole=True),
    Column("blocked in"),
    Column("closed", whole=True),
)
Change = Callable[[Connection, Opened], Awaitable[Account]]


@app.command()
def create(
    email: Email,
    currency: Annotated[
        str, typer.Option("--currency", help="ISO 4217 code of its wallets' currency.")
    ] = "EUR",
    owner_email: Annotated[
        str | None,
        typer.Option("--owner-email", help="Let this person sign in for it, as its owner."),
    ] = None,
    owner_name: Annotated[str, typer.Option("--owner-name", help="The owner's name.")] = "",
    password_stdin: FromStdin = False,
    generate: Generated = False,
    as_json: AsJson = False,
) -> None:
    """Make an account, and show its two API keys: here and never again.

    Its sandbox wallet starts with 1,000; its production wallet is empty until `staffetta topup`.

    Example: staffetta account create --email anna@example.com

    Example: staffetta account create --email anna@example.com --owner-email olga@example.com
    """
    address = Address.parse(email)
    if owner_email is None and (password_stdin or generate or owner_name):
        raise typer.BadParameter("whose would it be?", param_hint="--owner-email")
    owner = None if owner_email is None else Address.parse(owner_email)
    chosen: ChosenPassword | None = None
    if owner is not None:
        chosen = choose_password(owner, from_stdin=password_stdin, generate=generate)

    async def work(parts: Opened) -> NewAccount:
        async with parts.database.transaction() as connection:
            made = await create_account(connection, address, currency, grant, parts.now)
            details = {"currency": currency}
            await record(connection, whoever_commands(), "account.create", made, details, parts.now)
            if owner is not None and chosen is not None:
                await _add_owner(connection, parts, made, owner, owner_name, chosen)
            return made

    show(_created(with_everything_open(work), owner, chosen), as_json=as_json)


@app.command("list")
def list_(
    search: Annotated[
        str, typer.Option("--search", help="Only addresses that hold this text.")
    ] = "",
    closed: Annotated[bool, typer.Option("--closed", help="Closed ones too.")] = False,
    skip: Annotated[int, typer.Option("--skip", help="Leave out the first so many.", min=0)] = 0,
    limit: Annotated[
        int, typer.Option("--limit", help="At most so many.", min=1, max=LISTED_MAX)
    ] = 100,
    as_json: AsJson = False,
) -> None:
    """Show the accounts, by address.

    Example: staffetta account list --search example.com
    """

    async def work(parts: Opened) -> list[AccountLine]:
        async with parts.database.acquire() as connection:
            return await list_accounts(
                connection, parts.now, search=search, closed_too=closed, skip=skip, limit=limit
            )

    lines = with_everything_open(work)
    note = "" if lines else "There is no such account."
    show(
        Result(
            [_line_json(one) for one in lines], _COLUMNS, [_line_row(one) for one in lines], note
        ),
        as_json=as_json,
    )


@app.command("show")
def show_(email: Whose, as_json: AsJson = False) -> None:
    """Show an account: its wallets, tokens, keys, blocks, terms and people.

    Example: staffetta account show anna@example.com
    """
    address = Address.parse(email)

    async def work(parts: Opened) -> AccountShown:
        async with parts.database.transaction(
            isolation="repeatable_read", readonly=True
        ) as connection:
            return await read_shown(connection, address, parts.now)

    show(account_facts(with_everything_open(work)), as_json=as_json)


@app.command()
def rename(
    email: Whose,
    new_email: Annotated[str, typer.Argument(metavar="NEW-EMAIL", help="Its address from now on.")],
    as_json: AsJson = False,
) -> None:
    """Give an account another e-mail address: the user name of HTTP Basic, too.

    Example: staffetta account rename anna@example.com office@example.com
    """
    address, new_address = Address.parse(email), Address.parse(new_email)
    _change(
        "account.rename",
        address,
        lambda connection, _: rename_account(connection, address, new_address),
        {"from": address.text, "to": new_address.text},
        as_json=as_json,
    )


@app.command()
def close(email: Whose, as_json: AsJson = False) -> None:
    """Refuse an account's tokens, API keys and people; its money and messages stay.

    Example: staffetta account close anna@example.com
    """
    address = Address.parse(email)
    _change(
        "account.close",
        address,
        lambda connection, parts: close_account(connection, address, parts.now),
        {},
        as_json=as_json,
    )


@app.command()
def reopen(email: Whose, as_json: AsJson = False) -> None:
    """Let a closed account in again: what it had works as before.

    Example: staffetta account reopen anna@example.com
    """
    address = Address.parse(email)
    _change(
        "account.reopen",
        address,
        lambda connection, _: reopen_account(connection, address),
        {},
        as_json=as_json,
    )


app.command()(trace)


def _change(
    action: str, address: Address, change: Change, details: dict[str, object], *, as_json: bool
) -> None:
    """Run one change and, where it changed anything, note it; then show the account."""

    async def work(parts: Opened) -> Account:
        async with parts.database.transaction() as connection:
            before = await find_account(connection, address)
            after = await change(connection, parts)
            if after != before:
                actor = whoever_commands()
                await record(connection, actor, action, after, details, parts.now)
            return after

    account = with_everything_open(work)
    said = {
        "account": account.email,
        "currency": account.currency,
        "created_at": account.created_at.isoformat(),
        "closed_at": account.closed_at and account.closed_at.isoformat(),
    }
    rows = [
        ("account", account.email),
        ("since", local_time(account.created_at)),
        ("closed", account.closed_at and local_time(account.closed_at)),
    ]
    show(facts(said, rows), as_json=as_json)


async def _add_owner(
    connection: Connection,
    parts: Opened,
    account: NewAccount,
    owner: Address,
    name: str,
    chosen: ChosenPassword,
) -> None:
    person = await create_person(
        connection,
        owner,
        Role.OWNER,
        account.account_id,
        chosen.password_hash,
        parts.now,
        name=name,
    )
    await note_person(connection, "person.add", person, parts)


def _created(account: NewAccount, owner: Address | None, chosen: ChosenPassword | None) -> Result:
    keys = {str(environment): key for environment, key in account.api_keys.items()}
    told = {} if owner is None else {"owner": owner.text}
    told |= {} if chosen is None else chosen.told()
    return facts(
        {"account": account.email, "api_keys": keys, **told},
        [
            ("account", account.email),
            *((f"API key, {environment}", key) for environment, key in keys.items()),
            *told.items(),
        ],
        "The keys are kept as hashes alone: note them now.",
    )


def _line_json(line: AccountLine) -> dict[str, object]:
    account = line.account
    return {
        "account": account.email,
        "currency": account.currency,
        "created_at": account.created_at.isoformat(),
        "closed_at": account.closed_at and account.closed_at.isoformat(),
        "tokens": line.token_count,
        "people": line.people_count,
        "blocked_in": list(line.blocked_in),
    }


def _line_row(line: AccountLine) -> tuple[object, ...]:
    account = line.account
    return (
        account.email,
        account.currency,
        local_time(account.created_at),
        line.token_count,
        line.people_count,
        ", ".join(line.blocked_in),
        account.closed_at and local_time(account.closed_at),
    )
