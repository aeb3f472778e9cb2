"""`staffetta blocklist`: accounts that may not send, and letting them send again."""

from typing import Annotated, Final

import typer

from staffetta.accounts.audit import record
from staffetta.accounts.email import Email as Address
from staffetta.accounts.space import find_space
from staffetta.cli.actor import whoever_commands
from staffetta.cli.failures import CommandFailed
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson, ForEnvironment
from staffetta.cli.output import Column, Result, facts, local_time, show
from staffetta.compliance.blocklist import Block, lift_block, list_blocked, read_history
from staffetta.domain.environments import Environment

app = typer.Typer(no_args_is_help=True, help="Show and lift the blocks of accounts.")

_COLUMNS: Final = (
    Column("account"),
    Column("environment", whole=True),
    Column("since", whole=True),
    Column("reason"),
    Column("message", whole=True),
)
_HISTORY_COLUMNS: Final = (*_COLUMNS, Column("lifted", whole=True), Column("because"))
_Account = Annotated[
    str, typer.Argument(metavar="EMAIL", help="The account's e-mail address.", show_default=False)
]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show the accounts that are blocked, and why.

    Example: staffetta blocklist list
    """

    async def work(parts: Opened) -> list[Block]:
        async with parts.database.acquire() as connection:
            return await list_blocked(connection)

    blocks = with_everything_open(work)
    note = "" if blocks else "No account is blocked."
    show(
        Result([_json_of(one) for one in blocks], _COLUMNS, [_row_of(one) for one in blocks], note),
        as_json=as_json,
    )


@app.command()
def lift(
    email: _Account,
    environment: ForEnvironment,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the history.")],
    as_json: AsJson = False,
) -> None:
    r"""Let an account send again in one environment.

    Example: staffetta blocklist lift anna@example.com --environment production \
      --reason 'it was a quotation'
    """
    address = Address.parse(email)

    async def work(parts: Opened) -> bool:
        async with parts.database.transaction() as connection:
            space = await find_space(connection, address, environment)
            lifted = await lift_block(connection, space.space_id, reason, parts.now)
            if lifted:
                details = {"reason": reason}
                actor = whoever_commands()
                await record(connection, actor, "blocklist.lift", space, details, parts.now)
            return lifted

    if not with_everything_open(work):
        raise CommandFailed(f"{address.text} is not blocked in {environment}")
    said = {"account": address.text, "environment": environment, "reason": reason}
    show(facts(said, said.items(), "The account may send again."), as_json=as_json)


@app.command()
def history(email: _Account, as_json: AsJson = False) -> None:
    """Show every block an account ever had, standing and lifted.

    Example: staffetta blocklist history anna@example.com
    """
    address = Address.parse(email)

    async def work(parts: Opened) -> list[Block]:
        async with parts.database.acquire() as connection:
            await find_space(connection, address, Environment.PRODUCTION)  # is there such a one
            return await read_history(connection, address.text)

    blocks = with_everything_open(work)
    rows = [
        (*_row_of(one), one.lifted_at and local_time(one.lifted_at), one.lifted_reason)
        for one in blocks
    ]
    note = "" if blocks else "The account was never blocked."
    show(Result([_json_of(one) for one in blocks], _HISTORY_COLUMNS, rows, note), as_json=as_json)


def _json_of(block: Block) -> dict[str, object]:
    return {
        "account": block.email,
        "environment": block.environment,
        "reason": block.reason,
        "message": block.message_id and block.message_id.hex(),
        "imposedAt": block.imposed_at.isoformat(),
        "liftedAt": block.lifted_at and block.lifted_at.isoformat(),
        "liftedReason": block.lifted_reason,
    }


def _row_of(block: Block) -> tuple[object, ...]:
    return (
        block.email,
        block.environment,
        local_time(block.imposed_at),
        block.reason,
        block.message_id and block.message_id.hex(),
    )
