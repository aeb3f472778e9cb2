"""An account's money in one environment: topped up, lent, and what moved it last."""

from datetime import date, timedelta
from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.audit import record, was_obeyed
from staffetta.console.acting import actor_of, number_of_once
from staffetta.console.forms import Form, lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark
from staffetta.console.pages.operate.account_place import (
    NO_TROUBLE,
    OperatedPlace,
    Trouble,
    operated_place,
    tab_page,
    trouble_of,
)
from staffetta.console.parts import ConsoleParts
from staffetta.console.refused import Refused
from staffetta.console.rendering import PageRequest
from staffetta.db.pool import Connection
from staffetta.domain.money import InvalidAmount, as_number, parse_typed_amount
from staffetta.ledger.credit_limit import list_limit_changes, set_credit_limit
from staffetta.ledger.errors import InvalidCreditLimit, LimitBelowDebt
from staffetta.ledger.read_wallet import read_wallet
from staffetta.ledger.sell_bundle import list_bundles
from staffetta.ledger.topup import NOTE_CHARACTERS_MAX, top_up
from staffetta.ledger.transactions import list_transactions

MONEY: Final = "/operate/accounts/{account_id:int}/money/{environment:str}"
TAB: Final = "/money"
_TOP_UP_FIELDS: Final = ("amount", "note")
_ENTRIES_SHOWN: Final = 10
_MONTHS_OFFERED: Final = 13
NO_AMOUNT: Final = mark("Write an amount like 10 or 0.035, with six decimals at most.")
_NOTHING_TO_DO: Final = mark("An amount of nothing changes nothing.")
_NO_NOTE: Final = mark("A note has at most 200 characters, all of them printable.")
_NO_LIMIT: Final = mark("A limit is 0 or more, and its reason has at most 200 characters.")
_BELOW_DEBT: Final = mark("The account owes more than this already.")
DONE: Final = {
    "topup": mark("The money is in the wallet."),
    "again": mark("This form was obeyed already: nothing was done twice."),
    "limit": mark("The credit limit is set."),
    "sold": mark("The bundle is sold: messages use it from now on."),
    "ended": mark("The bundle has ended."),
}


def account_money_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get(MONEY, guards=[for_operators])
    async def money(
        request: PageRequest, account_id: FromPath[int], environment: FromPath[str]
    ) -> Response[Any]:
        """The wallet, its last entries, its limits and its bundles."""
        return await money_page(parts, request, account_id, environment)

    @post(f"{MONEY}/check", guards=[for_operators], status_code=200)
    async def check(
        request: PageRequest, account_id: FromPath[int], environment: FromPath[str]
    ) -> Response[Any]:
        """Say exactly what a top-up would do, before it is done."""
        return await _check(parts, request, account_id, environment)

    @post(f"{MONEY}/topup", guards=[for_operators], status_code=200)
    async def pay_in(
        request: PageRequest, account_id: FromPath[int], environment: FromPath[str]
    ) -> Response[Any]:
        """Move the money, once for each form."""
        return await _pay_in(parts, request, account_id, environment)

    @post(f"{MONEY}/limit", guards=[for_operators], status_code=200)
    async def limit(
        request: PageRequest, account_id: FromPath[int], environment: FromPath[str]
    ) -> Response[Any]:
        """Let the wallet go below nothing, or not any more."""
        return await _limit(parts, request, account_id, environment)

    return [money, check, pay_in, limit]


async def _check(
    parts: ConsoleParts, request: PageRequest, account_id: int, environment: str
) -> Response[Any]:
    """Who comes back to the first form sends the same number again: it was obeyed, or was not."""
    form = await read_form(request)
    try:
        amount_micro, note = _top_up_of(form)
        number = number_of_once(form)
    except Refused as refused:
        trouble = trouble_of(form, _TOP_UP_FIELDS, refused)
        return await money_page(parts, request, account_id, environment, trouble)
    async with parts.database.transaction() as connection:
        place = await operated_place(connection, parts, account_id, environment)
        if await was_obeyed(connection, place.account, number):
            return lead_to(place.path(TAB), "again")
        wallet = await read_wallet(connection, place.facts.space.space_id)
    return tab_page(
        request,
        place,
        TAB,
        "operate/account_top_up.html",
        once=number,
        amount=form.text("amount"),
        amount_micro=amount_micro,
        note=note,
        wallet=wallet,
    )


