"""`staffetta person`: who signs in, for an account or as an operator of the installation."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

import typer

from staffetta.accounts.audit import record
from staffetta.accounts.change_person import (
    disable_person,
    enable_person,
    remove_person,
    set_password,
    set_role,
)
from staffetta.accounts.create_person import create_person
from staffetta.accounts.email import Email as Address
from staffetta.accounts.people import Person, Role, list_people
from staffetta.accounts.read_account import Account, find_account
from staffetta.cli.actor import whoever_commands
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson
from staffetta.cli.output import Column, Result, facts, local_time, show
from staffetta.cli.passwords import FromStdin, Generated, choose_password
from staffetta.db.pool import Connection

app = typer.Typer(no_args_is_help=True, help="Show and change who signs in.")

_COLUMNS: Final = (
    Column("e-mail"),
    Column("name"),
    Column("role", whole=True),
    Column("account"),
    Column("since", whole=True),
    Column("may sign in", whole=True),
)
_Who = Annotated[
    str, typer.Argument(metavar="EMAIL", help="The person's e-mail address.", show_default=False)
]
_OfAccount = Annotated[
    str | None, typer.Option("--account", help="E-mail address of the account it belongs to.")
]
Change = Callable[[Connection, Opened], Awaitable[Person]]


@app.command()
def add(
    email: _Who,
    role: Annotated[Role, typer.Option("--role", help="What the person is.")],
    account: _OfAccount = None,
    name: Annotated[str, typer.Option("--name", help="As the person is called.")] = "",
    password_stdin: FromStdin = False,
    generate: Generated = False,
    as_json: AsJson = False,
) -> None:
    r"""Let somebody sign in. An operator belongs to no account; owners and members to one.

    The password is asked for twice, unless it comes from standard input or is made.

    Example: staffetta person add olga@example.com --role owner --account anna@example.com

    Example: staffetta person add root@example.com --role operator --generate
    """
    address = Address.parse(email)
    account_address = None if account is None else Address.parse(account)
    if (role is Role.OPERATOR) != (account_address is None):
        raise typer.BadParameter(
            "owners and members belong to an account, operators to none", param_hint="--account"
        )
    chosen = choose_password(address, from_stdin=password_stdin, generate=generate)

    async def change(connection: Connection, parts: Opened) -> Person:
        of = account_address and await find_account(connection, account_address)
        return await create_person(
            connection,
            address,
            role,
            of.account_id if of else None,
            chosen.password_hash,
            parts.now,
            name=name,
        )

    _show_one(_changed("person.add", change), as_json=as_json, more=chosen.told())


@app.command("list")
def list_(account: _OfAccount = None, as_json: AsJson = False) -> None:
    """Show who signs in: operators first, then by account.

    Example: staffetta person list --account anna@example.com
    """
    address = None if account is None else Address.parse(account)

    async def work(parts: Opened) -> list[Person]:
        async with parts.database.acquire() as connection:
            of = address and await find_account(connection, address)
            return await list_people(connection, of.account_id if of else None)

    people = with_everything_open(work)
    note = "" if people else "Nobody signs in yet: `staffetta person add --help`."
    show(
        Result([json_of(one) for one in people], _COLUMNS, [_row_of(one) for one in people], note),
        as_json=as_json,
    )


@app.command()
def password(
    email: _Who,
    password_stdin: FromStdin = False,
    generate: Generated = False,
    as_json: AsJson = False,
) -> None:
    """Give somebody another password, and end every session.

    Example: staffetta person password olga@example.com
    """
    address = Address.parse(email)
    chosen = choose_password(address, from_stdin=password_stdin, generate=generate)

    async def change(connection: Connection, parts: Opened) -> Person:
        return await set_password(connection, address, chosen.password_hash, parts.now)

    _show_one(
        _changed("person.password", change),
        as_json=as_json,
        more=chosen.told(),
        note="Every session of this person is over.",
    )


@app.command()
def role(
    email: _Who,
    to: Annotated[Role, typer.Argument(metavar="ROLE", help="owner or member.")],
    as_json: AsJson = False,
) -> None:
    """Make an owner a member, or the other way round; an account keeps one owner.

    Example: staffetta person role mia@example.com owner
    """
    address = Address.parse(email)
    _show_one(
        _changed("person.role", lambda connection, _: set_role(connection, address, to)),
        as_json=as_json,
    )


@app.command()
def disable(email: _Who, as_json: AsJson = False) -> None:
    """Let somebody sign in no more, and end every session.

    Example: staffetta person disable mia@example.com
    """
    address = Address.parse(email)
    _show_one(
        _changed(
            "person.disable",
            lambda connection, parts: disable_person(connection, address, parts.now),
        ),
        as_json=as_json,
    )


@app.command()
def enable(email: _Who, as_json: AsJson = False) -> None:
    """Let somebody sign in again, with the same password.

    Example: staffetta person enable mia@example.com
    """
    address = Address.parse(email)
    _show_one(
        _changed("person.enable", lambda connection, _: enable_person(connection, address)),
        as_json=as_json,
    )


@app.command()
def remove(email: _Who, as_json: AsJson = False) -> None:
    """Forget somebody; an account keeps one owner.

    Example: staffetta person remove mia@example.com
    """
    address = Address.parse(email)
    _show_one(
        _changed("person.remove", lambda connection, _: remove_person(connection, address)),
        as_json=as_json,
        note="This person is gone.",
    )


def _changed(action: str, change: Change) -> Person:
    """Run one change and note it, in one transaction."""

    async def work(parts: Opened) -> Person:
        async with parts.database.transaction() as connection:
            person = await change(connection, parts)
            await note_person(connection, action, person, parts)
            return person

    return with_everything_open(work)


async def note_person(connection: Connection, action: str, person: Person, parts: Opened) -> None:
    """Note a change of a person in the audit trail."""
    subject: Account | None = None
    if person.account is not None:
        subject = await find_account(connection, Address.parse(person.account))
    details = {"person": person.email, "role": person.role.value}
    await record(connection, whoever_commands(), action, subject, details, parts.now)


def json_of(person: Person) -> dict[str, object]:
    """A person as programs read it."""
    return {
        "person": person.email,
        "name": person.name,
        "role": person.role.value,
        "account": person.account,
        "created_at": person.created_at.isoformat(),
        "disabled_at": person.disabled_at and person.disabled_at.isoformat(),
    }


def _row_of(person: Person) -> tuple[object, ...]:
    return (
        person.email,
        person.name,
        person.role,
        person.account,
        local_time(person.created_at),
        "yes" if person.disabled_at is None else f"not since {local_time(person.disabled_at)}",
    )


def _show_one(
    person: Person, *, as_json: bool, more: dict[str, str] | None = None, note: str = ""
) -> None:
    more = more or {}
    titles = [column.title for column in _COLUMNS]
    rows = [*zip(titles, _row_of(person), strict=True), *more.items()]
    if more:
        note = "The password is kept as a hash alone: hand it over now."
    show(facts({**json_of(person), **more}, rows, note), as_json=as_json)
