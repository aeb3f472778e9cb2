"""`staffetta connector`: the ways to carriers."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Final

import typer

from staffetta.accounts.audit import record
from staffetta.cli.actor import whoever_commands
from staffetta.cli.connector_alarms import alarms
from staffetta.cli.connector_change import drain, remove, set_, start, stop, unset
from staffetta.cli.connector_check import check
from staffetta.cli.connector_parts import LongPassword, PasswordEnv, PasswordFile, password_from
from staffetta.cli.connector_pdus import pdus
from staffetta.cli.connector_reports import reports
from staffetta.cli.connector_route import route
from staffetta.cli.connector_show import show_
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson, ForEnvironment, amount_micro
from staffetta.cli.output import Column, Result, facts, show
from staffetta.domain.money import as_number, format_amount
from staffetta.routing.alarms import OpenAlarm, open_alarms
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

app = typer.Typer(
    no_args_is_help=True, help="Add, change, watch and certify connectors, the ways to carriers."
)

_TO_BE_SET: Final = (
    "It has no password: where the carrier gave one,"
    " `staffetta connector set {} --password-file FILE` keeps it."
)
_COLUMNS: Final = (
    Column("environment", whole=True),
    Column("name"),
    Column("carrier"),
    Column("window", "right", whole=True),
    Column("rate", "right", whole=True),
    Column("links"),
    Column("alarms"),
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
    password_file: PasswordFile = None,
    password_env: PasswordEnv = None,
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
    long_password: LongPassword = False,
    stopped: Annotated[
        bool, typer.Option("--stopped", help="Let it not run yet: `connector start` does.")
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
        password=password_from(password_file, password_env) or "",
        countries=split_countries(countries),
        price_micro=amount_micro(price, option="--price"),
        window_max=window,
        rate_per_second=rate,
        long_password=long_password,
        enabled=not stopped,
    )

    async def work(parts: Opened) -> int:
        async with parts.database.transaction() as connection:
            connector_id = await add_connector(connection, parts.keyring, definition, parts.now)
            details = {"connector": name, "environment": environment.value}
            await record(connection, whoever_commands(), "connector.add", None, details, parts.now)
            return connector_id

    show(_added(with_everything_open(work), definition), as_json=as_json)


app.command("show")(show_)
app.command("set")(set_)
app.command()(unset)
app.command()(start)
app.command()(stop)
app.command()(drain)
app.command()(remove)
app.command()(route)
app.command()(alarms)
app.command()(reports)
app.command()(check)
app.command()(pdus)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show every connector with its links, alarms and routes.

    Example: staffetta connector list
    """

    async def work(parts: Opened) -> tuple[list[ListedConnector], list[OpenAlarm]]:
        async with parts.database.transaction(isolation="repeatable_read") as connection:
            return await list_connectors(connection), list(await open_alarms(connection))

    connectors, open_ = with_everything_open(work)
    kinds: dict[int, list[str]] = defaultdict(list)
    for alarm in open_:
        kinds[alarm.connector_id].append(alarm.kind)
    note = "" if connectors else "There is no connector yet: `staffetta connector add --help`."
    show(
        Result(
            [_json_of(one, kinds[one.connector_id]) for one in connectors],
            _COLUMNS,
            [_row_of(one, kinds[one.connector_id]) for one in connectors],
            note,
        ),
        as_json=as_json,
    )


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
        "enabled": definition.enabled,
        "countries": list(definition.countries),
        "price": as_number(definition.price_micro),
    }
    rows = {
        **said,
        "rate": _rate(definition.rate_per_second),
        "enabled": "yes" if definition.enabled else "no: `staffetta connector start` lets it run",
        "countries": ", ".join(definition.countries),
        "price": f"{format_amount(definition.price_micro)} a segment",
    }
    note = "" if definition.password else _TO_BE_SET.format(definition.name)
    return facts(said, [(title.replace("_", " "), value) for title, value in rows.items()], note)


def _json_of(connector: ListedConnector, alarm_kinds: Sequence[str]) -> dict[str, object]:
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
        "alarms": list(alarm_kinds),
        "routes": [
            {"country": route.country, "rank": route.rank, "price": as_number(route.price_micro)}
            for route in connector.routes
        ],
    }


def _row_of(connector: ListedConnector, alarm_kinds: Sequence[str]) -> tuple[object, ...]:
    links = ", ".join(connector.link_states) or "none yet"
    return (
        connector.environment,
        connector.name,
        _carrier(connector),
        connector.window_max,
        _rate(connector.rate_per_second),
        links if connector.enabled else "stopped",
        ", ".join(alarm_kinds),
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
