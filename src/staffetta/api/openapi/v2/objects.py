"""The objects of v2: the Message, the callback, what is said of senders and codes."""

from typing import Final

from staffetta.api.openapi.schemas import (
    Field,
    amount,
    asked,
    described,
    flag,
    inner,
    many,
    moment,
    nullable,
    optional,
    shown_as,
    text,
    whole,
)
from staffetta.api.openapi.sends import HOUR, MESSAGE_ID
from staffetta.api.openapi.tree import Named
from staffetta.api.openapi.words import Text, words
from staffetta.api.v2.render import STATES
from staffetta.callbacks.target import (
    CUSTOM_BYTES_MAX,
    FIELD_CHARACTERS_MAX,
    HEADER_VALUE_CHARACTERS_MAX,
    HEADERS_MAX,
    RETRY_MAX,
    URL_CHARACTERS_MAX,
)
from staffetta.compliance.senders import SenderState
from staffetta.domain.encodings import Encoding
from staffetta.messaging.accept import AcceptRules
from staffetta.messaging.read import DRY_RUN_KEPT
from staffetta.otp.codes import LENGTH_DEFAULT, LENGTH_MAX, LENGTH_MIN
from staffetta.otp.send import CACHE_SECONDS_MAX
from staffetta.otp.verify import TRIES_MAX

ID: Final = "^[0-9a-f]{24}$"
NUMBER: Final = "+393331234567"
PHONE: Final = "^\\+[0-9]{1,15}$"
COUNTRY: Final = "^[A-Z]{2}$"
STATE_WORDS: Final = tuple(dict.fromkeys(STATES.values()))
CREATED_AT: Final = "2026-03-14T09:26:53Z"

DRY_RUN: Final = words(
    "Check and price everything, send and charge nothing. The message is found by its id for"
    " {hours} hours, is not listed, and stays NEW.",
    hours=DRY_RUN_KEPT // HOUR,
)
ONE_SEGMENT: Final = words("Refuse a text that needs more than one segment (2030).")
OPTIONS: Final = described(
    "Options",
    words("The options, with their defaults filled in."),
    {
        "dryRun": flag(DRY_RUN, example=False),
        "failOnMultipleMessages": flag(ONE_SEGMENT, example=False),
    },
)


def _callback_fields() -> dict[str, Field]:
    return {
        "url": text(
            words(
                "Where to: http or https, to a public address unless an operator allows other"
                " networks. No user name in it."
            ),
            "https://example.com/sms",
            format="uri",
            maxLength=URL_CHARACTERS_MAX,
        ),
        "method": text(
            words("`JSON`: POST, the JSON as the body. `POST`: a form with the JSON in one field."),
            "JSON",
            enum=["JSON", "POST"],
            default="JSON",
        ),
        "field": text(
            words("With `POST`, the form field that holds the JSON."),
            "data",
            minLength=1,
            maxLength=FIELD_CHARACTERS_MAX,
            default="data",
        ),
        "retry": whole(
            words(
                "How many times to try again after the first try has failed. Where it is not given"
                " the account's setting holds, and 0 is shown."
            ),
            3,
            minimum=0,
            maximum=RETRY_MAX,
        ),
        "headers": Field(
            {
                "type": "object",
                "description": words(
                    "Headers to send along, a secret for instance. Those that frame a request, and"
                    " `webhook-*`, are the server's to set."
                ),
                "maxProperties": HEADERS_MAX,
                "additionalProperties": {
                    "type": "string",
                    "maxLength": HEADER_VALUE_CHARACTERS_MAX,
                },
                "examples": [{"X-Secret": "a long word"}],
            },
            {"X-Secret": "a long word"},
        ),
        "custom": custom(
            words(
                "Any object, up to {bytes} bytes as JSON: it comes back in every callback.",
                bytes=f"{CUSTOM_BYTES_MAX:,}",
            )
        ),
    }


def custom(said: Text) -> Field:
    """What a customer wants to have back."""
    example = {"order": "A-1027"}
    kind = {"type": "object", "description": said, "additionalProperties": True}
    return Field({**kind, "examples": [example]}, example)


