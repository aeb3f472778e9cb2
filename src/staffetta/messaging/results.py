"""What became of one draft. An error stands for a refusal of that draft alone."""

import msgspec

from staffetta.domain.errors import StaffettaError


class Stored(msgspec.Struct, frozen=True):
    """The draft is durable."""

    covered_count: int = 0  # segments that bundles paid for


class Replayed(msgspec.Struct, frozen=True):
    """The idempotency key was used before with the same body, for this message."""

    message_id: bytes


Result = Stored | Replayed | StaffettaError
