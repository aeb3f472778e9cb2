"""`staffetta guard`: what protects an account from itself and from whoever stole its token."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

import msgspec
import typer
from msgspec import UNSET, UnsetType

from staffetta.accounts.audit import record
from staffetta.accounts.email import Email as Address
from staffetta.accounts.set_terms import (
    CALLBACK_RETRY_MAX,
    DEFAULTS_AGAIN,
    TermsChanges,
    read_terms,
    set_terms,
)
from staffetta.accounts.space import Space, find_space
from staffetta.accounts.terms import Allowance, Terms
from staffetta.callbacks.target import lane_host
from staffetta.cli.actor import whoever_commands
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson, ForEnvironment, Whose, amount_micro
from staffetta.cli.output import Result, facts, show
from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment
from staffetta.domain.errors import InvalidCallback
from staffetta.domain.money import as_number, format_amount
from staffetta.ledger.wallet_guards import (
    NO_WALLET_GUARDS,
    WalletGuardChanges,
    WalletGuards,
    read_wallet_guards,
    set_wallet_guards,
)

app = typer.Typer(no_args_is_help=True, help="Show and set what guards an account.")

_RATE: Final = re.compile(r"(\d{1,9})/(\d{1,9})", re.ASCII)
_NONE: Final = "none"
_ALL: Final = "all"
_NO_RATE: Final = Allowance(0, 1)
_RATE_HELP: Final = "One-time passwords {of}, like 5/600 for five in ten minutes, or none."


@dataclass(frozen=True, slots=True)
class _Guards:
    """Everything that guards one space."""

    space: Space
    terms: Terms
    wallet: WalletGuards


@app.command("show")
def show_(
    email: Whose,
    environment: ForEnvironment = Environment.PRODUCTION,
    as_json: AsJson = False,
) -> None:
    """Show what guards an account in one environment, and where its wallet stands today.

    Example: staffetta guard show anna@example.com
    """
    _change(email, environment, TermsChanges(), WalletGuardChanges(), as_json=as_json)


@app.command("set")
def set_(
    email: Whose,
    environment: ForEnvironment = Environment.PRODUCTION,
    countries: Annotated[
        str | None,
        typer.Option("--countries", help="Where it may send: ISO 3166 codes like IT,FR, or all."),
    ] = None,
    otp_per_recipient: Annotated[
        str | None,
        typer.Option("--otp-per-recipient", help=_RATE_HELP.format(of="to one number")),
    ] = None,
    otp_per_prefix: Annotated[
        str | None,
        typer.Option("--otp-per-prefix", help=_RATE_HELP.format(of="to one block of numbers")),
    ] = None,
    otp_per_account: Annotated[
        str | None,
        typer.Option("--otp-per-account", help=_RATE_HELP.format(of="of the whole account")),
    ] = None,
    day_spend_max: Annotated[
        str | None,
        typer.Option("--day-spend-max", help="What messages may cost a UTC day, or none."),
    ] = None,
    alert_below: Annotated[
        str | None,
        typer.Option("--alert-below", help="Tell when less than this is available, or none."),
    ] = None,
    alert_url: Annotated[
        str | None, typer.Option("--alert-url", help="Where to tell it, or none: only in the log.")
    ] = None,
    callback_retry: Annotated[
        int | None,
        typer.Option(
            "--callback-retry",
            help="Repeats of a callback that names no retry.",
            min=0,
            max=CALLBACK_RETRY_MAX,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change what is named, and leave the rest. Running servers obey within about a second.

    Example: staffetta guard set anna@example.com --countries IT,FR --day-spend-max 100
    """
    terms = TermsChanges(
        callback_retry=UNSET if callback_retry is None else callback_retry,
        alert_url=_url(alert_url),
        countries_allowed=_countries(countries),
        otp_per_recipient=_allowance(otp_per_recipient, "--otp-per-recipient"),
        otp_per_prefix=_allowance(otp_per_prefix, "--otp-per-prefix"),
        otp_per_account=_allowance(otp_per_account, "--otp-per-account"),
    )
    wallet = WalletGuardChanges(
        day_spend_max_micro=_amount(day_spend_max, "--day-spend-max"),
        alert_below_micro=_amount(alert_below, "--alert-below"),
    )
    if terms == TermsChanges() and wallet == WalletGuardChanges():
        raise typer.BadParameter("name what is to change; `staffetta guard set --help` lists it")
    _change(email, environment, terms, wallet, "guard.set", as_json=as_json)


@app.command()
def reset(
    email: Whose,
    environment: ForEnvironment = Environment.PRODUCTION,
    as_json: AsJson = False,
) -> None:
    """Go back to what every account begins with: no cap, no alert, the usual rates.

    Example: staffetta guard reset anna@example.com
    """
    _change(email, environment, DEFAULTS_AGAIN, NO_WALLET_GUARDS, "guard.reset", as_json=as_json)