CALLBACK_ASKED: Final = asked(
    "CallbackOptions",
    words(
        "Where to tell of each change of state after the 201: of PENDING, then of the final one."
    ),
    {
        name: field if name == "url" else optional(nullable(field))
        for name, field in _callback_fields().items()
    },
)
CALLBACK_SHOWN: Final = described(
    "Callback",
    words("The callback that was asked for, with its defaults filled in."),
    {
        name: nullable(field) if name == "custom" else field
        for name, field in _callback_fields().items()
    },
)

MESSAGE_FIELDS: Final[dict[str, Field]] = {
    "id": text(words("The message's id, 24 hexadecimal digits."), MESSAGE_ID, pattern=ID),
    "username": text(words("The account's e-mail address."), "anna@example.com"),
    "state": text(
        words(
            "NEW: not sent yet. PENDING: a carrier has it. Then one of DELIVERED, UNDELIVERABLE,"
            " REJECTED (refused, or cancelled) and EXPIRED (no outcome within {hours} hours).",
            hours=AcceptRules().time_to_live // HOUR,
        ),
        "NEW",
        enum=list(STATE_WORDS),
    ),
    "sender": text(words("The sender that the recipient sees."), "ACME"),
    "recipient": text(words("The recipient's number in E.164."), NUMBER, pattern=PHONE),
    "internationalPrefix": text(
        words("The calling code of the recipient's number."), "39", pattern="^[0-9]{1,3}$"
    ),
    "countryCode": text(
        words("The country of the recipient's number, ISO 3166; 001 for one of no country."),
        "IT",
        pattern="^([A-Z]{2}|001)$",
    ),
    "message": text(
        words(
            "The text as it was given. In a one-time password that is read again, asterisks"
            " stand for the code."
        ),
        "Your order A-1027 is on its way.",
    ),
    "encoding": text(
        words(
            "GSM-7 where every character of the text is in the GSM 03.38 alphabet or its extension"
            " table, else UCS-2."
        ),
        Encoding.GSM_7.value,
        enum=[one.value for one in Encoding],
    ),
    "charactersCount": whole(
        words("How long the text is: septets in GSM-7, code units in UCS-2."), 32, minimum=0
    ),
    "messageCount": whole(words("How many segments it is sent in."), 1, minimum=1),
    "price": amount(
        words(
            "The price of a segment, in the account's currency. Where it is known only when a"
            " carrier has accepted (WW and one-time passwords), 0 until then."
        ),
        0.045,
        minimum=0,
    ),
    "totalPrice": amount(
        words("The price of the segments that no bundle pays for."), 0.045, minimum=0
    ),
    "blocklisted": flag(words("Whether forbidden words were found."), example=False),
    "blocklistedReason": nullable(shown_as(text(words("Which ones, and where."), None), None)),
    "options": inner(words("The options of the send."), OPTIONS),
    "callback": nullable(inner(words("The callback that was asked for."), CALLBACK_SHOWN)),
    "createdAt": moment(words("When the message was accepted."), CREATED_AT),
    "updatedAt": moment(words("When its state changed last."), CREATED_AT),
    "sentAt": nullable(moment(words("When a carrier accepted it."), None)),
    "deliveredAt": nullable(moment(words("When it was delivered."), None)),
    "possiblyDuplicate": optional(
        flag(
            words(
                "True where a segment had to be sent again without knowing whether the first try"
                " had arrived; else absent."
            ),
            example=True,
        )
    ),
    "sendAt": optional(
        moment(words("When it was to be sent, where that was not at once."), CREATED_AT)
    ),
}
MESSAGE: Final = described("Message", words("A message as its account sees it."), MESSAGE_FIELDS)

TOLD: Final = described(
    "CallbackBody",
    words("What a callback says: the Message as it was when its state changed, and `custom`."),
    {
        **MESSAGE_FIELDS,
        "state": shown_as(MESSAGE_FIELDS["state"], "DELIVERED"),
        "sentAt": shown_as(MESSAGE_FIELDS["sentAt"], "2026-03-14T09:26:54Z"),
        "deliveredAt": shown_as(MESSAGE_FIELDS["deliveredAt"], "2026-03-14T09:26:57Z"),
        "custom": nullable(custom(words("The `custom` of the callback, as it was given."))),
    },
)

