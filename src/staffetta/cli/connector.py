"""`staffetta connector`: the ways to carriers."""

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from staffetta.accounts.audit import record
from staffetta.cli.actor import whoever_commands
from staffetta.cli.failures import CommandFailed
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson, ForEnvironment, amount_micro
from staffetta.cli.output import Column, Result, facts, show
from staffetta.domain.money import as_number, format_amount
from staffetta.routing.connectors import ListedConnector, add_connector, list_connectors
from staffetta.routing.definition import (
    PORT_MAX,
    RATE_PER_SECOND_DEFAULT,
    RATE_PER_SECOND_MAX,
    WINDOW_DEFAULT,
    WINDOW_MAX,
    ConnectorDefinition,
    split_countries,
)

app = typer.Typer(no_args_is_help=True, help="Add and list connectors, the ways to carriers.")

_PASSWORD_FILE_BYTES_MAX: Final = 4096
_COLUMNS: Final = (
    Column("environment", whole=True),
    Column("name"),
    Column("carrier"),
    Column("window", "right", whole=True),
    Column("rate", "right", whole=True),
    Column("links"),
    Column("price a segment", whole=True),
)


@app.command()
def add(
    name: Annotated[str, typer.Option("--name", help="What you will know it by.")],
    environment: ForEnvironment,
    host: Annotated[str, typer.Option("--host", help="The carrier's SMSC.")],
    port: Annotated[int, typer.Option("--port", help="Its port.", min=1, max=PORT_MAX)],
    system_id: Annotated[str, typer.Option("--system-id", help="The user name it gave you.")],
    countries: Annotated[
        str, typer.Option("--countries", help="ISO 3166 codes like IT,ES, or '*' for all.")
    ],
    price: Annotated[str, typer.Option("--price", help="What accounts pay a segment, like 0.03.")],
    password_file: Annotated[
        Path | None, typer.Option("--password-file", help="A file that holds the password.")
    ] = None,
    password_env: Annotated[
        str | None,
        typer.Option("--password-env", help="An environment variable that holds the password."),
    ] = None,
    window: Annotated[
        int,
        typer.Option("--window", help="Segments sent before an answer.", min=1, max=WINDOW_MAX),
    ] = WINDOW_DEFAULT,
    rate: Annotated[
        int,
        typer.Option(
            "--rate", help="Segments a second; 0: unlimited.", min=0, max=RATE_PER_SECOND_MAX
        ),
    ] = RATE_PER_SECOND_DEFAULT,
    long_password: Annotated[
        bool,
        typer.Option("--long-password", help="Allow more than the 8 characters SMPP has room for."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    r"""Add an SMPP connector and its routes. A running server takes it up without a restart.

    The password never stands on the command line, where others could read it.

    Example: staffetta connector add --name acme --environment production \
      --host smsc.example.com --port 2775 --system-id staffetta \
      --password-file acme.secret --countries IT,ES --price 0.03
    """
    definition = ConnectorDefinition(
        environment=environment,
        name=name,
        host=host,
        port=port,
        system_id=system_id,
        password=_password(password_file, password_env),
        countries=split_countries(countries),
        price_micro=amount_micro(price, option="--price"),
        window_max=window,
        rate_per_second=rate,
        long_password=long_password,
    )

    async def work(parts: Opened) -> int:
        async with parts.database.transaction() as connection:
            connector_id = await add_connector(connection, parts.keyring, definition, parts.now)
            details = {"connector": name, "environment": environment.value}
            await record(connection, whoever_commands(), "connector.add", None, details, parts.now)
            return connector_id

    show(_added(with_everything_open(work), definition), as_json=as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show every connector with its links and routes.

    Example: staffetta connector list
    """

    async def work(parts: Opened) -> list[ListedConnector]:
        async with parts.database.transaction(isolation="repeatable_read") as connection:
            return await list_connectors(connection)

    connectors = with_everything_open(work)
    note = "" if connectors else "There is no connector yet: `staffetta connector add --help`."
    show(
        Result(
            [_json_of(connector) for connector in connectors],
            _COLUMNS,
            [_row_of(connector) for connector in connectors],
            note,
        ),
        as_json=as_json,
    )


def _password(file: Path | None, variable: str | None) -> str:
    """The password out of a file or the environment; "" when neither is named."""
    if file is not None and variable is not None:
        raise typer.BadParameter(
            "a password comes from one place", param_hint="--password-file, --password-env"
        )
    if variable is not None:
        if variable not in os.environ:
            raise CommandFailed(f"the environment variable {variable} is not set")
        return os.environ[variable]
    return "" if file is None else _password_in(file)


def _password_in(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            text = opened.read(_PASSWORD_FILE_BYTES_MAX).decode()
    except OSError as error:
        raise CommandFailed(f"the password file {file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandFailed(f"the password file {file} holds no text") from None
    return text.rstrip("\r\n")


def _added(connector_id: int, definition: ConnectorDefinition) -> Result:
    said = {
        "connector": definition.name,
        "id": connector_id,
        "environment": definition.environment,
        "host": definition.host,
        "port": definition.port,
        "system_id": definition.system_id,
        "window": definition.window_max,
        "rate": definition.rate_per_second,
        "countries": list(definition.countries),
        "price": as_number(definition.price_micro),
    }
    rows = {
        **said,
        "rate": _rate(definition.rate_per_second),
        "countries": ", ".join(definition.countries),
        "price": f"{format_amount(definition.price_micro)} a segment",
    }
    return facts(said, [(title.replace("_", " "), value) for title, value in rows.items()])


def _json_of(connector: ListedConnector) -> dict[str, object]:
    return {
        "connector": connector.name,
        "id": connector.connector_id,
        "environment": connector.environment,
        "kind": connector.kind,
        "host": connector.host,
        "port": connector.port,
        "system_id": connector.system_id,
        "window": connector.window_max,
        "rate": connector.rate_per_second,
        "enabled": connector.enabled,
        "links": list(connector.link_states),
        "routes": [
            {"country": route.country, "rank": route.rank, "price": as_number(route.price_micro)}
            for route in connector.routes
        ],
    }


def _row_of(connector: ListedConnector) -> tuple[object, ...]:
    links = ", ".join(connector.link_states) or "none yet"
    return (
        connector.environment,
        connector.name,
        _carrier(connector),
        connector.window_max,
        _rate(connector.rate_per_second),
        links if connector.enabled else "disabled",
        "\n".join(
            f"{route.country}: {format_amount(route.price_micro)}" for route in connector.routes
        ),
    )


def _carrier(connector: ListedConnector) -> str:
    if not connector.host:
        return connector.kind
    return f"{connector.system_id} @ {connector.host}:{connector.port}"


def _rate(per_second: int) -> str:
    return f"{per_second}/s" if per_second else "unlimited"
