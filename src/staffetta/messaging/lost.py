"""What is said when the database was lost while a message was being stored."""

from staffetta.domain.errors import OutcomeUnknown


def outcome_unknown(message_id: bytes, *, has_key: bool) -> OutcomeUnknown:
    """Nobody can say whether a message was kept, which was sent with an idempotency key or not."""
    shown = message_id.hex()
    again = " with the same Idempotency-Key, or" if has_key else ""
    return OutcomeUnknown(
        f"the database was lost while message {shown} was being stored, and nobody knows whether it"
        f" was: send it again{again} only when GET /messages/{shown} does not find it"
    )