OTP_OPTIONS: Final = described(
    "OtpOptions",
    words("How the code was asked for, with the defaults filled in."),
    {
        "length": whole(
            words("How many characters the code has."),
            LENGTH_DEFAULT,
            minimum=LENGTH_MIN,
            maximum=LENGTH_MAX,
        ),
        "alphanumeric": flag(words("Whether it has capital letters, too."), example=False),
        "cacheSeconds": whole(
            words("How long the same code goes to the same number."),
            0,
            minimum=0,
            maximum=CACHE_SECONDS_MAX,
        ),
    },
)
OTP_MESSAGE: Final = described(
    "OtpMessage",
    words("The Message that carries a one-time password, and the code."),
    {
        **MESSAGE_FIELDS,
        "sender": shown_as(MESSAGE_FIELDS["sender"], "OTP MOBILE"),
        "message": shown_as(
            MESSAGE_FIELDS["message"],
            "Il suo codice di verifica è 50318. Non lo comunichi a nessuno.",
        ),
        "charactersCount": shown_as(MESSAGE_FIELDS["charactersCount"], 62),
        "price": shown_as(MESSAGE_FIELDS["price"], 0),
        "totalPrice": shown_as(MESSAGE_FIELDS["totalPrice"], 0),
        "isOtp": flag(words("Always true."), example=True),
        "otp": nullable(
            text(
                words("The code, which is shown in this answer alone; null in a dry run."), "50318"
            )
        ),
        "otpOptions": inner(words("How the code was asked for."), OTP_OPTIONS),
    },
)
VERDICT: Final = described(
    "Verdict",
    words("Whether it was the code."),
    {
        "verified": flag(words("Whether it was. The code is used up then."), example=True),
        "triesLeft": optional(
            whole(
                words("After a wrong code: how many tries are left."),
                TRIES_MAX - 1,
                minimum=0,
                maximum=TRIES_MAX,
            )
        ),
    },
)
SENDER: Final = described(
    "Sender",
    words("A sender that was asked for, in one country."),
    {
        "countryCode": text(words("The country, ISO 3166."), "IT", pattern=COUNTRY),
        "sender": text(words("The sender; capitals count."), "ACME"),
        "state": text(
            words("Whether an operator has decided. In the sandbox it is approved at once."),
            SenderState.APPROVED.value,
            enum=[one.value for one in SenderState],
        ),
    },
)
REFUSAL: Final = described(
    "Refusal",
    words("Why a call was refused."),
    {
        "code": whole(words("The number of the reason."), 1001),
        "message": text(
            words("What is wrong, and what was expected; in English."),
            "the field recipient is missing: it must be a string",
        ),
    },
)


def data_of(name: str, one: Field | Named, more: dict[str, Field] | None = None) -> Named:
    """The success body around what a call answers."""
    said = words("What was asked for.")
    field = inner(said, one) if isinstance(one, Named) else one
    return described(
        name, words("The answer to a call that was granted."), {"data": field, **(more or {})}
    )


MESSAGE_ANSWER: Final = data_of("MessageAnswer", MESSAGE)
OTP_ANSWER: Final = data_of("OtpAnswer", OTP_MESSAGE)
VERDICT_ANSWER: Final = data_of("VerdictAnswer", VERDICT)
SENDER_ANSWER: Final = data_of("SenderAnswer", SENDER)
SENDERS_ANSWER: Final = data_of(
    "SendersAnswer", many(words("The senders, by country and name."), SENDER)
)
MESSAGES_ANSWER: Final = data_of(
    "MessagesAnswer",
    many(words("The messages, the newest first."), MESSAGE),
    {
        "nextCursor": optional(
            text(
                words("Where the next page begins; absent where there is none."),
                MESSAGE_ID,
                pattern=ID,
            )
        )
    },
)
