"""`staffetta bundle`: prepaid segments of an account."""

from datetime import datetime
from typing import Annotated, Final

import typer

from staffetta.accounts.audit import record
from staffetta.accounts.email import Email as Address
from staffetta.accounts.space import Space, find_space
from staffetta.cli.actor import whoever_commands
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson, ForEnvironment, Whose, amount_micro
from staffetta.cli.output import Column, Result, facts, local_time, show
from staffetta.domain.countries import InvalidCountry, parse_country
from staffetta.domain.environments import Environment, Market
from staffetta.domain.ids import IdMaker
from staffetta.domain.money import as_number, format_amount
from staffetta.ledger.bundle import PERIOD_DAYS_MAX, SEGMENTS_MAX, Bundle, BundleTerms
from staffetta.ledger.sell_bundle import buy_bundle, end_bundle, list_bundles

app = typer.Typer(no_args_is_help=True, help="Sell, list and end bundles of prepaid segments.")

_COLUMNS: Final = (
    Column("bundle", "right", whole=True),
    Column("name"),
    Column("for"),
    Column("left", "right", whole=True),
    Column("segments", "right", whole=True),
    Column("price", "right", whole=True),
    Column("days", "right"),
    Column("renews"),
    Column("ends"),
    Column("state"),
)


@app.command()
def add(
    email: Whose,
    segments: Annotated[
        int, typer.Option("--segments", help="How many, of one period.", min=1, max=SEGMENTS_MAX)
    ],
    price: Annotated[str, typer.Option("--price", help="What a period costs, like 10.00.")],
    environment: ForEnvironment = Environment.PRODUCTION,
    market: Annotated[
        Market | None,
        typer.Option("--market", help="Only for this market; one-time passwords are WW."),
    ] = None,
    country: Annotated[
        str | None, typer.Option("--country", help="Only for numbers of this ISO 3166 country.")
    ] = None,
    days: Annotated[
        int, typer.Option("--days", help="How long a period is.", min=1, max=PERIOD_DAYS_MAX)
    ] = 30,
    autorenew: Annotated[
        bool, typer.Option("--autorenew", help="At its end begin another period, and charge it.")
    ] = False,
    name: Annotated[str, typer.Option("--name", help="What you will know it by.")] = "",
    as_json: AsJson = False,
) -> None:
    """Sell an account a bundle: its wallet is charged now, and messages use it from now on.

    Example: staffetta bundle add anna@example.com --segments 1000 --price 25 --autorenew
    """
    address = Address.parse(email)
    terms = BundleTerms(
        segment_count=segments,
        price_micro=amount_micro(price, option="--price"),
        period_days=days,
        market=market,
        country=_country(country),
        autorenew=autorenew,
        name=name,
    )

    async def work(parts: Opened) -> Result:
        async with parts.database.transaction() as connection:
            space = await find_space(connection, address, environment)
            bundle = await buy_bundle(connection, space.space_id, terms, IdMaker(), parts.now)
            details = {
                "bundle": bundle.id,
                "segments": bundle.segment_count,
                "price": as_number(bundle.price_micro),
                "autorenew": bundle.autorenew,
            }
            await record(connection, whoever_commands(), "bundle.add", space, details, parts.now)
        return _one(space, bundle, parts.now)

    show(with_everything_open(work), as_json=as_json)


@app.command("list")
def list_(
    email: Whose,
    environment: ForEnvironment = Environment.PRODUCTION,
    as_json: AsJson = False,
) -> None:
    """Show an account's bundles, those that are over included, newest first.

    Example: staffetta bundle list anna@example.com
    """
    address = Address.parse(email)

    async def work(parts: Opened) -> Result:
        async with parts.database.transaction() as connection:
            space = await find_space(connection, address, environment)
            bundles = await list_bundles(connection, space.space_id)
        note = "" if bundles else "There is no bundle yet: `staffetta bundle add --help`."
        return Result(
            [_json_of(bundle, parts.now) for bundle in bundles],
            _COLUMNS,
            [_row_of(bundle, parts.now) for bundle in bundles],
            note,
        )

    show(with_everything_open(work), as_json=as_json)


@app.command()
def end(
    email: Whose,
    bundle_id: Annotated[int, typer.Argument(metavar="ID", help="The bundle's number.", min=1)],
    reason: Annotated[str, typer.Option("--reason", help="Why, for whoever looks later.")],
    environment: ForEnvironment = Environment.PRODUCTION,
    as_json: AsJson = False,
) -> None:
    """End a bundle before its time. Nothing is paid back, and what is left of it is gone.

    Example: staffetta bundle end anna@example.com 7 --reason "sold by mistake"
    """
    address = Address.parse(email)

    async def work(parts: Opened) -> Result:
        async with parts.database.transaction() as connection:
            space = await find_space(connection, address, environment)
            bundle = await end_bundle(connection, space.space_id, bundle_id, reason, parts.now)
            details = {"bundle": bundle_id, "reason": reason}
            await record(connection, whoever_commands(), "bundle.end", space, details, parts.now)
        return _one(space, bundle, parts.now)

    show(with_everything_open(work), as_json=as_json)


def _country(text: str | None) -> str | None:
    try:
        return None if text is None else parse_country(text)
    except InvalidCountry as error:
        raise typer.BadParameter(str(error), param_hint="--country") from None


def _one(space: Space, bundle: Bundle, now: datetime) -> Result:
    said = {"account": space.email, "environment": space.environment, **_json_of(bundle, now)}
    titles = [column.title for column in _COLUMNS]
    pairs = [
        ("account", space.email),
        ("environment", space.environment),
        *zip(titles, _row_of(bundle, now), strict=True),
    ]
    return facts(said, pairs)


def _json_of(bundle: Bundle, now: datetime) -> dict[str, object]:
    return {
        "bundle": bundle.id,
        "name": bundle.name,
        "market": bundle.market,
        "country": bundle.country,
        "segments": bundle.segment_count,
        "available": bundle.available_count(now),
        "price": as_number(bundle.price_micro),
        "days": bundle.period_days,
        "period": bundle.period,
        "autorenew": bundle.autorenew,
        "starts": bundle.starts_at.isoformat(),
        "ends": bundle.ends_at.isoformat(),
        "ended": None if bundle.ended_at is None else bundle.ended_at.isoformat(),
        "reason": bundle.ended_reason,
    }


def _row_of(bundle: Bundle, now: datetime) -> tuple[object, ...]:
    return (
        bundle.id,
        bundle.name,
        _scope(bundle),
        bundle.available_count(now),
        bundle.segment_count,
        format_amount(bundle.price_micro),
        bundle.period_days,
        "yes" if bundle.autorenew else "no",
        local_time(bundle.ended_at or bundle.ends_at),
        _state(bundle, now),
    )


def _scope(bundle: Bundle) -> str:
    market = "every market" if bundle.market is None else f"market {bundle.market}"
    return market if bundle.country is None else f"{market}, numbers of {bundle.country}"


def _state(bundle: Bundle, now: datetime) -> str:
    if bundle.ended_at is not None:
        return f"over: {bundle.ended_reason}"
    if not bundle.is_active(now):
        return "its period is over"  # housekeeping has not looked yet
    return "active" if bundle.remaining_count else "used up"
