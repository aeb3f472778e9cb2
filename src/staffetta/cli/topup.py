"""`staffetta topup`: money into a wallet."""

from typing import Annotated

import typer

from staffetta.accounts.audit import record
from staffetta.accounts.email import Email as Address
from staffetta.accounts.space import Space, find_space
from staffetta.cli.actor import whoever_commands
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson, Email, ForEnvironment, amount_micro
from staffetta.cli.output import facts, show
from staffetta.domain.money import as_number, format_amount
from staffetta.ledger.topup import NOTE_CHARACTERS_MAX, top_up


def topup(
    email: Email,
    environment: ForEnvironment,
    amount: Annotated[
        str,
        typer.Option("--amount", help="How much, like 10 or 12.50; negative takes back a mistake."),
    ],
    note: Annotated[
        str, typer.Option("--note", help="What the ledger entry says of it.")
    ] = "top-up",
    as_json: AsJson = False,
) -> None:
    """Add money to an account's wallet in one environment.

    Example: staffetta topup --email anna@example.com --environment production --amount 50
    """
    address = Address.parse(email)
    micro = amount_micro(amount, option="--amount")
    if micro == 0:
        raise typer.BadParameter("an amount of nothing changes nothing", param_hint="--amount")
    if len(note) > NOTE_CHARACTERS_MAX:
        raise typer.BadParameter(f"at most {NOTE_CHARACTERS_MAX} characters", param_hint="--note")

    async def work(parts: Opened) -> tuple[Space, int]:
        async with parts.database.transaction() as connection:
            space = await find_space(connection, address, environment)
            balance_micro = await top_up(connection, space.space_id, micro, note, parts.now)
            details = {"amount": as_number(micro), "note": note}
            await record(connection, whoever_commands(), "topup", space, details, parts.now)
            return space, balance_micro

    space, balance_micro = with_everything_open(work)
    show(
        facts(
            {
                "account": space.email,
                "environment": environment,
                "amount": as_number(micro),
                "balance": as_number(balance_micro),
                "currency": space.currency,
            },
            [
                ("account", space.email),
                ("environment", environment),
                ("added", f"{format_amount(micro)} {space.currency}"),
                ("balance", f"{format_amount(balance_micro)} {space.currency}"),
            ],
        ),
        as_json=as_json,
    )