def _change(
    email: str,
    environment: Environment,
    terms: TermsChanges,
    wallet: WalletGuardChanges,
    action: str = "",
    *,
    as_json: bool,
) -> None:
    """Change what is to change, if anything, note it as an action, and show all of it."""
    address = Address.parse(email)

    async def work(parts: Opened) -> Result:
        async with parts.database.transaction() as connection:
            space = await find_space(connection, address, environment)
            # The wallet first: acceptance may lock a space after its wallet, to block it.
            if wallet != WalletGuardChanges():
                await set_wallet_guards(connection, space.space_id, wallet)
            if terms != TermsChanges():
                await set_terms(connection, space.space_id, terms)
            if action:
                details = _noted(terms, wallet)
                await record(connection, whoever_commands(), action, space, details, parts.now)
            return _result(await _read(connection, space, parts.now))

    show(with_everything_open(work), as_json=as_json)


def _noted(terms: TermsChanges, wallet: WalletGuardChanges) -> dict[str, object]:
    """What is set, by the names of the terms and of the wallet's guards."""
    told = {**msgspec.structs.asdict(terms), **msgspec.structs.asdict(wallet)}
    return {
        name: sorted(value) if isinstance(value, frozenset) else msgspec.to_builtins(value)
        for name, value in told.items()
        if value is not UNSET
    }


async def _read(connection: Connection, space: Space, now: datetime) -> _Guards:
    return _Guards(
        space,
        await read_terms(connection, space.space_id),
        await read_wallet_guards(connection, space.space_id, now),
    )


def _amount(text: str | None, option: str) -> int | UnsetType | None:
    if text is None:
        return UNSET
    return None if text == _NONE else amount_micro(text, option=option)


def _allowance(text: str | None, option: str) -> Allowance | UnsetType:
    if text is None:
        return UNSET
    if text == _NONE:
        return _NO_RATE
    parts = _RATE.fullmatch(text)
    if parts is None:
        raise typer.BadParameter(
            f"{text!r} is not a rate: write how many in how many seconds, like 5/600, or none",
            param_hint=option,
        )
    return Allowance(int(parts[1]), int(parts[2]))


def _countries(text: str | None) -> frozenset[str] | UnsetType | None:
    if text is None:
        return UNSET
    if text == _ALL:
        return None
    return frozenset(code.strip().upper() for code in text.split(",") if code.strip())


def _url(text: str | None) -> str | UnsetType | None:
    if text is None:
        return UNSET
    if text == _NONE:
        return None
    try:
        lane_host(text)
    except InvalidCallback:
        raise typer.BadParameter(
            "write an absolute http or https address without a user name, like"
            " https://example.com/low-credit, or none",
            param_hint="--alert-url",
        ) from None
    return text


def _result(guards: _Guards) -> Result:
    space, terms, wallet = guards.space, guards.terms, guards.wallet
    allowed = None if terms.countries_allowed is None else sorted(terms.countries_allowed)
    said = {
        "account": space.email,
        "environment": space.environment,
        "countries": allowed,
        "otp_per_recipient": _rate_json(terms.otp_per_recipient),
        "otp_per_prefix": _rate_json(terms.otp_per_prefix),
        "otp_per_account": _rate_json(terms.otp_per_account),
        "day_spend_max": _number(wallet.day_spend_max_micro),
        "day_spent": as_number(wallet.day_spent_micro),
        "held": as_number(wallet.held_micro),
        "alert_below": _number(wallet.alert_below_micro),
        "available": as_number(wallet.available_micro),
        "alert_url": terms.alert_url,
        "callback_retry": terms.callback_retry,
        "currency": space.currency,
    }
    pairs = [
        ("account", space.email),
        ("environment", space.environment),
        ("countries", _ALL if allowed is None else ", ".join(allowed)),
        ("one-time passwords to one number", _rate(terms.otp_per_recipient)),
        ("to one block of numbers", _rate(terms.otp_per_prefix)),
        ("of the whole account", _rate(terms.otp_per_account)),
        ("day's spending, at most", _money(wallet.day_spend_max_micro, space)),
        ("spent today", _money(wallet.day_spent_micro, space)),
        ("held", _money(wallet.held_micro, space)),
        ("alert below", _money(wallet.alert_below_micro, space)),
        ("available", _money(wallet.available_micro, space)),
        ("alert to", terms.alert_url or "the log alone"),
        ("repeats of a callback", terms.callback_retry),
    ]
    return facts(said, pairs)


def _rate_json(allowance: Allowance) -> dict[str, int] | None:
    if allowance.count == 0:
        return None
    return {"count": allowance.count, "seconds": allowance.seconds}


def _rate(allowance: Allowance) -> str:
    return f"{allowance.count} in {allowance.seconds} s" if allowance.count else _NONE


def _number(micro: int | None) -> float | None:
    return None if micro is None else as_number(micro)


def _money(micro: int | None, space: Space) -> str:
    return _NONE if micro is None else f"{format_amount(micro)} {space.currency}"
