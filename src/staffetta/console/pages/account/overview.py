"""An account's overview: whether it works, in numbers and charts that stay up to date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.usage import RequestError, UsageReader
from staffetta.console.causes import ADVICE, WORDS
from staffetta.console.figures import Figures
from staffetta.console.guards import for_accounts
from staffetta.console.languages import mark
from staffetta.console.pages.account.overview_reasons import reasons_of, refusals_of
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import Place, account_page, place_of
from staffetta.console.rendering import PageRequest
from staffetta.db.errors import DatabaseError, TryAgain
from staffetta.domain.errors import NotAcceptingNow
from staffetta.ledger.money_reader import MoneyReader, MoneyStep
from staffetta.ledger.read_wallet import read_wallet
from staffetta.messaging.read_traffic import TrafficReader, has_traffic
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
_AGAIN_SECONDS_WHILE_COUNTING: Final = 3
_WELL_SHARE: Final = 0.95  # of what has ended, delivered
_COUNTRIES_SHOWN: Final = 12
_REFUSALS_COUNTED: Final = 500  # the newest
_TOO_MUCH: Final = mark(
    "Counting this took too long. Choose a shorter time, or try again in a moment."
)


def overview_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""
    readers = _Readers(TrafficReader(parts.reports, parts.clock), MoneyReader(parts.clock))

    @get("/{environment:str}/overview", guards=[for_accounts])
    async def overview(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """The page, for a time that is chosen."""
        place = await place_of(parts, request, environment)
        shown = await _shown(parts, readers, request, place)
        return account_page(request, place, "account/overview.html", **shown)

    @get("/{environment:str}/overview/numbers", guards=[for_accounts])
    async def numbers(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """The numbers alone, for a page that looks again."""
        place = await place_of(parts, request, environment)
        shown = await _shown(parts, readers, request, place)
        return account_page(request, place, "account/overview_numbers.html", **shown)

    return [overview, numbers]


@dataclass(frozen=True, slots=True)
class _Readers:
    """What remembers what it read."""

    traffic: TrafficReader
    money: MoneyReader


async def _shown(
    parts: ConsoleParts, readers: _Readers, request: PageRequest, place: Place
) -> dict[str, Any]:
    """Everything that the page and its parts show; where it cannot be counted, why."""
    asked = request.query_params.get("window", "")
    window = Window(asked) if asked in set(Window) else Window.DAY
    shown: dict[str, Any] = {
        "section": SECTION,
        "window": window,
        "windows": _NAMES,
        "again_seconds": _AGAIN_SECONDS[window],
        "figures": Figures(request.user.language),
        "problem": "",
        "traffic": None,
        "is_new": False,
    }
    now = parts.clock.now()
    try:
        traffic = await readers.traffic.read(place.space_id, window, now)
        money = await _money(parts, readers.money, place, traffic, now)
        refused = await UsageReader(parts.reports).errors(place.space_id, limit=_REFUSALS_COUNTED)
    except (DatabaseError, NotAcceptingNow):
        return {**shown, "problem": _TOO_MUCH}
    if traffic.missing_count or money["spent_micro"] is None:
        shown["again_seconds"] = _AGAIN_SECONDS_WHILE_COUNTING
    return {**shown, **money, **_of_traffic(traffic), **_of_refusals(refused, traffic)}


def _of_refusals(refused: Sequence[RequestError], traffic: Traffic) -> dict[str, Any]:
    """The kinds of refusals in this time; where the newest are all of it, there may be more."""
    found = [one for one in refused if one.at >= traffic.span.begin]
    return {
        "refusals": refusals_of(found),
        "are_refusals_cut": len(found) == _REFUSALS_COUNTED,
        "refusals_counted": _REFUSALS_COUNTED,
    }


def _of_traffic(traffic: Traffic) -> dict[str, Any]:
    share = traffic.counts.delivered_share
    return {
        "traffic": traffic,
        "is_well": share is not None and share >= _WELL_SHARE,
        "countries": traffic.countries[:_COUNTRIES_SHOWN],
        "countries_left": len(traffic.countries[_COUNTRIES_SHOWN:]),
        "reasons": reasons_of(traffic.troubles),
        "cause_words": WORDS,
        "cause_advice": ADVICE,
    }


async def _money(
    parts: ConsoleParts, reader: MoneyReader, place: Place, traffic: Traffic, now: datetime
) -> dict[str, Any]:
    """What is shown of the money; and whether anything was sent at all."""
    starts = traffic.span.starts
    async with parts.reports.acquire() as connection:
        wallet = await read_wallet(connection, place.space_id)
        is_new = traffic.counts.total == 0 and not await has_traffic(connection, place.space_id)
    try:
        async with parts.reports.acquire() as connection:
            steps = await reader.read(connection, place.space_id, starts, now)
    except TryAgain:  # one step is too much to read: what was sent is shown all the same
        steps = [MoneyStep(start, None, None) for start in starts]
    return {
        "available_micro": wallet.available_micro if wallet else 0,
        "money": steps,
        "spent_micro": _sum([step.spent_micro for step in steps]),
        "is_new": is_new,
    }


def _sum(amounts: Sequence[int | None]) -> int | None:
    """None while one of them is not known."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if len(known) == len(amounts) else None
