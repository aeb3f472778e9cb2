"""Refusals that the rules of sending give when they are provoked: none is written down here."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from staffetta.accounts.terms import DEFAULT_TERMS, Terms
from staffetta.api.openapi.v2.objects import NUMBER
from staffetta.callbacks.addresses import PUBLIC_ONLY
from staffetta.compliance.entries import make_entry
from staffetta.compliance.guards import OtpAsk, Rates
from staffetta.compliance.senders import SenderRules
from staffetta.compliance.words import Finding, ForbiddenList
from staffetta.domain.environments import Environment, Market
from staffetta.domain.errors import ForbiddenWords, GuardRefused, MessageRefused
from staffetta.ledger.book import Wallet
from staffetta.messaging.inspection import Circumstances, SendRequest, Space, inspect
from staffetta.messaging.till import refusal_of_credit
from staffetta.routing.table import RouteTable

NOW: Final = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
MARKED: Final = "GB"  # where senders need approval
BRITISH: Final = "+447400123456"
_WORD: Final = "forbidden"
_CIRCUMSTANCES: Final = Circumstances(
    table=RouteTable([]),
    words=ForbiddenList.of([make_entry("word", _WORD)]),
    senders=SenderRules([MARKED], []),
    networks=PUBLIC_ONLY,
)
_ITALY_ALONE: Final = Terms(countries_allowed=frozenset({"IT"}))


def refused_send(
    kind: type[MessageRefused], market: Market = Market.WORLD, **changes: Any
) -> MessageRefused:
    """What a send is refused with that breaks a rule; StopIteration where it breaks none."""
    asked: Mapping[str, Any] = {
        "market": market,
        "recipient": NUMBER,
        "text": "hello",
        "sender": "ACME",
        "dry_run": False,
        "fail_on_multiple_segments": False,
        "callback": None,
        "idempotency": None,
        **changes,
    }
    space = Space(1, Environment.SANDBOX, _ITALY_ALONE)
    found = inspect(SendRequest(**asked), space, _CIRCUMSTANCES)
    return next(error for error in found.refusals if isinstance(error, kind))


def refused_words(market: Market) -> MessageRefused:
    """What a send with a forbidden word is refused with."""
    return refused_send(ForbiddenWords, market, text=f"a {_WORD} word")


def found_words() -> Finding:
    """What is found of a forbidden word."""
    found = _CIRCUMSTANCES.words.find(f"a {_WORD} word", "ACME", "IT")
    assert found is not None, "the list has it"
    return found


def refused_credit() -> MessageRefused | None:
    """What a send is refused with that the wallet cannot pay."""
    wallet = Wallet(1, balance_micro=20_000, held_micro=0, floor_micro=0, sequence=1)
    return refusal_of_credit(wallet, 45_000)


def refused_otp() -> GuardRefused:
    """What one one-time password too many to a number is refused with."""
    terms = DEFAULT_TERMS
    ask = OtpAsk(1, NUMBER, terms.otp_per_recipient, terms.otp_per_prefix, terms.otp_per_account)
    rates = Rates({}, NOW)
    for _ in range(terms.otp_per_recipient.count):
        rates.take(ask)
    return GuardRefused(str(rates.look(ask)))
