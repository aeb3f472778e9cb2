"""Bundles of prepaid segments: sold to an account, sold once more, ended."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.audit import record, was_obeyed
from staffetta.console.acting import actor_of
from staffetta.console.forms import Form, lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.pages.account_money import MONEY, TAB, money_page
from staffetta.console.pages.account_place import (
    Refused,
    Trouble,
    number_of_once,
    operated_place,
    trouble_of,
)
from staffetta.console.parts import ConsoleParts
from staffetta.console.rendering import PageRequest
from staffetta.domain.countries import InvalidCountry, parse_country
from staffetta.domain.environments import Market
from staffetta.domain.ids import IdMaker
from staffetta.domain.money import InvalidAmount, as_number, format_amount, parse_amount
from staffetta.ledger.bundle import Bundle, BundleTerms
from staffetta.ledger.errors import BundleOver, BundleTooDear, InvalidBundle, NoSuchBundle
from staffetta.ledger.sell_bundle import buy_bundle, end_bundle, find_bundle

_FIELDS: Final = ("segments", "price", "days", "market", "country", "autorenew", "bundle_name")
_NUMBER_DIGITS_MAX: Final = 9


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
        now = parts.clock.now()
        try:
            terms, number = _terms_of(form), number_of_once(form)
            async with parts.database.transaction() as connection:
                place = await operated_place(connection, parts, account_id, environment)
                space = place.facts.space
                if await was_obeyed(connection, place.account, number):
                    return lead_to(place.path(TAB), "again")
                bundle = await buy_bundle(connection, space.space_id, terms, IdMaker(), now)
                details = {
                    "bundle": bundle.id,
                    "segments": bundle.segment_count,
                    "price": as_number(bundle.price_micro),
                    "autorenew": bundle.autorenew,
                }
                actor = actor_of(request)
                await record(connection, actor, "bundle.add", space, details, now, form=number)
        except (BundleTooDear, InvalidBundle) as error:
            trouble = trouble_of(form, _FIELDS, Refused("bundle", error))
            return await money_page(parts, request, account_id, environment, trouble)
        except Refused as refused:
            trouble = trouble_of(form, _FIELDS, refused)
            return await money_page(parts, request, account_id, environment, trouble)
        return lead_to(place.path(TAB), "sold")

    @post(f"{MONEY}/bundles/{{bundle_id:int}}/end", guards=[for_operators], status_code=200)
    async def end(
        request: PageRequest,
        account_id: FromPath[int],
        environment: FromPath[str],
        bundle_id: FromPath[int],
    ) -> Response[Any]:
        """End a bundle before its time."""
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
            trouble = Trouble({}, {f"end-{bundle_id}": str(error)})
            return await money_page(parts, request, account_id, environment, trouble)
        except NoSuchBundle as error:
            raise NotFoundException(str(error)) from None
        return lead_to(place.path(TAB), "ended")

    return [again, sell, end]


def _terms_of(form: Form) -> BundleTerms:
    """What is to be sold; raises Refused, InvalidBundle."""
    market, country = form.text("market"), form.text("country")
    try:
        price_micro = parse_amount(form.text("price"))
    except InvalidAmount as error:
        raise Refused("price", error) from None
    try:
        country_code = parse_country(country) if country else None
    except InvalidCountry as error:
        raise Refused("country", error) from None
    return BundleTerms(
        segment_count=_whole(form, "segments"),
        price_micro=price_micro,
        period_days=_whole(form, "days"),
        market=Market(market) if market in set(Market) else None,
        country=country_code,
        autorenew=form.is_ticked("autorenew"),
        name=form.text("bundle_name"),
    )


def _whole(form: Form, name: str) -> int:
    text = form.text(name)
    if not (text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS_MAX + 1):
        raise Refused(name, f"{text!r} is not a whole number")
    return int(text)


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
