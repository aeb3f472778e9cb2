"""What each failure is called in v1: HTTP status, number, sentence (contract section 4).

A failure that every call names alike is in the table; one that each call names in its own way is
raised as `Refused`, with its number.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from staffetta.api.asgi import Answer
from staffetta.api.bodies import BodyTooLarge, BodyTooSlow, ClientGone
from staffetta.api.json_bodies import InvalidField, NotAnObject
from staffetta.api.refusals import BODY_TOO_LARGE, NOT_NOW, envelope, retry_after
from staffetta.db.errors import ConnectionLost, TryAgain
from staffetta.domain import errors
from staffetta.domain.money import format_amount
from staffetta.messaging.bulk.errors import (
    AlreadySending,
    NoRecipient,
    RealtimeTooSoon,
    TooManyRecipients,
    TransactionClosed,
)

SENDER: Final = 301
BODY: Final = 302
RECIPIENTS: Final = 303
PRIORITY: Final = 304
OPTIONS: Final = 305
TRANSACTION: Final = 306
TEST: Final = 307
NUMBERS: Final[Mapping[str, int]] = MappingProxyType(  # of what a body has
    {
        "sender": SENDER,
        "body": BODY,
        "recipients": RECIPIENTS,
        "priority": PRIORITY,
        "options": OPTIONS,
        "transaction": TRANSACTION,
        "test": TEST,
    }
)
_DATABASE_AWAY = "the database cannot be reached now: send the request again"
_RETRY_AFTER_SECONDS: Final = 2


class Refused(errors.StaffettaError):
    """A refusal with its number."""

    def __init__(self, status: int, number: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.number = number


class Numbers(msgspec.Struct, frozen=True):
    """How the calls of one kind refuse a message that is none."""

    invalid_id: int
    not_found: int


READING: Final = Numbers(202, 203)
CHANGING: Final = Numbers(210, 211)
CANCELLING: Final = Numbers(218, 219)
_CREDIT: Final = (402, 201)


def invalid_id(numbers: Numbers) -> Refused:
    """An id that is none."""
    return Refused(406, numbers.invalid_id, "Invalid Message ID")


def not_found(numbers: Numbers) -> Refused:
    """No such message, or no such recipient of it."""
    return Refused(404, numbers.not_found, "No message found")


def id_required() -> Refused:
    """Cancelling without saying what."""
    return Refused(400, 217, "Message Id required")


def credit_not_enough(short: errors.CreditTooLow) -> Refused:
    """What a POST is refused with that the account, or its token, cannot pay."""
    if isinstance(short, errors.TokenLimitReached):
        return Refused(*_CREDIT, str(short))
    needed, available = format_amount(short.needed_micro), format_amount(short.available_micro)
    return Refused(
        *_CREDIT, f"Current User credit is not enough. {needed} needed {available} € available"
    )


def credit_insufficient(short: errors.CreditTooLow) -> Refused:
    """The same of a PUT."""
    if isinstance(short, errors.TokenLimitReached):
        return Refused(*_CREDIT, str(short))
    available = format_amount(short.available_micro)
    return Refused(*_CREDIT, f"Insufficient Credit in Wallet: {available}")


CODES: Final[Mapping[type[Exception], tuple[int, int]]] = MappingProxyType(
    {
        NotAnObject: (400, 300),
        InvalidField: (400, 300),
        BodyTooSlow: (400, 300),
        ClientGone: (400, 300),  # nobody hears it, but it is counted
        errors.InvalidSender: (422, SENDER),
        errors.SenderNotApproved: (422, SENDER),
        errors.InvalidText: (422, BODY),
        NoRecipient: (422, RECIPIENTS),
        TooManyRecipients: (422, RECIPIENTS),
        RealtimeTooSoon: (422, OPTIONS),
        errors.InvalidCallback: (422, OPTIONS),
        errors.IdempotencyKeyReused: (422, 1002),
        TransactionClosed: (422, 212),
        AlreadySending: (422, 221),
        errors.AccountBlocklisted: (403, 310),
        errors.NoRoute: (503, 311),
        errors.CreditTooLow: _CREDIT,
        errors.GuardRefused: _CREDIT,
        BodyTooLarge: (BODY_TOO_LARGE.status, BODY_TOO_LARGE.status),
        # And no header that asks to try again.
        errors.OutcomeUnknown: (NOT_NOW.status, NOT_NOW.status),
        errors.NotAcceptingNow: (NOT_NOW.status, NOT_NOW.status),
        ConnectionLost: (NOT_NOW.status, NOT_NOW.status),
        TryAgain: (NOT_NOW.status, NOT_NOW.status),
    }
)


def refusal(error: Exception) -> Answer | None:
    """The answer to a failure that the caller can act on; None for a fault of ours."""
    if isinstance(error, Refused):
        return envelope(error.status, str(error), error.number)
    kind = next((kind for kind in type(error).__mro__ if kind in CODES), None)
    if kind is None:
        return None
    status, number = CODES[kind]
    match error:
        case errors.NotAcceptingNow():
            return envelope(status, str(error), number, retry_after(error.retry_after_seconds))
        case ConnectionLost() | TryAgain():
            return envelope(status, _DATABASE_AWAY, number, retry_after(_RETRY_AFTER_SECONDS))
    return envelope(status, str(error), number)
