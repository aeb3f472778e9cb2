"""What each failure is called in v2: one table from errors to HTTP status and code."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from staffetta.api.asgi import Answer
from staffetta.api.bodies import BodyTooLarge, BodyTooSlow, ClientGone
from staffetta.api.json_bodies import InvalidField, NotAnObject
from staffetta.api.refusals import BODY_TOO_LARGE, coded, retry_after
from staffetta.compliance.errors import TooManySenders
from staffetta.db.errors import ConnectionLost, TryAgain
from staffetta.domain import errors
from staffetta.otp.errors import UnknownOtp

_DATABASE_AWAY = "the database cannot be reached now: send the request again"
_RETRY_AFTER_SECONDS: Final = 2
_WORDS_AND_CHARGE: Final = 2050  # IT and ES, really sent


class InvalidOtpLength(errors.StaffettaError):
    """1020: a one-time password is to have fewer or more characters than can be."""


class InvalidCacheSeconds(errors.StaffettaError):
    """1021: a one-time password is to be repeated for longer than can be."""


class NoSenders(errors.StaffettaError):
    """2074: the account has asked for no sender yet."""


class NoSuchMessage(errors.StaffettaError):
    """2070: no message of this account has that id."""


CODES: Final[Mapping[type[Exception], tuple[int, int]]] = MappingProxyType(
    {
        NotAnObject: (400, 1000),
        BodyTooSlow: (400, 1000),
        ClientGone: (400, 1000),  # nobody hears it, but it is counted
        InvalidField: (422, 1001),
        errors.IdempotencyKeyReused: (422, 1002),
        InvalidOtpLength: (422, 1020),
        InvalidCacheSeconds: (422, 1021),
        errors.OtpOver: (422, 1031),
        errors.CreditTooLow: (402, 2001),
        errors.TokenLimitReached: (402, 2001),
        errors.InvalidRecipient: (422, 2011),
        errors.WrongCountry: (422, 2013),
        errors.AccountBlocklisted: (403, 2020),
        errors.InvalidSender: (422, 2021),
        errors.NumericSender: (422, 2024),
        errors.SenderNotApproved: (422, 2025),
        errors.TooManySegments: (422, 2030),
        errors.InvalidText: (422, 2031),
        errors.GuardRefused: (422, 2040),
        TooManySenders: (422, 2040),
        errors.ForbiddenWords: (422, 2044),
        errors.InvalidCallback: (422, 2060),
        NoSuchMessage: (404, 2070),
        UnknownOtp: (404, 2070),
        NoSenders: (404, 2074),
        errors.NotWaiting: (422, 2075),
        BodyTooLarge: (BODY_TOO_LARGE.status, BODY_TOO_LARGE.code),
        errors.NoRoute: (503, 2080),
        errors.NotAcceptingNow: (503, 2081),
        errors.OutcomeUnknown: (503, 2081),  # and no header that asks to try again
        ConnectionLost: (503, 2081),
        TryAgain: (503, 2081),
    }
)


def code_of(error: Exception) -> tuple[int, int]:
    """The HTTP status and the number of a failure of the table; StopIteration for others."""
    if isinstance(error, errors.ForbiddenWords) and error.charged_at_once:
        return 422, _WORDS_AND_CHARGE
    return CODES[next(kind for kind in type(error).__mro__ if kind in CODES)]


def refusal(error: Exception) -> Answer | None:
    """The answer to a failure that the caller can act on; None for a fault of ours."""
    if not any(kind in CODES for kind in type(error).__mro__):
        return None
    status, code = code_of(error)
    match error:
        case errors.NotAcceptingNow():
            return coded(status, code, str(error), retry_after(error.retry_after_seconds))
        case ConnectionLost() | TryAgain():
            return coded(status, code, _DATABASE_AWAY, retry_after(_RETRY_AFTER_SECONDS))
    return coded(status, code, str(error))
