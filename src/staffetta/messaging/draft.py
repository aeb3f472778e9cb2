"""A message that passed every rule and waits to be written: what acceptance hands to the intake."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from staffetta.callbacks.target import CallbackTarget
from staffetta.domain.encodings import Encoding
from staffetta.domain.environments import Market
from staffetta.domain.money import MICRO
from staffetta.domain.phones import Phone
from staffetta.domain.states import State
from staffetta.messaging.view import MessageView
from staffetta.routing.table import Quote

# Contract section 5: WW needs this much available a segment, whatever the message will cost.
WORLD_MINIMUM_MICRO: Final = MICRO

CLASS_URGENT: Final = 0  # OTP and realtime
CLASS_NORMAL: Final = 1
PRIORITY_NORMAL: Final = 1000  # thousandths


class IdempotencyKey(msgspec.Struct, frozen=True):
    """A client's promise that a repeated request is the same request."""

    path: str
    key: str
    body_hash: bytes


class Draft(msgspec.Struct, frozen=True):
    """One v2 message with its one recipient, checked and priced."""

    space_id: int
    id: bytes
    market: Market
    class_: int
    priority: int
    sender: str
    phone: Phone
    text: str
    encoding: Encoding
    characters_count: int
    segment_count: int
    reference: int
    quote: Quote
    dry_run: bool
    options: Mapping[str, object]
    callback: CallbackTarget | None
    idempotency: IdempotencyKey | None
    now: datetime
    expires_at: datetime

    @property
    def cost_micro(self) -> int:
        """The whole message on the connector chosen."""
        return self.quote.price_micro * self.segment_count

    @property
    def charge_micro(self) -> int:
        """What acceptance takes from the wallet: IT and ES pay with the 201."""
        return self.cost_micro if self.market.charges_on_acceptance and not self.dry_run else 0

    @property
    def hold_micro(self) -> int:
        """What acceptance sets aside: the highest an eligible route can cost (WW)."""
        if self.market.charges_on_acceptance or self.dry_run:
            return 0
        return self.quote.highest_price_micro * self.segment_count

    @property
    def needed_micro(self) -> int:
        """The credit that must be available, a dry run's included."""
        if self.market.charges_on_acceptance:
            return self.cost_micro
        highest_micro = self.quote.highest_price_micro * self.segment_count
        return max(highest_micro, WORLD_MINIMUM_MICRO * self.segment_count)

    @property
    def state(self) -> State:
        """Where it starts. A dry run never enters the queue: it rests from the start."""
        return State.CANCELLED if self.dry_run else State.QUEUED

    @property
    def shows_price(self) -> bool:
        """WW shows its price when a carrier has accepted; a dry run shows what it would cost."""
        return self.market.charges_on_acceptance or self.dry_run

    def view(self) -> MessageView:
        """The message as the 201 shows it."""
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
            price_micro=self.quote.price_micro if self.shows_price else 0,
            options=self.options,
            callback=self.callback.echo() if self.callback else None,
            blocklisted_reason=None,
            possibly_duplicate=False,
            created_at=self.now,
            updated_at=self.now,
            sent_at=None,
            delivered_at=None,
        )
