"""`staffetta connector route`: where a connector leads, and at what price."""

from enum import StrEnum
from typing import Annotated, Final

import typer

from staffetta.cli.connector_parts import InEnvironment, Name, note
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson, amount_micro
from staffetta.cli.output import Column, Result, show
from staffetta.domain.money import as_number, format_amount
from staffetta.routing.change_connector import StoredConnector, find_connector
from staffetta.routing.connectors import ListedRoute
from staffetta.routing.definition import RANK_MAX, split_countries
from staffetta.routing.edit_routes import list_routes, remove_routes, set_routes

_COLUMNS: Final = (
    Column("country"),
    Column("rank", "right"),
    Column("price a segment", "right"),
)


class RouteAction(StrEnum):
    """What to do with a route."""

    ADD = "add"
    REMOVE = "remove"


def route(
    name: Name,
    action: Annotated[RouteAction, typer.Argument(help="add (or change), or remove.")],
    countries: Annotated[
        str, typer.Argument(metavar="COUNTRY", help="ISO 3166 codes like IT,ES, or * for all.")
    ],
    price: Annotated[
        str | None, typer.Option("--price", help="What accounts pay a segment, like 0.03.")
    ] = None,
    rank: Annotated[
        int | None,
        typer.Option(
            "--rank", help="Lower goes first; 100 where nothing is said.", min=0, max=RANK_MAX
        ),
    ] = None,
    environment: InEnvironment = None,
    as_json: AsJson = False,
) -> None:
    """Lead to a country, change what that costs or when it is taken, or lead there no more.

    No link is made anew for it. What was accepted keeps its price and its connector.

    Example: staffetta connector route acme add FR,DE --price 0.045 --rank 10

    Example: staffetta connector route acme remove FR
    """
    codes = split_countries(countries)
    if (price is None) == (action is RouteAction.ADD):
        sentence = "a route needs its price" if price is None else "what is removed has no price"
        raise typer.BadParameter(sentence, param_hint="--price")
    price_micro = 0 if price is None else amount_micro(price, option="--price")

    async def work(parts: Opened) -> tuple[StoredConnector, list[ListedRoute]]:
        async with parts.database.transaction() as connection:
            stored = await find_connector(connection, name, environment, to_change=True)
            details: dict[str, object] = {"countries": list(codes)}
            if action is RouteAction.ADD:
                await set_routes(connection, stored, codes, price_micro, rank, parts.now)
                details |= {"price": as_number(price_micro), "rank": rank}
            else:
                await remove_routes(connection, stored, codes)
            await note(parts, connection, f"connector.route_{action}", stored, details)
            return stored, await list_routes(connection, stored.id)

    stored, routes = with_everything_open(work)
    said = {"connector": stored.name, "routes": [json_of_route(one) for one in routes]}
    rows = [(one.country, one.rank, format_amount(one.price_micro)) for one in routes]
    sentence = f"Connector {stored.name} leads there." if routes else "It leads nowhere now."
    show(Result(said, _COLUMNS, rows, sentence), as_json=as_json)


def json_of_route(one: ListedRoute) -> dict[str, object]:
    """A route as JSON tells it."""
    return {"country": one.country, "rank": one.rank, "price": as_number(one.price_micro)}
