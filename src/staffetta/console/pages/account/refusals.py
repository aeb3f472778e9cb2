"""Why a message is not taken, in the reader's language and beside the field that it is about.

The exact sentence is the one that the API answers, in English; ours says what to do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from staffetta.console.languages import mark
from staffetta.domain.errors import (
    AccountBlocklisted,
    CreditTooLow,
    ForbiddenWords,
    GuardRefused,
    IdempotencyKeyReused,
    InvalidRecipient,
    InvalidSender,
    InvalidText,
    NoRoute,
    NotAcceptingNow,
    NumericSender,
    OutcomeUnknown,
    SenderNotApproved,
    StaffettaError,
    TooManySegments,
)
from staffetta.messaging.bulk.errors import NoRecipient, TooManyRecipients
from staffetta.messaging.recipient_files.errors import WrongFile

WHOLE: Final = "whole"  # stands for what is about no field


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason."""

    field: str
    sentence: str  # English; translated when it is shown
    detail: str  # as the API says it; "" where that adds nothing


# By the kind of error: the field, and a sentence for people.
_SAID: Final[Mapping[type[StaffettaError], tuple[str, str]]] = MappingProxyType(
    {
        InvalidRecipient: (
            "recipient",
            mark("Write a mobile number with its country, like +39 333 1234567."),
        ),
        NoRoute: ("recipient", mark("There is no way to this country yet. Nothing was charged.")),
        GuardRefused: (
            "recipient",
            mark("A limit of the account forbids this: its countries, or its spending in a day."),
        ),
        InvalidSender: (
            "sender",
            mark("A sender has 3 to 11 letters, digits or spaces, without accents."),
        ),
        NumericSender: ("sender", mark("A sender needs at least one letter.")),
        SenderNotApproved: ("sender", mark("This sender is not approved for this country yet.")),
        InvalidText: (
            "text",
            mark("No SMS can carry this text: it is empty, or too long, or has a wrong character."),
        ),
        TooManySegments: ("text", mark("This text needs more than one segment.")),
        ForbiddenWords: (
            "text",
            mark("There are forbidden words here. A message with them blocks the account."),
        ),
        CreditTooLow: (WHOLE, mark("The credit is not enough for this. Nothing was sent.")),
        AccountBlocklisted: (
            WHOLE,
            mark("This account is blocked in this environment, until an operator lifts the block."),
        ),
        IdempotencyKeyReused: (
            WHOLE,
            mark("This form was sent before with other contents. Send it again to send this, too."),
        ),
        NotAcceptingNow: (
            WHOLE,
            mark("The gateway is busy, and nothing was sent. Try again in some seconds."),
        ),
        OutcomeUnknown: (
            WHOLE,
            mark("Nobody knows whether this was sent. Look at the list of messages first."),
        ),
        WrongFile: (WHOLE, mark("This file cannot be used.")),
        NoRecipient: ("recipients", mark("There is no number here that can get this message.")),
        TooManyRecipients: (
            "recipients",
            mark("There are more recipients than one message may have."),
        ),
    }
)


def refusal_of(error: StaffettaError) -> Refusal:
    """What to show of an error."""
    for kind in type(error).__mro__:
        if kind in _SAID:
            field, sentence = _SAID[kind]
            return Refusal(field, sentence, str(error))
    return Refusal(WHOLE, mark("This message is not taken."), str(error))


def by_field(errors: Iterable[StaffettaError]) -> dict[str, list[Refusal]]:
    """Refusals under the fields that they are about, in their order."""
    found: dict[str, list[Refusal]] = {}
    for error in errors:
        refusal = refusal_of(error)
        found.setdefault(refusal.field, []).append(refusal)
    return found
