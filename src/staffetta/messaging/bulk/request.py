"""What a v1 request asks for: the types are right, the rules not yet looked at."""

from collections.abc import Iterable, Mapping, Sequence, Sized
from datetime import datetime, timedelta
from typing import Final

import msgspec

from staffetta.domain.templates import Template
from staffetta.messaging.draft import CLASS_NORMAL, CLASS_URGENT, IdempotencyKey

THOUSAND: Final = 1000
MANY: Final = 200  # items: from here a request is a large one
TRANSACTION_KEPT: Final = timedelta(hours=48)
# Stands for "not before its transaction is closed": a moment that never comes.
NEVER: Final = datetime.fromisoformat("9999-01-01T00:00:00+00:00")


class Recipients(msgspec.Struct, frozen=True):
    """Whom a request adds. An item is a text, or an object with `number` and `fields`.

    A sequence, or very many that are made while they are gone through, which may be done again.
    """

    items: Sequence[object] | Iterable[object]

    @property
    def count_at_least(self) -> int:
        """How many items there are, or a number that makes many of them."""
        return len(self.items) if isinstance(self.items, Sized) else MANY


class Agreed(msgspec.Struct, frozen=True):
    """What somebody was shown before it was sent."""

    sendable_count: int
    price_micro: int


class BulkRequest(msgspec.Struct, frozen=True):
    """A message to make."""

    sender: str
    body: Template
    recipients: Recipients
    priority: int  # thousandths
    factor: int  # of the options, thousandths: what realtime costs more
    is_test: bool
    is_open: bool  # a transaction: stored, and not queued before it is closed
    flash: bool
    realtime: bool
    due_at: datetime | None  # None: at once
    options: Mapping[str, object]  # as they are echoed
    callback: Mapping[str, object] | None  # as v2 would be asked: it is checked in its turn
    idempotency: IdempotencyKey | None
    agreed: Agreed | None = None  # None: whatever it comes to

    @property
    def class_(self) -> int:
        """Its class in the queue."""
        return CLASS_URGENT if self.realtime else CLASS_NORMAL


class Change(msgspec.Struct, frozen=True):
    """What a PUT asks for."""

    recipients: Recipients
    closes: bool
    due_at: datetime | None
    changes_due: bool  # whether due_at was given
    is_time_alone: bool  # nothing but due_at was given


class Terms(msgspec.Struct, frozen=True):
    """What every recipient of one message shares, as acceptance or an open message has it."""

    space_id: int
    message_id: bytes
    sender: str
    body: Template
    class_: int
    priority: int
    factor: int
    is_test: bool
    is_open: bool
    due_at: datetime | None
    callback_host: str | None
    now: datetime
