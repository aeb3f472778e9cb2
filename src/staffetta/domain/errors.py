"""Failures that a caller can act on. Anything else that raises is a bug.

StaffettaError
├── MessageRefused                  the message breaks a rule (contract section 5, its codes)
│   ├── InvalidRecipient            2011
│   ├── WrongCountry                2013
│   ├── InvalidSender               2021
│   ├── NumericSender               2024
│   ├── TooManySegments             2030: the caller asked for one segment at most
│   ├── InvalidText                 2031: empty, or longer than the limit
│   ├── SenderNotApproved           2025
│   ├── GuardRefused                2040: an OTP rate, a country, the daily cap
│   ├── ForbiddenWords              2044 or 2050
│   ├── InvalidCallback             2060
│   ├── NoRoute                     2080
│   ├── CreditTooLow                2001
│   │   └── TokenLimitReached       2001: not the wallet's, but what this token may spend
│   └── PriceChanged                none: it is more than somebody agreed to in the console
├── IdempotencyKeyReused            1002
├── OtpOver                         1031: used, expired, out of tries
├── NotWaiting                      2075: too late to cancel
├── AccountBlocklisted              2020
├── OutcomeUnknown                  2081: the database was lost while a message was being stored
└── NotAcceptingNow                 2081: try again later, nothing was kept

An error's text is the sentence for the user: what is wrong, and what is expected. The HTTP status
and the number belong to the API's edge, one table per generation.
"""


class StaffettaError(Exception):
    """The root of what callers can act on."""


class MessageRefused(StaffettaError):
    """A message that breaks a rule; nothing was stored and nothing charged."""


class InvalidRecipient(MessageRefused):
    """Not a mobile number in E.164."""


class WrongCountry(MessageRefused):
    """A valid number, but not of the market's country."""


class InvalidSender(MessageRefused):
    """A sender that is not 3 to 11 ASCII letters, digits and spaces."""


class NumericSender(MessageRefused):
    """A sender made of digits alone."""


class TooManySegments(MessageRefused):
    """`failOnMultipleMessages`, and the text needs more than one segment."""


class InvalidText(MessageRefused):
    """A text that is empty, too long, or holds characters no SMS can carry."""


class SenderNotApproved(MessageRefused):
    """A sender that no operator approved, in a country where that is needed."""


class GuardRefused(MessageRefused):
    """A guard of the account: an OTP rate, a country not allowed, the daily spending cap."""


class PriceChanged(MessageRefused):
    """It would cost more, or go to others, than somebody was shown and agreed to."""


class ForbiddenWords(MessageRefused):
    """Words on the operator's list, in the text or the sender.

    Unlike the other refusals it is kept: outside a dry run the message is stored and the account
    blocked.
    """

    def __init__(self, sentence: str, *, charged_at_once: bool) -> None:
        super().__init__(sentence)
        self.charged_at_once = charged_at_once  # IT and ES, really sent: 2050, else 2044


class InvalidCallback(MessageRefused):
    """A callback whose url, method, field, retry or headers cannot be used."""


class NoRoute(MessageRefused):
    """No route is configured to this destination."""


class CreditTooLow(MessageRefused):
    """The wallet cannot cover the message."""

    def __init__(self, needed_micro: int, available_micro: int, sentence: str) -> None:
        super().__init__(sentence)
        self.needed_micro = needed_micro
        self.available_micro = available_micro


class TokenLimitReached(CreditTooLow):
    """The token may not spend any more, or not so much, whatever the wallet has."""


class IdempotencyKeyReused(StaffettaError):
    """An Idempotency-Key that came before with another body."""


class NotWaiting(StaffettaError):
    """A message that cannot be cancelled any more."""


class OtpOver(StaffettaError):
    """A one-time password that was used, has expired, or had too many wrong tries."""


class AccountBlocklisted(StaffettaError):
    """The account may not send in this environment until an operator lifts the block."""

    def __init__(self) -> None:
        super().__init__(
            "the account is blocklisted in this environment: "
            "it may send again when an operator lifts the block"
        )


class OutcomeUnknown(StaffettaError):
    """The database was lost while a message was being stored, and could not be asked about it."""


class NotAcceptingNow(StaffettaError):
    """Whether the request was kept is known: it was not. Try again."""

    def __init__(self, sentence: str, retry_after_seconds: int = 2) -> None:
        super().__init__(sentence)
        self.retry_after_seconds = retry_after_seconds
