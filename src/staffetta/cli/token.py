"""`staffetta token`: what clients of the API present."""

from typing import Annotated

import typer

from staffetta.accounts.create_token import LIFETIME_SECONDS_MAX, NewToken, create_token
from staffetta.accounts.email import Email as Address
from staffetta.accounts.space import find_space
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson, Email, ForEnvironment
from staffetta.cli.output import facts, local_time, show
from staffetta.domain.scopes import all_scopes

app = typer.Typer(no_args_is_help=True, help="Make tokens.")


@app.command()
def create(
    email: Email,
    environment: ForEnvironment,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope",
            help="What it may call, like POST:sms.openapi.com/IT-messages; wildcards like"
            " *:sms.openapi.com/* are expanded. May be given several times. Without one: all.",
        ),
    ] = None,
    ttl: Annotated[
        int,
        typer.Option("--ttl", help="Lifetime in seconds.", min=1, max=LIFETIME_SECONDS_MAX),
    ] = LIFETIME_SECONDS_MAX,
    name: Annotated[str, typer.Option("--name", help="What you will know it by.")] = "",
    as_json: AsJson = False,
) -> None:
    r"""Make a token of an account for one environment.

    Example: staffetta token create --email anna@example.com --environment sandbox

    Example: staffetta token create --email anna@example.com --environment production \
      --scope POST:sms.openapi.com/IT-messages --ttl 86400
    """
    address = Address.parse(email)

    async def work(parts: Opened) -> NewToken:
        async with parts.database.transaction() as connection:
            return await create_token(
                connection,
                await find_space(connection, address, environment),
                scope or all_scopes(environment),
                parts.now,
                lifetime_seconds=ttl,
                name=name,
                own_hosts=parts.settings.own_hosts,
                keyring=parts.keyring if parts.settings.tokens_listable else None,
            )

    made = with_everything_open(work)
    show(
        facts(
            {
                "token": made.token,
                "scopes": list(made.scopes),
                "expire": int(made.expire_at.timestamp()),
            },
            [
                ("token", made.token),
                ("environment", environment),
                ("scopes", "\n".join(made.scopes)),
                ("until", local_time(made.expire_at)),
            ],
        ),
        as_json=as_json,
    )
