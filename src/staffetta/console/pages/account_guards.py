"""What guards an account in one environment: where it may send, how often, for how much a day."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.audit import record
from staffetta.accounts.errors import InvalidTerms
from staffetta.accounts.set_terms import DEFAULTS_AGAIN, TermsChanges, set_terms
from staffetta.accounts.terms import Allowance, Terms
from staffetta.callbacks.target import lane_host
from staffetta.console.acting import actor_of
from staffetta.console.forms import Form, lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark
from staffetta.console.pages.account_place import (
    NO_TROUBLE,
    Trouble,
    operated_place,
    tab_page,
)
from staffetta.console.parts import ConsoleParts
from staffetta.console.rendering import PageRequest
from staffetta.domain.errors import InvalidCallback
from staffetta.domain.money import InvalidAmount, format_amount, parse_amount
from staffetta.ledger.errors import InvalidWalletGuard
from staffetta.ledger.wallet_guards import (
    NO_WALLET_GUARDS,
    WalletGuardChanges,
    WalletGuards,
    read_wallet_guards,
    set_wallet_guards,
)

_GUARDS: Final = "/operate/accounts/{account_id:int}/guards/{environment:str}"
TAB: Final = "/guards"
_RATE: Final = re.compile(r"(\d{1,9})\s*/\s*(\d{1,9})", re.ASCII)
_NO_RATE: Final = Allowance(0, 1)
_NOT_A_RATE: Final = "write how many in how many seconds, like 5/600; nothing lets all through"
_NO_URL: Final = "write an absolute http or https address without a user name"
_DONE: Final = {
    "set": mark("The guards are set; running servers obey within about a second."),
    "reset": mark("The guards are what every account begins with."),
}


def account_guard_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get(_GUARDS, guards=[for_operators])
    async def guards(
        request: PageRequest, account_id: FromPath[int], environment: FromPath[str]
    ) -> Response[Any]:
        """What guards the account, and where its wallet stands today."""
        return await _page(parts, request, account_id, environment)

    @post(_GUARDS, guards=[for_operators], status_code=200)
    async def change(
        request: PageRequest, account_id: FromPath[int], environment: FromPath[str]
    ) -> Response[Any]:
        """Set all of them."""
        form = await read_form(request)
        terms, wallet, problems = _read(form)
        if problems:
            trouble = Trouble({name: form.text(name) for name in (*_TERMS, *_WALLET)}, problems)
            return await _page(parts, request, account_id, environment, trouble)
        where = await _set(parts, request, account_id, environment, "guard.set", terms, wallet)
        return lead_to(where, "set")

    @post(f"{_GUARDS}/reset", guards=[for_operators], status_code=200)
    async def reset(
        request: PageRequest, account_id: FromPath[int], environment: FromPath[str]
    ) -> Response[Any]:
        """Go back to what every account begins with."""
        where = await _set(
            parts,
            request,
            account_id,
            environment,
            "guard.reset",
            DEFAULTS_AGAIN,
            NO_WALLET_GUARDS,
        )
        return lead_to(where, "reset")

    return [guards, change, reset]


async def _set(
    parts: ConsoleParts,
    request: PageRequest,
    account_id: int,
    environment: str,
    action: str,
    terms: TermsChanges,
    wallet: WalletGuardChanges,
) -> str:
    """Set the guards, and note what changed; answers where they are shown."""
    now = parts.clock.now()
    async with parts.database.transaction() as connection:
        place = await operated_place(connection, parts, account_id, environment)
        space = place.facts.space
        before = _written(
            place.facts.terms, await read_wallet_guards(connection, space.space_id, now)
        )
        # The wallet first: acceptance may lock a space after its wallet, to block it.
        await set_wallet_guards(connection, space.space_id, wallet)
        set_now = await set_terms(connection, space.space_id, terms)
        after = _written(set_now, await read_wallet_guards(connection, space.space_id, now))
        changed = {name: text or "none" for name, text in after.items() if text != before[name]}
        if changed:
            await record(connection, actor_of(request), action, space, changed, now)
    return place.path(TAB)


async def _page(
    parts: ConsoleParts,
    request: PageRequest,
    account_id: int,
    environment: str,
    trouble: Trouble = NO_TROUBLE,
) -> Response[Any]:
    async with parts.database.acquire() as connection:
        place = await operated_place(connection, parts, account_id, environment)
        wallet = await read_wallet_guards(connection, place.facts.space.space_id, parts.clock.now())
    written = _written(place.facts.terms, wallet)
    return tab_page(
        request,
        place,
        TAB,
        "account_guards.html",
        trouble=Trouble({**written, **trouble.typed}, trouble.problems),
        done=_DONE,
        wallet=wallet,
    )


def _written(terms: Terms, wallet: WalletGuards) -> dict[str, str]:
    """The guards as the form's fields write them; "" is no guard."""
    countries = terms.countries_allowed
    return {
        "countries_allowed": "" if countries is None else ", ".join(sorted(countries)),
        "otp_per_recipient": _rate(terms.otp_per_recipient),
        "otp_per_prefix": _rate(terms.otp_per_prefix),
        "otp_per_account": _rate(terms.otp_per_account),
        "day_spend_max_micro": _amount(wallet.day_spend_max_micro),
        "alert_below_micro": _amount(wallet.alert_below_micro),
        "alert_url": terms.alert_url or "",
        "callback_retry": str(terms.callback_retry),
    }


def _rate(allowance: Allowance) -> str:
    return f"{allowance.count}/{allowance.seconds}" if allowance.count else ""


def _amount(micro: int | None) -> str:
    return "" if micro is None else format_amount(micro)


def _read_countries(text: str) -> frozenset[str] | None:
    codes = frozenset(code.upper() for code in re.split(r"[\s,;]+", text) if code)
    return codes or None


def _read_allowance(text: str) -> Allowance:
    if not text:
        return _NO_RATE
    parts = _RATE.fullmatch(text)
    if parts is None:
        raise ValueError(_NOT_A_RATE)
    return Allowance(int(parts[1]), int(parts[2]))


def _read_url(text: str) -> str | None:
    if not text:
        return None
    try:
        lane_host(text)
    except InvalidCallback:
        raise ValueError(_NO_URL) from None
    return text


def _read_retry(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


def _read_amount(text: str) -> int | None:
    return parse_amount(text) if text else None


# The form's fields, by the names of what they change.
_TERMS: Final[Mapping[str, Callable[[str], object]]] = {
    "countries_allowed": _read_countries,
    "otp_per_recipient": _read_allowance,
    "otp_per_prefix": _read_allowance,
    "otp_per_account": _read_allowance,
    "alert_url": _read_url,
    "callback_retry": _read_retry,
}
_WALLET: Final[Mapping[str, Callable[[str], int | None]]] = {
    "day_spend_max_micro": _read_amount,
    "alert_below_micro": _read_amount,
}


def _read(form: Form) -> tuple[TermsChanges, WalletGuardChanges, dict[str, str]]:
    """What a form sets, and what is wrong in it, by field."""
    problems: dict[str, str] = {}
    terms, wallet = TermsChanges(), WalletGuardChanges()
    for name, read in _TERMS.items():
        try:
            terms = msgspec.structs.replace(terms, **{name: read(form.text(name))})
        except (ValueError, InvalidTerms) as error:
            problems[name] = str(error)
    for name, read_money in _WALLET.items():
        try:
            wallet = msgspec.structs.replace(wallet, **{name: read_money(form.text(name))})
        except (InvalidAmount, InvalidWalletGuard) as error:
            problems[name] = str(error)
    return terms, wallet, problems