async def _pay_in(
    parts: ConsoleParts, request: PageRequest, account_id: int, environment: str
) -> Response[Any]:
    form = await read_form(request)
    try:
        amount_micro, note = _top_up_of(form)
        number = number_of_once(form)
    except Refused as refused:
        trouble = trouble_of(form, _TOP_UP_FIELDS, refused)
        return await money_page(parts, request, account_id, environment, trouble)
    now = parts.clock.now()
    async with parts.database.transaction() as connection:
        place = await operated_place(connection, parts, account_id, environment)
        space = place.facts.space
        if await was_obeyed(connection, place.account, number):
            return lead_to(place.path(TAB), "again")
        await top_up(connection, space.space_id, amount_micro, note, now)
        details = {"amount": as_number(amount_micro), "note": note}
        await record(connection, actor_of(request), "topup", space, details, now, form=number)
    return lead_to(place.path(TAB), "topup")


async def _limit(
    parts: ConsoleParts, request: PageRequest, account_id: int, environment: str
) -> Response[Any]:
    form = await read_form(request)
    try:
        async with parts.database.transaction() as connection:
            place = await operated_place(connection, parts, account_id, environment)
            await _set_limit(parts, request, connection, place, form)
    except Refused as refused:
        trouble = trouble_of(form, ("limit", "limit_note"), refused)
        return await money_page(
            parts, request, account_id, environment, trouble, may_force=refused.may_force
        )
    return lead_to(place.path(TAB), "limit")


def _top_up_of(form: Form) -> tuple[int, str]:
    """The amount and the note of a top-up; raises Refused."""
    try:
        amount_micro = parse_typed_amount(form.text("amount"))
    except InvalidAmount:
        raise Refused("amount", NO_AMOUNT) from None
    if amount_micro == 0:
        raise Refused("amount", _NOTHING_TO_DO)
    note = form.text("note")
    if len(note) > NOTE_CHARACTERS_MAX or not note.isprintable():
        raise Refused("note", _NO_NOTE)
    return amount_micro, note or "top-up"


async def _set_limit(
    parts: ConsoleParts,
    request: PageRequest,
    connection: Connection,
    place: OperatedPlace,
    form: Form,
) -> None:
    """Set the limit that a form names, and note it; raises Refused."""
    now, space, note = parts.clock.now(), place.facts.space, form.text("limit_note")
    try:
        change = await set_credit_limit(
            connection,
            space.space_id,
            parse_typed_amount(form.text("limit")),
            note,
            now,
            force=form.is_ticked("force"),
        )
    except LimitBelowDebt:
        raise Refused("limit", _BELOW_DEBT, may_force=True) from None
    except InvalidAmount:
        raise Refused("limit", NO_AMOUNT) from None
    except InvalidCreditLimit:
        raise Refused("limit", _NO_LIMIT) from None
    details = {
        "limit": as_number(change.limit_micro),
        "before": as_number(change.limit_before_micro),
        "forced": change.forced,
        "note": note,
    }
    await record(connection, actor_of(request), "limit.set", space, details, now)


async def money_page(
    parts: ConsoleParts,
    request: PageRequest,
    account_id: int,
    environment: str,
    trouble: Trouble = NO_TROUBLE,
    *,
    may_force: bool = False,
) -> Response[Any]:
    """The tab."""
    now = parts.clock.now()
    async with parts.database.acquire() as connection:
        place = await operated_place(connection, parts, account_id, environment)
        space_id = place.facts.space.space_id
        values: dict[str, Any] = {
            "wallet": await read_wallet(connection, space_id),
            "entries": await list_transactions(connection, space_id, 0, _ENTRIES_SHOWN),
            "limits": await list_limit_changes(connection, space_id),
            "bundles": await list_bundles(connection, space_id),
        }
    return tab_page(
        request,
        place,
        TAB,
        "operate/account_money.html",
        trouble=trouble,
        done=DONE,
        may_force=may_force,
        months=_months(now.date()),
        now=now,
        **values,
    )


def _months(today: date) -> list[date]:
    """This month and those before it."""
    months = [today.replace(day=1)]
    while len(months) < _MONTHS_OFFERED:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months
