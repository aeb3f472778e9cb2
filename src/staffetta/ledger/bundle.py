"""A bundle: so many segments for a price, for a period that may begin again by itself.

Pure. Owns what can be sold, and what the end of a period means.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from staffetta.domain.countries import COUNTRIES
from staffetta.domain.environments import Market
from staffetta.domain.money import AMOUNT_MICRO_MAX, format_amount
from staffetta.ledger.book import Wallet
from staffetta.ledger.errors import InvalidBundle

SEGMENTS_MAX: Final = 1_000_000_000
PERIOD_DAYS_MAX: Final = 3_660
NAME_CHARACTERS_MAX: Final = 60
REASON_CHARACTERS_MAX: Final = 200

# A renewal in time keeps the bundle's dates. One that comes later than this, because nothing ran
# meanwhile, begins when it comes: nobody pays for days in which nobody could send.
RENEWAL_LATE_MAX: Final = timedelta(hours=1)


class BundleTerms(msgspec.Struct, frozen=True):
    """What is sold. Raises InvalidBundle when made of what breaks a rule."""

    segment_count: int  # of one period
    price_micro: int  # of one period
    period_days: int
    market: Market | None = None  # None: any; one-time passwords are WW
    country: str | None = None  # ISO 3166; None: any
    autorenew: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        """Check every field."""
        for fault in self._faults():
            raise InvalidBundle(fault)

    def _faults(self) -> Iterable[str]:
        if not 1 <= self.segment_count <= SEGMENTS_MAX:
            yield f"a bundle has 1 to {SEGMENTS_MAX:,} segments, not {self.segment_count:,}"
        if not 0 <= self.price_micro <= AMOUNT_MICRO_MAX:
            yield f"a bundle cannot cost {format_amount(self.price_micro)}: 0 or more"
        if not 1 <= self.period_days <= PERIOD_DAYS_MAX:
            yield f"a period has 1 to {PERIOD_DAYS_MAX:,} days, not {self.period_days:,}"
        if len(self.name) > NAME_CHARACTERS_MAX or not self.name.isprintable():
            yield f"a name has at most {NAME_CHARACTERS_MAX} printable characters"
        if self.country is not None and self.country not in COUNTRIES:
            yield f"{self.country!r} is not a country: write its ISO 3166 code, like IT"
        if self.market in {Market.ITALY, Market.SPAIN} and self.country not in {None, self.market}:
            yield f"the {self.market} market has no numbers of {self.country}"


class Bundle(msgspec.Struct, frozen=True):
    """A bundle that was sold, as it stands."""

    space_id: int
    id: int
    name: str
    market: str | None
    country: str | None
    segment_count: int
    remaining_count: int
    period: int  # from 1
    price_micro: int
    period_days: int
    autorenew: bool
    starts_at: datetime  # of the current period
    ends_at: datetime
    ended_at: datetime | None
    ended_reason: str
    created_at: datetime

    def is_active(self, now: datetime) -> bool:
        """Whether it can cover messages now, as far as segments remain."""
        return self.ended_at is None and self.starts_at <= now < self.ends_at

    def available_count(self, now: datetime) -> int:
        """The segments that can still be used: none of a bundle that is over."""
        return self.remaining_count if self.is_active(now) else 0


class Renewed(msgspec.Struct, frozen=True):
    """The next period, full again."""

    starts_at: datetime
    ends_at: datetime


class Over(msgspec.Struct, frozen=True):
    """The bundle has ended."""

    reason: str
    too_dear: bool = False


def end_of_period(
    bundle: Bundle, wallet: Wallet, now: datetime, *, is_closed: bool = False
) -> Renewed | Over:
    """What follows on a period that has ended: another one, if wanted, allowed and affordable.

    However many periods were missed, one begins, and is paid once. `is_closed`: the account is.
    """
    if not bundle.autorenew:
        return Over("its period is over")
    if is_closed:
        return Over("the account is closed, and could not use it")
    if wallet.blocklisted:
        return Over("the account is blocklisted, and could not use it")
    if not is_affordable(bundle.price_micro, wallet):
        return Over(
            f"the credit was too low to renew it: {format_amount(bundle.price_micro)} needed, "
            f"{format_amount(wallet.available_micro)} available",
            too_dear=True,
        )
    in_time = now - bundle.ends_at <= RENEWAL_LATE_MAX
    starts_at = bundle.ends_at if in_time else now
    return Renewed(starts_at, starts_at + timedelta(days=bundle.period_days))


def is_affordable(price_micro: int, wallet: Wallet) -> bool:
    """Whether a wallet can pay a bundle; what is given away needs no credit."""
    return price_micro == 0 or wallet.available_micro >= price_micro
