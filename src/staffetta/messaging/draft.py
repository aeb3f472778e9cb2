"""A message that passed every rule and waits to be written: what acceptance hands to the intake."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from staffetta.accounts.terms import Terms
from staffetta.accounts.token_limits import TokenAllowance
from staffetta.callbacks.target import CallbackTarget
from staffetta.domain.encodings import Encoding
from staffetta.domain.environments import Market
from staffetta.domain.errors import ForbiddenWords
from staffetta.domain.money import MICRO
from staffetta.domain.phones import Phone
from staffetta.domain.states import State
from staffetta.messaging.view import MessageView
from staffetta.routing.table import Quote

# Contract section 5: WW needs this much available a segment, whatever the message will cost. It is
# also what a segment with forbidden words costs there.
WORLD_MINIMUM_MICRO: Final = MICRO

CLASS_URGENT: Final = 0  # OTP and realtime
CLASS_NORMAL: Final = 1
PRIORITY_NORMAL: Final = 1000  # thousandths


class IdempotencyKey(msgspec.Struct, frozen=True):
    """A client's promise that a repeated request is the same request."""

    path: str
    key: str
    body_hash: bytes


class Offence(msgspec.Struct, frozen=True):
    """Why a message is stored rejected, and what the client is told."""

    reason: str
    refusal: ForbiddenWords


class Draft(msgspec.Struct, frozen=True):
    """One v2 message with its one recipient, checked and priced."""

    space_id: int
    id: bytes
    market: Market
    class_: int
    priority: int
    sender: str
    phone: Phone
    text: str  # as it is stored: a one-time code is masked in it
    sealed_code: bytes | None
    encoding: Encoding
    characters_count: int
    segment_count: int
    reference: int
    quote: Quote | None  # None only where an offence came before the route
    dry_run: bool
    offence: Offence | None
    options: Mapping[str, object]
    callback: CallbackTarget | None
    idempotency: IdempotencyKey | None
    terms: Terms
    now: datetime
    due_at: datetime
    expires_at: datetime
    price_max_micro: int | None = None  # what was agreed to; None: whatever it costs
    allowance: TokenAllowance | None = None  # of a token that may spend only so much

    @property
    def is_code(self) -> bool:
        """Whether it carries a one-time password, which has guards of its own."""
        return self.sealed_code is not None

    @property
    def connector_id(self) -> int | None:
        """Where it will go out."""
        return None if self.quote is None else self.quote.connector_id

    @property
    def price_micro(self) -> int:
        """A segment, on the connector chosen; of an offence, what its segment costs."""
        if self.offence is not None and not self.market.charges_on_acceptance:
            return WORLD_MINIMUM_MICRO
        return 0 if self.quote is None else self.quote.price_micro

    @property
    def penalty_micro(self) -> int:
        """What an offence costs: the message (IT, ES), or 1 EUR a segment (WW, OTP)."""
        return self.price_micro * self.segment_count

    def charge_micro(self, covered_count: int) -> int:
        """What acceptance takes from the wallet: IT and ES pay with the 201."""
        if not self.market.charges_on_acceptance or self.dry_run:
            return 0
        return self.cost_micro(covered_count)

    def hold_micro(self, covered_count: int) -> int:
        """What acceptance sets aside: the highest an eligible route can cost (WW)."""
        if self.market.charges_on_acceptance or self.dry_run:
            return 0
        return self.cost_micro(covered_count)

    def cost_micro(self, covered_count: int) -> int:
        """What is charged or held, or would be if a dry run were none."""
        charges = self.market.charges_on_acceptance
        price_micro = self.price_micro if charges else self._highest_price_micro
        return price_micro * (self.segment_count - covered_count)

    def needed_micro(self, covered_count: int) -> int:
        """The credit that must be available, a dry run's included; bundles pay for the covered."""
        paid_count = self.segment_count - covered_count
        if self.market.charges_on_acceptance:
            return self.price_micro * paid_count
        return max(self._highest_price_micro, WORLD_MINIMUM_MICRO) * paid_count

    @property
    def _highest_price_micro(self) -> int:
        return 0 if self.quote is None else self.quote.highest_price_micro

    @property
    def state(self) -> State:
        """Where it starts. A dry run never enters the queue: it rests from the start."""
        if self.offence is not None:
            return State.REJECTED
        if self.dry_run:
            return State.CANCELLED
        return State.SCHEDULED if self.due_at > self.now else State.QUEUED

    @property
    def callback_host(self) -> str | None:
        """Where its changes are owed to: not of a dry run, nor of an offence."""
        if self.callback is None or self.dry_run or self.offence is not None:
            return None
        return self.callback.host

    @property
    def shows_price(self) -> bool:
        """WW shows its price when a carrier has accepted; a dry run shows what it would cost."""
        return self.market.charges_on_acceptance or self.dry_run

    def view(self, covered_count: int) -> MessageView:
        """The message as the 201 shows it; a dry run shows its whole price."""
        paid_count = self.segment_count - (0 if self.dry_run else covered_count)
        shown = self.shows_price and paid_count > 0
        return MessageView(
            id=self.id,
            market=self.market,
            state=self.state,
            dry_run=self.dry_run,
            sender=self.sender,
            recipient=self.phone.e164,
            calling_code=self.phone.calling_code,
            country=self.phone.country,
            text=self.text,
            encoding=self.encoding,
            characters_count=self.characters_count,
            segment_count=self.segment_count,
            price_micro=self.price_micro if shown else 0,
            total_price_micro=self.price_micro * paid_count if shown else 0,
            options=self.options,
            callback=self.callback.kept() if self.callback else None,
            blocklisted_reason=None,
            possibly_duplicate=False,
            created_at=self.now,
            updated_at=self.now,
            sent_at=None,
            delivered_at=None,
            send_at=self.due_at if self.due_at > self.now else None,
        )
