"""Bundles of prepaid segments: sold to an account, sold once more, ended."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.audit import record, was_obeyed
from staffetta.console.acting import actor_of, number_of_once
from staffetta.console.asked import number_of
from staffetta.console.forms import Form, lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark
from staffetta.console.pages.operate.account_money import MONEY, NO_AMOUNT, TAB, money_page
from staffetta.console.pages.operate.account_place import (
    Trouble,
    operated_place,
    trouble_of,
)
from staffetta.console.parts import ConsoleParts
from staffetta.console.refused import Refused
from staffetta.console.rendering import PageRequest
from staffetta.domain.countries import InvalidCountry, parse_country
from staffetta.domain.environments import Market
from staffetta.domain.ids import IdMaker
from staffetta.domain.money import InvalidAmount, as_number, format_amount, parse_typed_amount
from staffetta.ledger.bundle import (
    NAME_CHARACTERS_MAX,
    PERIOD_DAYS_MAX,
    SEGMENTS_MAX,
    Bundle,
    BundleTerms,
)
from staffetta.ledger.errors import BundleOver, BundleTooDear, InvalidBundle, NoSuchBundle
from staffetta.ledger.sell_bundle import buy_bundle, end_bundle, find_bundle

_FIELDS: Final = ("segments", "price", "days", "market", "country", "autorenew", "bundle_name")
_NO_SEGMENTS: Final = mark("A bundle has 1 to 1,000,000,000 segments: write it without points.")
_NO_DAYS: Final = mark("A period has 1 to 3660 days.")
_NO_COUNTRY: Final = mark("Write the ISO 3166 code of a country, like IT.")
_NO_NAME: Final = mark("A name has at most 60 characters, all of them printable.")
_OTHER_MARKET: Final = mark("This market has no numbers of this country.")
_TOO_DEAR: Final = mark("The wallet has not enough for this.")
_TOO_MANY: Final = mark("The account has as many bundles as it may: end one first.")
_NO_REASON: Final = mark("A reason has 1 to 200 characters, all of them printable.")
_OVER: Final = mark("This bundle has ended already.")


def account_bundle_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get(f"{MONEY}/bundles/{{bundle_id:int}}/again", guards=[for_operators])
    async def again(
        request: PageRequest,
        account_id: FromPath[int],
        environment: FromPath[str],
        bundle_id: FromPath[int],
    ) -> Response[Any]:
        """The form, filled in with what was sold before."""
        async with parts.database.acquire() as connection:
            place = await operated_place(connection, parts, account_id, environment)
            bundle = await find_bundle(connection, place.facts.space.space_id, bundle_id)
        if bundle is None:
            raise NotFoundException(f"the account has no bundle {bundle_id} here")
        trouble = Trouble(_typed_of(bundle))
        return await money_page(parts, request, account_id, environment, trouble)

    @post(f"{MONEY}/bundles", guards=[for_operators], status_code=200)
    async def sell(
        request: PageRequest, account_id: FromPath[int], environment: FromPath[str]
    ) -> Response[Any]:
        """Sell a bundle and charge the wallet, once for each form."""
        form = await read_form(request)
        try:
            return await _sell(parts, request, account_id, environment, form)
        except Refused as refused:
            trouble = trouble_of(form, _FIELDS, refused)
            return await money_page(parts, request, account_id, environment, trouble)

    @post(f"{MONEY}/bundles/{{bundle_id:int}}/end", guards=[for_operators], status_code=200)
    async def end(
        request: PageRequest,
        account_id: FromPath[int],
        environment: FromPath[str],
        bundle_id: FromPath[int],
    ) -> Response[Any]:
        """End a bundle before its time."""
        return await _end(parts, request, account_id, environment, bundle_id)

    return [again, sell, end]


async def _sell(
    parts: ConsoleParts, request: PageRequest, account_id: int, environment: str, form: Form
) -> Response[Any]:
    """Sell what a form says; raises Refused."""
    now = parts.clock.now()
    terms, number = _terms_of(form), number_of_once(form)
    async with parts.database.transaction() as connection:
        place = await operated_place(connection, parts, account_id, environment)
        space = place.facts.space
        if await was_obeyed(connection, place.account, number):
            return lead_to(place.path(TAB), "again")
        try:
            bundle = await buy_bundle(connection, space.space_id, terms, IdMaker(), now)
        except BundleTooDear:
            raise Refused("bundle", _TOO_DEAR) from None
        except InvalidBundle:
            raise Refused("bundle", _TOO_MANY) from None
        details = {
            "bundle": bundle.id,
            "segments": bundle.segment_count,
            "price": as_number(bundle.price_micro),
            "autorenew": bundle.autorenew,
        }
        await record(connection, actor_of(request), "bundle.add", space, details, now, form=number)
    return lead_to(place.path(TAB), "sold")


async def _end(
    parts: ConsoleParts, request: PageRequest, account_id: int, environment: str, bundle_id: int
) -> Response[Any]:
    reason = (await read_form(request)).text("reason")
    now = parts.clock.now()
    try:
        async with parts.database.transaction() as connection:
            place = await operated_place(connection, parts, account_id, environment)
            space = place.facts.space
            await end_bundle(connection, space.space_id, bundle_id, reason, now)
            details = {"bundle": bundle_id, "reason": reason}
            await record(connection, actor_of(request), "bundle.end", space, details, now)
    except (InvalidBundle, BundleOver) as error:
        sentence = _NO_REASON if isinstance(error, InvalidBundle) else _OVER
        trouble = Trouble({}, {f"end-{bundle_id}": sentence})
        return await money_page(parts, request, account_id, environment, trouble)
    except NoSuchBundle as error:
        raise NotFoundException(str(error)) from None
    return lead_to(place.path(TAB), "ended")


def _terms_of(form: Form) -> BundleTerms:
    """What is to be sold; raises Refused."""
    market, country, name = form.text("market"), form.text("country"), form.text("bundle_name")
    try:
        country_code = parse_country(country) if country else None
    except InvalidCountry:
        raise Refused("country", _NO_COUNTRY) from None
    if len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
        raise Refused("bundle", _NO_NAME)
    try:
        return BundleTerms(
            segment_count=_whole(form, "segments", SEGMENTS_MAX, _NO_SEGMENTS),
            price_micro=_price(form),
            period_days=_whole(form, "days", PERIOD_DAYS_MAX, _NO_DAYS),
            market=Market(market) if market in set(Market) else None,
            country=country_code,
            autorenew=form.is_ticked("autorenew"),
            name=name,
        )
    except InvalidBundle:
        raise Refused("country", _OTHER_MARKET) from None


def _price(form: Form) -> int:
    try:
        price_micro = parse_typed_amount(form.text("price"))
    except InvalidAmount:
        raise Refused("price", NO_AMOUNT) from None
    if price_micro < 0:
        raise Refused("price", NO_AMOUNT)
    return price_micro


def _whole(form: Form, name: str, most: int, sentence: str) -> int:
    """A number from 1 to `most`; raises Refused with the sentence."""
    try:
        number = number_of(form.text(name)) or 0
    except ValueError:
        number = 0
    if not 1 <= number <= most:
        raise Refused(name, sentence)
    return number


def _typed_of(bundle: Bundle) -> dict[str, str]:
    """A bundle as the form would have been filled in for it."""
    return {
        "segments": str(bundle.segment_count),
        "price": format_amount(bundle.price_micro),
        "days": str(bundle.period_days),
        "market": bundle.market or "",
        "country": bundle.country or "",
        "autorenew": "yes" if bundle.autorenew else "",
        "bundle_name": bundle.name,
    }
