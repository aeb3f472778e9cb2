"""`staffetta account`: the customers of an installation."""

from typing import Annotated

import typer

from staffetta.accounts.create_account import NewAccount, create_account
from staffetta.accounts.email import Email as Address
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson, Email
from staffetta.cli.output import facts, show
from staffetta.ledger.topup import grant

app = typer.Typer(no_args_is_help=True, help="Make accounts.")


@app.command()
def create(
    email: Email,
    currency: Annotated[
        str, typer.Option("--currency", help="ISO 4217 code of its wallets' currency.")
    ] = "EUR",
    as_json: AsJson = False,
) -> None:
    """Make an account, and show its two API keys: here and never again.

    Its sandbox wallet starts with 1,000; its production wallet is empty until `staffetta topup`.

    Example: staffetta account create --email anna@example.com
    """
    address = Address.parse(email)

    async def work(parts: Opened) -> NewAccount:
        async with parts.database.transaction() as connection:
            return await create_account(connection, address, currency, grant, parts.now)

    account = with_everything_open(work)
    keys = {str(environment): key for environment, key in account.api_keys.items()}
    show(
        facts(
            {"account": account.email, "api_keys": keys},
            [
                ("account", account.email),
                *((f"API key, {environment}", key) for environment, key in keys.items()),
            ],
            "The keys are kept as hashes alone: note them now.",
        ),
        as_json=as_json,
    )
