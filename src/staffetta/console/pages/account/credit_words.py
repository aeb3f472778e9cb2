"""What the credit page reads from its forms, and the words it has for the ledger's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Final, Self

from babel.dates import format_date

from staffetta.callbacks.target import lane_host
from staffetta.console.languages import Language, mark
from staffetta.domain.errors import InvalidCallback
from staffetta.domain.money import InvalidAmount, format_amount, parse_typed_amount
from staffetta.ledger.book import EntryKind
from staffetta.ledger.errors import InvalidPeriod, InvalidWalletGuard
from staffetta.ledger.period import Period
from staffetta.ledger.wallet_guards import WalletGuardChanges

MONTHS_MAX: Final = 36  # to choose from
_MONTH_CHARACTERS: Final = 7
_URL_CHARACTERS_MAX: Final = 1000

KIND_WORDS: Final[Mapping[EntryKind, str]] = MappingProxyType(
    {
        EntryKind.TOP_UP: mark("Top-up"),
        EntryKind.CHARGE: mark("Message"),
        EntryKind.CAPTURE: mark("Message, when a carrier took it"),
        EntryKind.REFUND: mark("Money back"),
        EntryKind.PENALTY: mark("Penalty for forbidden words"),
        EntryKind.BUNDLE: mark("Bundle"),
        EntryKind.ADJUSTMENT: mark("Correction"),
    }
)

NO_AMOUNT: Final = mark("Write an amount above 0, like 10 or 0.50; nothing for no alert.")
NO_ADDRESS: Final = mark(
    "Write an address like https://example.com/low-credit, without a user name."
)
NO_PERIOD: Final = mark("Choose two days, the second not before the first.")


@dataclass(frozen=True, slots=True)
class AlertForm:
    """When an account wants to be told, and where; as it was typed."""

    below: str
    url: str
    below_micro: int | None = None  # None: no alert
    problems: Mapping[str, str] = field(default_factory=dict)  # by field

    @classmethod
    def of(cls, below_micro: int | None, url: str | None) -> Self:
        """As it is set now."""
        below = "" if below_micro is None else format_amount(below_micro)
        return cls(below, url or "", below_micro)


def read_alert(below: str, url: str) -> AlertForm:
    """The form that was sent; what is wrong with it is in its problems."""
    problems: dict[str, str] = {}
    below_micro = None
    try:
        below_micro = parse_typed_amount(below) if below else None
        WalletGuardChanges(alert_below_micro=below_micro)
    except (InvalidAmount, InvalidWalletGuard):
        problems["below"] = NO_AMOUNT
    if url and not _is_address(url):
        problems["url"] = NO_ADDRESS
    return AlertForm(below, url, below_micro, problems)


def _is_address(url: str) -> bool:
    try:
        lane_host(url)
    except InvalidCallback:
        return False
    return len(url) <= _URL_CHARACTERS_MAX


def read_month(text: str) -> Period | None:
    """The month written as 2026-03; None for what is none."""
    try:
        is_month = len(text) == _MONTH_CHARACTERS
        return Period.of_month(date.fromisoformat(f"{text}-01")) if is_month else None
    except (ValueError, OverflowError, InvalidPeriod):
        return None


def read_period(first: str, last: str) -> Period:
    """The days from one to another, both included; raises InvalidPeriod."""
    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last) + timedelta(days=1)
        return Period(begin, end)
    except (ValueError, OverflowError, InvalidPeriod):
        raise InvalidPeriod(NO_PERIOD) from None


def months_of(since: datetime, now: datetime, language: Language) -> Sequence[tuple[str, str]]:
    """The months to choose from and their names, the newest first."""
    month, oldest = now.astimezone(UTC).date().replace(day=1), since.astimezone(UTC).date()
    months: list[tuple[str, str]] = []
    while len(months) < MONTHS_MAX and (month.year, month.month) >= (oldest.year, oldest.month):
        name = format_date(month, "LLLL y", locale=language.value)
        months.append((f"{month:%Y-%m}", name))
        month = (month - timedelta(days=1)).replace(day=1)
    return months
