"""An account's overview: whether it works, in numbers and charts that stay up to date."""

from types import MappingProxyType
from typing import Any, Final

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.console.causes import ADVICE, WORDS
from staffetta.console.guards import for_accounts
from staffetta.console.languages import mark
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import Place, account_page, place_of
from staffetta.console.rendering import PageRequest
from staffetta.db.errors import DatabaseError
from staffetta.domain.errors import NotAcceptingNow
from staffetta.ledger.read_series import read_money_series
from staffetta.ledger.read_wallet import read_wallet
from staffetta.messaging.read_traffic import TrafficReader
from staffetta.messaging.traffic import Traffic, Window

SECTION: Final = "/overview"
_NAMES: Final = MappingProxyType(
    {
        Window.HOUR: mark("last hour"),
        Window.DAY: mark("last day"),
        Window.WEEK: mark("last 7 days"),
        Window.MONTH: mark("last 31 days"),
    }
)
# How often a page that is open looks again.
_AGAIN_SECONDS: Final = MappingProxyType(
    {Window.HOUR: 5, Window.DAY: 15, Window.WEEK: 60, Window.MONTH: 60}
)
_COUNTRIES_SHOWN_MAX: Final = 12
_TROUBLES_SHOWN_MAX: Final = 12
_TOO_MUCH: Final = mark(
    "Counting this took too long. Choose a shorter time, or try again in a moment."
)


def overview_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""
    traffic = TrafficReader(parts.reports, parts.clock)

    @get("/{environment:str}/overview", guards=[for_accounts])
    async def overview(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """The page, for a time that is chosen."""
        place = await place_of(parts, request, environment)
        return account_page(
            request, place, "overview.html", **await _shown(parts, traffic, request, place)
        )

    @get("/{environment:str}/overview/numbers", guards=[for_accounts])
    async def numbers(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """The numbers alone, for a page that looks again."""
        place = await place_of(parts, request, environment)
        return account_page(
            request, place, "overview_numbers.html", **await _shown(parts, traffic, request, place)
        )

    return [overview, numbers]


async def _shown(
    parts: ConsoleParts, reader: TrafficReader, request: PageRequest, place: Place
) -> dict[str, Any]:
    asked = request.query_params.get("window", "")
    window = Window(asked) if asked in set(Window) else Window.DAY
    shown: dict[str, Any] = {
        "section": SECTION,
        "window": window,
        "windows": _NAMES,
        "again_seconds": _AGAIN_SECONDS[window],
        "problem": "",
        "traffic": None,
        "cause_words": WORDS,
        "cause_advice": ADVICE,
    }
    try:
        traffic = await reader.read(place.space_id, window, parts.clock.now())
        money = await _money(parts, place, traffic)
    except (DatabaseError, NotAcceptingNow):
        return {**shown, "problem": _TOO_MUCH}
    return {
        **shown,
        **money,
        "traffic": traffic,
        "countries": traffic.countries[:_COUNTRIES_SHOWN_MAX],
        "troubles": traffic.troubles[:_TROUBLES_SHOWN_MAX],
    }


async def _money(parts: ConsoleParts, place: Place, traffic: Traffic) -> dict[str, Any]:
    async with parts.reports.transaction(isolation="repeatable_read", readonly=True) as connection:
        wallet = await read_wallet(connection, place.space_id)
        steps = await read_money_series(
            connection, place.space_id, traffic.span.starts, traffic.span.end
        )
    return {
        "wallet": wallet,
        "money": steps,
        "spent_micro": sum(step.spent_micro for step in steps),
    }
