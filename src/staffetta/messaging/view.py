"""A message as its account may see it: what the reading calls and the 201 are rendered from."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from staffetta.domain.encodings import Encoding
from staffetta.domain.environments import Market
from staffetta.domain.states import State


class MessageView(msgspec.Struct, frozen=True):
    """One v2 message with its one recipient. Money in micro-units."""

    id: bytes
    market: Market
    state: State
    dry_run: bool
    sender: str
    recipient: str  # E.164 with its plus
    calling_code: str
    country: str
    text: str
    encoding: Encoding
    characters_count: int
    segment_count: int
    price_micro: int  # per segment: what the account paid, or will pay at once; 0 while open
    total_price_micro: int  # of the segments that no bundle paid for
    options: Mapping[str, object]
    callback: Mapping[str, object] | None  # as it is kept: a retry that was not given is null
    blocklisted_reason: str | None
    possibly_duplicate: bool
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    send_at: datetime | None  # when it was to be sent, where that was not at once
