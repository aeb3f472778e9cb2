"""The form of a token: from what somebody ticked and typed to its terms, or what is wrong where.

Pure, but for the clock that is an argument. A sentence beside a field is in English here, marked,
and translated when it is shown.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

import msgspec

from staffetta.accounts.change_token import TokenChange
from staffetta.accounts.create_token import LIFETIME_SECONDS_MAX, NAME_CHARACTERS_MAX
from staffetta.accounts.errors import InvalidTokenLimits
from staffetta.accounts.token_limits import NO_LIMITS, TokenLimits, parse_limits
from staffetta.accounts.tokens import TokenRecord
from staffetta.console.forms import Form
from staffetta.console.languages import mark
from staffetta.console.token_words import CHOSEN, PRESETS, preset_of, scopes_of_preset
from staffetta.domain.environments import Environment
from staffetta.domain.money import InvalidAmount, as_number, format_amount, parse_typed_amount
from staffetta.domain.scopes import InvalidScope, expand

UNTIL: Final = "date"
KEEP: Final = "keep"  # a token that is changed lives as long as before
_DAY_SECONDS: Final = 24 * 3600
LIFETIMES: Final = (
    ("86400", mark("a day")),
    (str(7 * _DAY_SECONDS), mark("a week")),
    (str(30 * _DAY_SECONDS), mark("30 days")),
    (str(90 * _DAY_SECONDS), mark("90 days")),
    (str(LIFETIME_SECONDS_MAX), mark("a year")),
)
_COUNTS: Final = ("totalRequests", "walletRequests", "subscriptionRequests")
_TEXTS: Final = ("name", "access", "other", "lifetime", "until", *_COUNTS, "walletAmount", "ip")
_LINES_CHARACTERS_MAX: Final = 20_000

_NAME_PROBLEM: Final = mark("At most 100 characters, and all of them printable.")
_SCOPES_PROBLEM: Final = mark("Tick what the token may do.")
_PRESET_SCOPE_PROBLEM: Final = mark(
    "What is ticked is not what is chosen above: choose “as ticked below”, or tick nothing."
)
_PRESET_OTHER_PROBLEM: Final = mark(
    "These count only where “as ticked below” is chosen: choose it, or leave this empty."
)
_OTHER_PROBLEM: Final = mark(
    "Each line must be a scope that this environment has, like POST:sms.openapi.com/IT-messages."
)
_UNTIL_PROBLEM: Final = mark("Choose a day from today on, within a year.")
_LIFETIME_PROBLEM: Final = mark("Choose how long the token lives.")
_COUNT_PROBLEM: Final = mark("A whole number, 0 or more, or nothing.")
_AMOUNT_PROBLEM: Final = mark("An amount like 20 or 0.50, or nothing.")
_ADDRESS_PROBLEM: Final = mark(
    "Write addresses like 192.0.2.7 or networks like 192.0.2.0/24, one on each line."
)


@dataclass(frozen=True, slots=True)
class TypedToken:
    """What stands in the form."""

    texts: Mapping[str, str]
    scopes: Sequence[str] = ()  # the boxes that are ticked


@dataclass(frozen=True, slots=True)
class ReadToken:
    """What it means; what `problems` names could not be read."""

    scopes: tuple[str, ...] = ()
    lifetime_seconds: int | None = None  # None: as before
    name: str = ""
    limits: TokenLimits = NO_LIMITS
    problems: Mapping[str, str] = field(default_factory=dict)


EMPTY: Final = TypedToken(
    {
        **dict.fromkeys(_TEXTS, ""),
        "access": "",  # nobody gets more than was asked for
        "lifetime": str(LIFETIME_SECONDS_MAX),
    }
)


def typed_token(form: Form) -> TypedToken:
    """What was sent, to be read and to be shown again."""
    return TypedToken(
        {name: form.text(name, _LINES_CHARACTERS_MAX) for name in _TEXTS}, form.texts("scope")
    )


def typed_limits(limits: TokenLimits) -> dict[str, str]:
    """Limits as they stand in the form."""
    spending = limits.spending
    told = limits.as_object()
    micro = spending.wallet_micro_max if spending else None
    return {
        **{name: str(told.get(name, "")) for name in _COUNTS},
        "walletAmount": "" if micro is None else format_amount(micro),
        "ip": "\n".join(told.get("ip", ())),
    }


def read_token(
    typed: TypedToken,
    environment: Environment,
    now: datetime,
    own_hosts: Sequence[str],
    held: Sequence[str] = (),
) -> ReadToken:
    """The terms that a form asks for.

    `held` are the scopes that its token has: they may stay, though this host knows them not.
    """
    problems: dict[str, str] = {}
    texts = typed.texts
    if len(texts["name"]) > NAME_CHARACTERS_MAX or not texts["name"].isprintable():
        problems["name"] = _NAME_PROBLEM
    return ReadToken(
        scopes=_scopes(typed, environment, own_hosts, held, problems),
        lifetime_seconds=_lifetime(texts, now, problems),
        name=texts["name"],
        limits=_limits(texts, problems),
        problems=problems,
    )


def _scopes(
    typed: TypedToken,
    environment: Environment,
    own_hosts: Sequence[str],
    held: Sequence[str],
    problems: dict[str, str],
) -> tuple[str, ...]:
    written = tuple(typed.texts["other"].split())
    if typed.texts["access"] in PRESETS:
        return _preset(typed, environment, written, problems)
    if held and set(held) == {*typed.scopes, *written}:
        return tuple(held)
    try:
        expand(written, environment, own_hosts)
    except InvalidScope:
        problems["other"] = _OTHER_PROBLEM
    wanted = (*typed.scopes, *written)
    try:
        expand(wanted if "other" not in problems else typed.scopes, environment, own_hosts)
    except InvalidScope:
        problems["scope"] = _SCOPES_PROBLEM
    if not wanted:
        problems["scope"] = _SCOPES_PROBLEM
    return wanted


def _preset(
    typed: TypedToken,
    environment: Environment,
    written: Sequence[str],
    problems: dict[str, str],
) -> tuple[str, ...]:
    """The scopes of a choice, unless something else is ticked or written: which one was meant?"""
    preset = typed.texts["access"]
    if written:
        problems["other"] = _PRESET_OTHER_PROBLEM
    if typed.scopes and preset_of(typed.scopes, environment) != preset:
        problems["scope"] = _PRESET_SCOPE_PROBLEM
    return scopes_of_preset(preset, environment)


def _lifetime(texts: Mapping[str, str], now: datetime, problems: dict[str, str]) -> int | None:
    if texts["lifetime"] == KEEP:
        return None
    if texts["lifetime"] == UNTIL:
        return _seconds_until(texts["until"], now, problems)
    if texts["lifetime"] in dict(LIFETIMES):
        return int(texts["lifetime"])
    problems["lifetime"] = _LIFETIME_PROBLEM
    return None


def _seconds_until(text: str, now: datetime, problems: dict[str, str]) -> int | None:
    """Until the end of a day in UTC, a year from now at most."""
    try:
        day = datetime.combine(datetime.fromisoformat(text).date(), time(), UTC)
        seconds = int((day - now).total_seconds()) + _DAY_SECONDS
    except (ValueError, OverflowError):
        seconds = 0
    # The last day that a calendar offers may end a little later than a year from now.
    if not 0 < seconds <= LIFETIME_SECONDS_MAX + _DAY_SECONDS:
        problems["until"] = _UNTIL_PROBLEM
        return None
    return min(seconds, LIFETIME_SECONDS_MAX)


def last_day(now: datetime) -> str:
    """The last day that a token made now can live to, for a calendar."""
    return (now + timedelta(seconds=LIFETIME_SECONDS_MAX)).astimezone(UTC).date().isoformat()


def _limits(texts: Mapping[str, str], problems: dict[str, str]) -> TokenLimits:
    said: dict[str, Any] = {}
    for name in _COUNTS:
        if texts[name]:
            said[name] = _count(texts[name])
    if texts["walletAmount"]:
        said["walletAmount"] = _amount(texts["walletAmount"])
    if texts["ip"]:
        said["ip"] = texts["ip"].replace(",", " ").split()
    for name, value in said.items():
        try:
            parse_limits({name: "" if value is None else value})
        except InvalidTokenLimits:
            problems[name] = _LIMIT_PROBLEMS[name]
    return NO_LIMITS if problems.keys() & said.keys() else parse_limits(said)


_LIMIT_PROBLEMS: Final = {
    **dict.fromkeys(_COUNTS, _COUNT_PROBLEM),
    "walletAmount": _AMOUNT_PROBLEM,
    "ip": _ADDRESS_PROBLEM,
}


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _amount(text: str) -> float | None:
    try:
        micro = parse_typed_amount(text)
    except InvalidAmount:
        return None
    return as_number(micro) if micro >= 0 else None


def chosen_token(texts: Mapping[str, str], scopes: Sequence[str]) -> TypedToken:
    """A form that shows a token as it is."""
    return TypedToken({**EMPTY.texts, **texts}, scopes)


def digest_of(record: TokenRecord) -> str:
    """The terms of a token in short, to tell whether they are still what a page showed."""
    terms = [
        record.name,
        sorted(record.scopes),
        record.expire_at.isoformat(),
        record.limits.as_object(),
    ]
    return hashlib.sha256(msgspec.json.encode(terms, order="sorted")).hexdigest()[:24]


def change_of(read: ReadToken, record: TokenRecord, environment: Environment) -> TokenChange:
    """What a form changes of a token: what it leaves as it is is not asked for anew."""
    preset = preset_of(record.scopes, environment)
    kept = {frozenset(record.scopes)}
    if preset in PRESETS:
        kept.add(frozenset(scopes_of_preset(preset, environment)))
    return TokenChange(
        None if frozenset(read.scopes) in kept else read.scopes,
        read.lifetime_seconds,
        None if read.name == record.name else read.name,
        None if read.limits == record.limits else read.limits,
    )


__all__ = ["CHOSEN", "EMPTY", "KEEP", "LIFETIMES", "UNTIL", "ReadToken", "TypedToken"]
