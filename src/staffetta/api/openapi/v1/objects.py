"""The objects of v1: the Message, a line of the list, and what a callback says."""

from collections.abc import Mapping
from typing import Final

from staffetta.api.openapi.schemas import (
    Field,
    always,
    amount,
    described,
    either,
    flag,
    inner,
    many,
    optional,
    shown_as,
    text,
    whole,
)
from staffetta.api.openapi.sends import HOUR
from staffetta.api.openapi.tree import Named
from staffetta.api.openapi.v1.recipients import MESSAGE_ID, RECIPIENT, REPORTED
from staffetta.api.openapi.words import Text, words
from staffetta.api.v1.parse import PRIORITY_MAX
from staffetta.messaging.bulk.gather import RECIPIENTS_MAX as TOLD_MAX
from staffetta.messaging.bulk.request import TRANSACTION_KEPT
from staffetta.messaging.bulk.rows import INVALID_LISTED_MAX

ID: Final = "^[0-9a-f]{24}$"
MILLISECONDS: Final = "^[0-9]+$"
CREATED_AT: Final = "1773480413000"
TEXT: Final = "Your order A-1027 is on its way."
CALLBACK_URL: Final = "https://example.com/sms"
_STATES: Final = range(5)
_ANY_JSON: Final = ("object", "array", "string", "number", "boolean")


def milliseconds(said: Text, example: str = CREATED_AT) -> Field:
    """A time as v1 shows it."""
    return text(said, example, pattern=MILLISECONDS)


def custom(said: Text) -> Field:
    """What a customer wants to have back."""
    return either(said, {"order": "A-1027"}, _ANY_JSON)


_VALID: Final = described(
    "ValidRecipients",
    words("The recipients that are numbers."),
    {"count": whole(words("How many there are, each number once."), 1, minimum=0)},
)
_INVALID: Final = described(
    "InvalidRecipients",
    words("What was given as a recipient, and is none."),
    {
        "total": whole(words("How many there are."), 0, minimum=0),
        "list": many(
            words("The first {most} of them, as they were given.", most=f"{INVALID_LISTED_MAX:,}"),
            Field({"type": "string"}, "3331234567"),
            maxItems=INVALID_LISTED_MAX,
        ),
    },
)
_RECIPIENT_FIELDS: Final[Mapping[str, Field]] = {
    "valid": inner(words("The recipients that are numbers."), _VALID),
    "invalid": inner(words("What is no number. It refuses nobody else."), _INVALID),
}
_COUNTED: Final = described(
    "CountedRecipients", words("How many recipients there are."), _RECIPIENT_FIELDS
)
_OPTIONS: Final = described(
    "Options",
    words("The options, with their defaults filled in."),
    {
        "bulk": flag(words("As it was given; it changes nothing."), example=False),
        "flash": flag(words("Whether phones show it at once, and do not keep it."), example=False),
        "realtime": flag(words("Whether it goes before everything else."), example=False),
        "timestamp_send": milliseconds(
            words("When it is sent, or was: milliseconds since 1970, as text.")
        ),
        "custom": optional(custom(words("What was given to have back."))),
        "callback_url": optional(text(words("Where changes are told."), CALLBACK_URL)),
        "callback_field": optional(
            text(words("The form field that a callback's JSON comes in."), "data")
        ),
    },
)
_STATISTICS: Final = described(
    "Statistics",
    words("How far it is, counted now. Cancelled recipients are in `total` alone."),
    {
        "error": whole(words("Recipients that will not get it."), 0, minimum=0),
        "sent": whole(
            words("Recipients whose message a carrier has, the delivered included."), 0, minimum=0
        ),
        "delivered": whole(words("Recipients that have it."), 0, minimum=0),
        "total": whole(words("Recipients in all: those that are numbers."), 1, minimum=0),
        "sms_total": whole(words("Segments of all recipients."), 1, minimum=0),
    },
)
_ID: Final = text(
    words("The message's id: 24 hexadecimal digits, the first 8 the second of its creation."),
    MESSAGE_ID,
    pattern=ID,
)
_SENDER: Final = text(words("The sender that recipients see."), "ACME")
_TIMESTAMP: Final = milliseconds(
    words("When the message was accepted: milliseconds since 1970, as text.")
)

