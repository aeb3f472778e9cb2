"""Wallet, transactions and bundles as OAuth v2 shows them. Pure.

The platform calls a bundle a subscription, and its segments requests.
"""

from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from staffetta.api.oauth.v2.answers import shown_time
from staffetta.domain.environments import Environment
from staffetta.domain.money import MICRO, as_number
from staffetta.domain.scopes import HOSTS, Scope, Service
from staffetta.ledger.book import EntryKind
from staffetta.ledger.bundle import Bundle
from staffetta.ledger.read_wallet import WalletView
from staffetta.ledger.transactions import Transaction

_SUBSCRIPTION_ID_DIGITS: Final = 24
_ANY: Final = "*"
_PERIODS: Final = MappingProxyType(
    {
        1: "day",
        7: "week",
        28: "month",
        29: "month",
        30: "month",
        31: "month",
        365: "year",
        366: "year",
    }
)
_WHAT: Final = MappingProxyType(
    {
        EntryKind.TOP_UP: "Top-up",
        EntryKind.CHARGE: "Message",
        EntryKind.CAPTURE: "Message",
        EntryKind.REFUND: "Refund of message",
        EntryKind.PENALTY: "Penalty for forbidden words, message",
        EntryKind.BUNDLE: "Bundle",
        EntryKind.ADJUSTMENT: "Adjustment",
    }
)


def wallet_object(wallet: WalletView) -> dict[str, Any]:
    """The wallet: its credit is the sum of its transactions, less what is held, as in v1."""
    return {
        "credit": as_number(wallet.balance_micro - wallet.held_micro),
        "createdAt": shown_time(wallet.created_at),
        "updatedAt": shown_time(wallet.updated_at),
    }


def transaction_object(entry: Transaction) -> dict[str, Any]:
    """One movement: above 0 what came in."""
    return {
        "id": entry.id.hex(),
        "amount": as_number(entry.amount_micro),
        "createdAt": shown_time(entry.at),
        "description": _description(entry),
    }


def _description(entry: Transaction) -> str:
    what = _WHAT[entry.kind]
    if entry.message_id is not None:
        what = f"{what} {entry.message_id.hex()}"
    return f"{what}: {entry.note}" if entry.note else what


def subscription_id(bundle_id: int) -> str:
    """A bundle's number as 24 digits, which its operator reads as the same number."""
    return f"{bundle_id:0{_SUBSCRIPTION_ID_DIGITS}d}"


def subscription_scope(market: str | None, environment: Environment) -> Scope:
    """What a bundle is for: one endpoint, or all that send."""
    segment = _ANY if market is None else f"{market}-messages"
    return Scope("POST", HOSTS[Service.V2, environment], segment)


def covers(bundle: Bundle, scopes: frozenset[str], environment: Environment) -> bool:
    """Whether messages of one of these single scopes can come off a bundle."""
    host = HOSTS[Service.V2, environment]
    return any(str(Scope("POST", host, segment)) in scopes for segment in _covered(bundle.market))


def _covered(market: str | None) -> tuple[str, ...]:
    """One-time passwords are WW."""
    segments = {"IT": ("IT-messages",), "ES": ("ES-messages",), "WW": ("WW-messages", "otp")}
    if market is None:
        return tuple(segment for every in segments.values() for segment in every)
    return segments[market]


def subscription_object(bundle: Bundle, environment: Environment, now: datetime) -> dict[str, Any]:
    """A bundle. Counts of requests are text, as the platform has them."""
    scope = subscription_scope(bundle.market, environment)
    return {
        "id": subscription_id(bundle.id),
        "scope": str(scope),
        "domain": scope.host,
        "active": bundle.is_active(now),
        "startsAt": shown_time(bundle.starts_at),
        "expiresAt": shown_time(_end_of(bundle)),
        "totalRequests": str(bundle.segment_count),
        "availableRequests": str(bundle.available_count(now)),
        "pricePerRequest": round(bundle.price_micro / bundle.segment_count) / MICRO,
        "type": _PERIODS.get(bundle.period_days, f"{bundle.period_days} days"),
        "autorenew": bundle.autorenew and bundle.ended_at is None,
        "createdAt": shown_time(bundle.created_at),
        "updatedAt": shown_time(bundle.ended_at or bundle.starts_at),
        "price": as_number(bundle.price_micro),
    }


def _end_of(bundle: Bundle) -> datetime:
    """When it is over: at the end of its period, or earlier when it was ended."""
    return bundle.ends_at if bundle.ended_at is None else min(bundle.ends_at, bundle.ended_at)
