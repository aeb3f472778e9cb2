"""What v2's calls are asked: words, limits and examples for the structs that its parsers decode."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

from staffetta.api.openapi.schemas import Given, body_of, given
from staffetta.api.openapi.tree import Named
from staffetta.api.openapi.v2.objects import (
    CALLBACK_ASKED,
    COUNTRY,
    CREATED_AT,
    DRY_RUN,
    NUMBER,
    ONE_SEGMENT,
    PHONE,
)
from staffetta.api.openapi.words import Words, words
from staffetta.api.v2.parse import ExplainBody, Options, SendBody
from staffetta.api.v2.parse_otp import CodeBody, OtpBody
from staffetta.api.v2.parse_sender import (
    RELATIONSHIP_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
    SenderBody,
)
from staffetta.domain.environments import Market
from staffetta.domain.phones import DIGITS_MAX
from staffetta.domain.senders import DEFAULT_SENDER, SENDER_LENGTH_MAX, SENDER_LENGTH_MIN
from staffetta.messaging.inspection import SEGMENTS_MAX, SEND_AHEAD_MAX
from staffetta.otp.codes import LENGTH_DEFAULT, LENGTH_MAX, LENGTH_MIN
from staffetta.otp.send import CACHE_SECONDS_MAX

NUMBERS: Final[Mapping[Market, str]] = {
    Market.ITALY: NUMBER,
    Market.SPAIN: "+34612345678",
    Market.WORLD: "+33612345678",
}
SENDER_PATTERN: Final = f"^([A-Za-z0-9 ]{{{SENDER_LENGTH_MIN},{SENDER_LENGTH_MAX}}})?$"

OPTIONS_ASKED: Final = body_of(
    "SendOptions",
    words("Options of a send."),
    Options,
    {
        "dryRun": given(DRY_RUN, False, default=False),
        "failOnMultipleMessages": given(ONE_SEGMENT, False, default=False),
    },
)
_RECIPIENT: Final = given(
    words("A mobile number in E.164: a plus and digits, at most {digits}.", digits=DIGITS_MAX),
    NUMBER,
    pattern=PHONE,
)
_OPTIONS: Final = given(
    words("Options; each is false unless given."), OPTIONS_ASKED.example, OPTIONS_ASKED
)
_CALLBACK: Final = given(
    words("Where to tell of changes of state."), CALLBACK_ASKED.example, CALLBACK_ASKED
)
_SEND_FIELDS: Final[Mapping[str, Given]] = {
    "recipient": _RECIPIENT,
    "message": given(
        words(
            "The text. It is neither normalised nor altered, and cut into at most {segments}"
            " segments as shipped: of 160 septets (153 each, when several) in GSM-7, of 70 code"
            " units (67) in UCS-2.",
            segments=SEGMENTS_MAX,
        ),
        "Your order A-1027 is on its way.",
        minLength=1,
    ),
    "sender": given(
        words(
            "The sender: {shortest} to {longest} unaccented letters, digits and spaces, not digits"
            " alone. Null or empty for the server's default, {default} as shipped.",
            shortest=SENDER_LENGTH_MIN,
            longest=SENDER_LENGTH_MAX,
            default=DEFAULT_SENDER,
        ),
        "ACME",
        pattern=SENDER_PATTERN,
        default=None,
    ),
    "options": _OPTIONS,
    "callback": _CALLBACK,
    "sendAt": given(
        words(
            "When to send: ISO 8601 with an offset, at most {days} days ahead. What is past means"
            " now.",
            days=SEND_AHEAD_MAX.days,
        ),
        CREATED_AT,
        format="date-time",
    ),
}

SEND: Final = body_of("SendRequest", words("A message to one recipient."), SendBody, _SEND_FIELDS)
EXPLAIN: Final = body_of(
    "ExplainRequest",
    words("A send that is to be explained."),
    ExplainBody,
    {
        # What breaks a rule is explained, and not refused.
        **{name: replace(one, inner=None, keywords={}) for name, one in _SEND_FIELDS.items()},
        "options": _OPTIONS,
        "sendAt": _SEND_FIELDS["sendAt"],
        "market": given(
            words("Whose rules and prices to explain; unless given, the recipient's."),
            "IT",
            enum=[one.value for one in Market],
        ),
    },
)
OTP: Final = body_of(
    "OtpRequest",
    words("A one-time password to one recipient."),
    OtpBody,
    {
        "recipient": _RECIPIENT,
        "alphanumeric": given(
            words("Capital letters and digits, without 0, O, 1 and I, instead of digits alone."),
            False,
            default=False,
        ),
        "length": given(
            words("How many characters the code has."),
            LENGTH_DEFAULT,
            minimum=LENGTH_MIN,
            maximum=LENGTH_MAX,
            default=LENGTH_DEFAULT,
        ),
        "cacheSeconds": given(
            words(
                "For so many seconds the same code goes to the same number. Each message is"
                " charged."
            ),
            0,
            minimum=0,
            maximum=CACHE_SECONDS_MAX,
            default=0,
        ),
        "options": _OPTIONS,
        "callback": _CALLBACK,
    },
)
CODE: Final = body_of(
    "CodeRequest",
    words("What a person typed."),
    CodeBody,
    {
        "code": given(
            words("The code as it was typed. Spaces around it and small letters are forgiven."),
            "50318",
        )
    },
)
ALIAS: Final = body_of(
    "AliasRequest",
    words("A sender to be approved, in one country."),
    SenderBody,
    {
        "countryCode": given(words("The country, ISO 3166."), "IT", pattern=COUNTRY),
        "sender": given(
            words(
                "The sender: {shortest} to {longest} unaccented letters, digits and spaces, not"
                " digits alone.",
                shortest=SENDER_LENGTH_MIN,
                longest=SENDER_LENGTH_MAX,
            ),
            "ACME",
            pattern=SENDER_PATTERN,
            minLength=SENDER_LENGTH_MIN,
        ),
        "trafficType": given(
            words("What it is for, in your words."), "orders", maxLength=TEXT_CHARACTERS_MAX
        ),
        "companyWebsite": given(
            words("Where the operator can read who you are."),
            "https://example.com",
            maxLength=TEXT_CHARACTERS_MAX,
        ),
        "industry": given(words("What the company does."), "retail", maxLength=TEXT_CHARACTERS_MAX),
        "senderCompanyRelationship": given(
            words("Why the sender is yours."), "our brand", maxLength=RELATIONSHIP_CHARACTERS_MAX
        ),
    },
)


def least_of(body: Named) -> Mapping[str, tuple[Words, Any]]:
    """The example with nothing but what is needed, by its name."""
    value = {name: body.example[name] for name in body.tree["required"]}
    return {"least": (words("Only what is needed"), value)}


def to_market(body: Named, market: Market) -> Named:
    """The body with a number of this market in its example."""
    return replace(body, example={**body.example, "recipient": NUMBERS[market]})
