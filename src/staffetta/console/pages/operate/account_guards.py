"""What guards an account in one environment: where it may send, how often, for how much a day."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
from staffetta.console.pages.operate.account_place import (
    NO_TROUBLE,
    Trouble,
    operated_place,
    tab_page,
)
from staffetta.console.parts import ConsoleParts
from staffetta.console.rendering import PageRequest
from staffetta.domain.errors import InvalidCallback
from staffetta.domain.money import InvalidAmount, format_amount, parse_typed_amount
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
_NOT_A_RATE: Final = mark(
    "Write how many, 1,000,000 at most, in how many seconds of a day, like 5/600."
)
_NO_URL: Final = mark("Write an absolute http or https address without a user name.")
_NO_RETRY: Final = mark("Write a whole number from 0 to 5.")
_NO_COUNTRIES: Final = mark("Write ISO 3166 codes of countries, like IT, FR.")
_NO_CAP: Final = mark("Write an amount of 0 or more, like 100 or 0.50.")
_NO_THRESHOLD: Final = mark("Write an amount above 0, like 100 or 0.50.")
_MEANWHILE: Final = mark(
    "Somebody changed this meanwhile: look at what holds now, then set it again."
)
_WAS: Final = "was_"  # begins the fields that say what a page showed
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
        """Set those that were typed another way than they were shown."""
        typed = _typed(await read_form(request))
        terms, wallet, problems = _read(typed)
        if problems:
            trouble = Trouble(typed.changed, problems)
            return await _page(parts, request, account_id, environment, trouble)
        try:
            where = await _set(
                parts, request, account_id, environment, "guard.set", terms, wallet, typed
            )
        except _NotSet as error:
            trouble = Trouble(typed.changed, error.problems)
            return await _page(parts, request, account_id, environment, trouble)
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


@dataclass(frozen=True, slots=True)
class _Typed:
    """The guards that were typed another way than the page showed them, and how it did."""

    changed: Mapping[str, str]
    shown: Mapping[str, str]

    def changed_meanwhile(self, current: Mapping[str, str]) -> dict[str, str]:
        """Why what was typed is not set, by field: it was meant to change what holds no more."""
        return {
            name: _MEANWHILE
            for name, text in self.changed.items()
            if current[name] not in (self.shown[name], text)
        }


_NOTHING_TYPED: Final = _Typed({}, {})


class _NotSet(Exception):
    """Why, by field; nothing was changed."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


def _typed(form: Form) -> _Typed:
    """What a form changes. What it leaves as it was shown may be another way by now."""
    names = [name for name in (*_TERMS, *_WALLET) if name in form.fields]
    shown = {name: form.text(f"{_WAS}{name}") for name in names}
    texts = {name: form.text(name) for name in names}
    return _Typed({name: text for name, text in texts.items() if text != shown[name]}, shown)


async def _set(
    parts: ConsoleParts,
    request: PageRequest,
    account_id: int,
    environment: str,
    action: str,
    terms: TermsChanges,
    wallet: WalletGuardChanges,
    typed: _Typed = _NOTHING_TYPED,
) -> str:
    """Set the guards, and note what changed; answers where they are shown. Raises _NotSet."""
    now = parts.clock.now()
    async with parts.database.transaction() as connection:
        place = await operated_place(connection, parts, account_id, environment)
        space = place.facts.space
        before = _written(
            place.facts.terms, await read_wallet_guards(connection, space.space_id, now)
        )
        if problems := typed.changed_meanwhile(before):
            raise _NotSet(problems)
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
        "operate/account_guards.html",
        trouble=Trouble({**written, **trouble.typed}, trouble.problems),
        done=_DONE,
        wallet=wallet,
        shown={f"{_WAS}{name}": text for name, text in written.items()},
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
        raise ValueError(text)
    return Allowance(int(parts[1]), int(parts[2]))


def _read_url(text: str) -> str | None:
    if not text:
        return None
    try:
        lane_host(text)
    except InvalidCallback:
        raise ValueError(text) from None
    return text


def _read_retry(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise ValueError(text)
    return int(text)


def _read_amount(text: str) -> int | None:
    return parse_typed_amount(text) if text else None


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


# What is wrong with a field that cannot be read, or not be set.
_WRONG: Final[Mapping[str, str]] = {
    "countries_allowed": _NO_COUNTRIES,
    "otp_per_recipient": _NOT_A_RATE,
    "otp_per_prefix": _NOT_A_RATE,
    "otp_per_account": _NOT_A_RATE,
    "alert_url": _NO_URL,
    "callback_retry": _NO_RETRY,
    "day_spend_max_micro": _NO_CAP,
    "alert_below_micro": _NO_THRESHOLD,
}


def _read(typed: _Typed) -> tuple[TermsChanges, WalletGuardChanges, dict[str, str]]:
    """What a form sets, and what is wrong in it, by field."""
    problems: dict[str, str] = {}
    terms, wallet = TermsChanges(), WalletGuardChanges()
    for name, text in typed.changed.items():
        try:
            if name in _TERMS:
                terms = msgspec.structs.replace(terms, **{name: _TERMS[name](text)})
            else:
                wallet = msgspec.structs.replace(wallet, **{name: _WALLET[name](text)})
        except (ValueError, InvalidTerms, InvalidAmount, InvalidWalletGuard):
            problems[name] = _WRONG[name]
    return terms, wallet, problems