MESSAGE_FIELDS: Final[Mapping[str, Field]] = {
    "test": flag(words("Whether sending was only tried out."), example=False),
    "sender": _SENDER,
    "body": text(words("The text as it was given, its places not filled in."), TEXT),
    "recipients": inner(words("How many recipients there are."), _COUNTED),
    "transaction": flag(
        words(
            "Whether it is open: it takes recipients, and is not sent. After {hours} hours it is"
            " discarded.",
            hours=TRANSACTION_KEPT // HOUR,
        ),
        example=False,
    ),
    "options": inner(words("The options."), _OPTIONS),
    "statistics": inner(words("How far it is."), _STATISTICS),
    "base_price": amount(
        words("What all segments of all recipients cost, before priority and options."),
        0.045,
        minimum=0,
    ),
    "timestamp": _TIMESTAMP,
    "last_update": milliseconds(
        words("When something changed last: milliseconds since 1970, as text.")
    ),
    "priority": amount(words("Its priority."), 1, minimum=1, maximum=PRIORITY_MAX),
    "price": amount(
        words(
            "`base_price` times `priority`, times what the options cost. An estimate while the"
            " transaction is open. What is refunded later does not change it."
        ),
        0.045,
        minimum=0,
    ),
    "state": whole(
        words(
            "0: it waits, or is open. 1: it is being sent. 2: finished. 3: cancelled, or a"
            " transaction that was discarded. 4: it failed for every recipient."
        ),
        0,
        enum=list(_STATES),
    ),
    "id": _ID,
}
MESSAGE: Final = described("Message", words("A message as its account sees it."), MESSAGE_FIELDS)
_LISTED: Final = described(
    "ListedMessage",
    words("A line of the list."),
    {"sender": _SENDER, "timestamp": _TIMESTAMP, "id": _ID},
)
_TOLD_RECIPIENTS: Final = described(
    "ToldRecipients",
    words("How many recipients there are, and those that changed."),
    {
        **_RECIPIENT_FIELDS,
        "list": shown_as(
            many(
                words(
                    "The recipients that changed since the callback before, at most {most}.",
                    most=f"{TOLD_MAX:,}",
                ),
                RECIPIENT,
                maxItems=TOLD_MAX,
            ),
            [REPORTED],
        ),
    },
)
TOLD: Final = described(
    "CallbackBody",
    words("What a callback says: the Message as it is now, with the recipients that changed."),
    {
        **MESSAGE_FIELDS,
        "recipients": inner(
            words("How many recipients there are, and those that changed."), _TOLD_RECIPIENTS
        ),
        "statistics": shown_as(
            MESSAGE_FIELDS["statistics"], {**_STATISTICS.example, "sent": 1, "delivered": 1}
        ),
        "state": shown_as(MESSAGE_FIELDS["state"], 2),
    },
)


def answer_of(name: str, data: Field, sentence: str, credit: Field | None) -> Named:
    """The envelope of a success around what a call answers."""
    fields = {
        "data": data,
        "message": text(words("What was done, or how many were found."), sentence),
        **({} if credit is None else {"credit": credit}),
        "success": always(words("Whether the call succeeded: always, here."), value=True),
        "error": always(words("No refusal's number."), None),
    }
    return described(name, words("The envelope of a call that was granted."), fields)


_CREDIT: Final = text(
    words("What the account has after the call: an exact decimal, as text."),
    "999.955",
    pattern="^-?[0-9]+\\.[0-9]{2,6}$",
)
_CREDIT_NUMBER: Final = amount(
    words("What the account has: a number in the calls on recipients."), 999.955
)
_ONE: Final = {"minItems": 1, "maxItems": 1}
_MESSAGE_ALONE: Final = many(words("The message, alone in an array."), MESSAGE, **_ONE)

SENT_ANSWER: Final = answer_of("SentAnswer", _MESSAGE_ALONE, "Message Queued", _CREDIT)
READ_ANSWER: Final = answer_of("MessageAnswer", _MESSAGE_ALONE, "1 Result", _CREDIT)
CHANGED_ANSWER: Final = answer_of(
    "ChangedAnswer", inner(words("The message: an object, here."), MESSAGE), "Updated", _CREDIT
)
LISTED_ANSWER: Final = answer_of(
    "MessagesAnswer",
    many(words("The messages, the newest first."), _LISTED, minItems=1),
    "1 Result",
    _CREDIT,
)
CANCELLED_ANSWER: Final = answer_of(
    "CancelledAnswer",
    Field({"const": [], "description": words("Nothing: an empty array."), "examples": [[]]}, []),
    f"{MESSAGE_ID} Deleted",
    None,
)
RECIPIENTS_ANSWER: Final = answer_of(
    "RecipientsAnswer",
    many(words("The recipients, in the order they were given."), RECIPIENT, minItems=1),
    "1 Result",
    _CREDIT_NUMBER,
)
RECIPIENT_ANSWER: Final = answer_of(
    "RecipientAnswer",
    many(words("The recipient, alone in an array."), RECIPIENT, **_ONE),
    "1 Result",
    _CREDIT_NUMBER,
)
