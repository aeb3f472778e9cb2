"""A token as its owner's pages show it: what is left of its limits, and how it stands. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from staffetta.accounts.named_tokens import token_id
from staffetta.accounts.token_limits import SpendingLimits
from staffetta.accounts.token_lines import TokenLine
from staffetta.console.token_words import preset_of
from staffetta.domain.environments import Environment

_SOON: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ShownToken:
    """What is shown. Money in micro-units; None where there is no such limit."""

    id: str
    name: str
    hint: str
    scopes: tuple[str, ...]
    preset: str
    created_at: datetime
    expire_at: datetime
    used_on: date | None
    request_count: int
    error_count: int
    requests_left: int | None
    requests_max: int | None
    wallet_requests_left: int | None
    bundle_requests_left: int | None
    money_left_micro: int | None
    addresses: tuple[str, ...]
    state: str  # active, soon (to expire) or used (up)

    @property
    def is_limited(self) -> bool:
        """Whether any limit holds."""
        left = (
            self.requests_left,
            self.wallet_requests_left,
            self.bundle_requests_left,
            self.money_left_micro,
        )
        return bool(self.addresses) or any(one is not None for one in left)


def shown_token(line: TokenLine, environment: Environment, now: datetime) -> ShownToken:
    """A token as it is shown now."""
    record = line.record
    limits = record.limits
    spending = limits.spending or SpendingLimits()
    requests_left = _left(limits.request_count_max, line.lent_count)
    return ShownToken(
        id=token_id(record.token_hash),
        name=record.name,
        hint=record.hint,
        scopes=record.scopes,
        preset=preset_of(record.scopes, environment),
        created_at=record.created_at,
        expire_at=record.expire_at,
        used_on=line.used_on,
        request_count=line.request_count,
        error_count=line.error_count,
        requests_left=requests_left,
        requests_max=limits.request_count_max,
        wallet_requests_left=_left(spending.wallet_count_max, line.wallet_count),
        bundle_requests_left=_left(spending.subscription_count_max, line.subscription_count),
        money_left_micro=_left(spending.wallet_micro_max, line.wallet_micro),
        addresses=tuple(limits.as_object().get("ip", ())),
        state=_state(requests_left, record.expire_at, now),
    )


def _state(requests_left: int | None, expire_at: datetime, now: datetime) -> str:
    if requests_left == 0:
        return "used"
    return "soon" if expire_at - now < _SOON else "active"


def _left(count_max: int | None, count: int) -> int | None:
    return None if count_max is None else max(0, count_max - count)
