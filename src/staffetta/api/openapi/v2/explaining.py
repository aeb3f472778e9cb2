"""What POST /explain answers."""

from typing import Final

from staffetta.api.openapi.schemas import (
    amount,
    described,
    flag,
    inner,
    many,
    nullable,
    text,
    whole,
)
from staffetta.api.openapi.v2.objects import NUMBER, PHONE, data_of
from staffetta.api.openapi.words import words
from staffetta.domain.encodings import Encoding
from staffetta.domain.environments import Market

_ENCODINGS: Final = [one.value for one in Encoding]
_REGION: Final = "^([A-Z]{2}|001)$"

_REFUSAL: Final = described(
    "ExplainedRefusal",
    words("A check that refuses the send."),
    {
        "status": whole(words("The HTTP status it would be answered with."), 402),
        "code": whole(words("The number it would be answered with."), 2001),
        "message": text(
            words("The sentence it would be answered with."),
            "the credit is too low: 0.045 needed, 0.02 available",
        ),
    },
)
_RECIPIENT: Final = described(
    "ExplainedRecipient",
    words("How the number was read."),
    {
        "number": text(words("The number in E.164."), NUMBER, pattern=PHONE),
        "internationalPrefix": text(words("Its calling code."), "39", pattern="^[0-9]{1,3}$"),
        "countryCode": text(words("Its country, ISO 3166."), "IT", pattern=_REGION),
    },
)
_SENDER: Final = described(
    "ExplainedSender",
    words("Which sender would be used, and why."),
    {
        "asked": nullable(text(words("What was asked for."), "ACME")),
        "used": nullable(text(words("What would be used; null where it is refused."), "ACME")),
        "rule": text(
            words("What a sender must be."),
            "3 to 11 unaccented letters, digits and spaces, not digits alone",
        ),
    },
)
_FORCING: Final = described(
    "ForcingCharacter",
    words("A character that GSM-7 does not have."),
    {
        "character": text(words("The character."), "…"),
        "codePoint": text(
            words("Its code point in Unicode."), "U+2026", pattern="^U\\+[0-9A-F]{4,6}$"
        ),
        "name": text(words("Its name in Unicode."), "HORIZONTAL ELLIPSIS"),
        "count": whole(words("How often it stands in the text."), 1, minimum=1),
        "position": whole(words("Where it stands first; the first place is 0."), 9, minimum=0),
        "replacement": nullable(
            text(words("What could stand in its place; null where nothing could."), "...")
        ),
    },
)
_REPLACED: Final = described(
    "ReplacedText",
    words("The text with every replacement there is, and what it would need then."),
    {
        "message": text(words("The text."), "It's here..."),
        "name": text(words("Its encoding."), Encoding.GSM_7.value, enum=_ENCODINGS),
        "charactersCount": whole(words("How long it is."), 12, minimum=0),
        "messageCount": whole(words("How many segments it needs."), 1, minimum=1),
    },
)
_ENCODING: Final = described(
    "ExplainedEncoding",
    words("How the text is written, and why."),
    {
        "name": text(words("The encoding."), Encoding.UCS_2.value, enum=_ENCODINGS),
        "charactersCount": whole(
            words("How long the text is: septets in GSM-7, code units in UCS-2."), 10, minimum=0
        ),
        "messageCount": whole(words("How many segments it is sent in."), 1, minimum=1),
        "reason": text(
            words("Why this encoding."), "1 of its characters are not in the GSM 03.38 alphabet"
        ),
        "forcedBy": many(words("The characters that make it UCS-2."), _FORCING),
        "replaced": nullable(
            inner(words("What could be sent instead; null where nothing could."), _REPLACED)
        ),
    },
)
_SEGMENT: Final = described(
    "ExplainedSegment",
    words("One segment."),
    {
        "number": whole(words("Its place, from 1."), 1, minimum=1),
        "message": text(words("Its part of the text."), "It's here…"),
    },
)
_WRITTEN: Final = described(
    "WrittenText",
    words("The text as a carrier gets it who wants it another way."),
    {
        "how": text(words("What is done with it."), "it is written in Latin-1"),
        "name": text(words("Its encoding."), "Latin-1"),
        "message": text(words("What a phone shows."), "It's here..."),
        "messageCount": whole(words("How many segments it needs."), 1, minimum=1),
    },
)
_ROUTE: Final = described(
    "ExplainedRoute",
    words("A route that leads to the recipient, and why it is chosen or not."),
    {
        "connector": whole(words("The number of the connector."), 1),
        "countryCode": text(words("The country it is for; `*` for any."), "IT"),
        "rank": whole(words("Its rank: the lowest goes first."), 0),
        "price": amount(words("What a segment costs."), 0.045, minimum=0),
        "linksBound": whole(
            words("How many links are bound now; with none, a message waits."), 1, minimum=0
        ),
        "chosen": flag(words("Whether a message would go this way."), example=True),
        "reason": text(words("Why, or why not."), "it goes first"),
        "written": nullable(
            inner(
                words("How the carrier gets the text, where that is not the usual way."), _WRITTEN
            )
        ),
    },
)
_PRICE: Final = described(
    "ExplainedPrice",
    words("What it would cost. Nothing is charged by asking."),
    {
        "price": amount(words("A segment."), 0.045, minimum=0),
        "totalPrice": amount(words("The segments that no bundle pays for."), 0.045, minimum=0),
        "charged": text(
            words("When it is charged."), "on acceptance", enum=["on acceptance", "when sent"]
        ),
        "bundleSegments": whole(words("How many segments bundles pay for."), 0, minimum=0),
        "held": amount(words("What is held until a carrier accepts."), 0, minimum=0),
        "needed": amount(words("What the wallet must have."), 0.045, minimum=0),
        "available": amount(words("What the wallet has."), 1000),
    },
)
EXPLANATION: Final = described(
    "Explanation",
    words("What would become of a send. What could not be found out is null."),
    {
        "accepted": flag(words("Whether it would be answered 201 now."), example=True),
        "market": text(
            words("Whose rules hold."), Market.ITALY.value, enum=[one.value for one in Market]
        ),
        "refusals": many(
            words("Every check that refuses it, in their order: a send gets the first."), _REFUSAL
        ),
        "recipient": nullable(inner(words("How the number was read."), _RECIPIENT)),
        "sender": inner(words("The sender."), _SENDER),
        "encoding": nullable(inner(words("The encoding."), _ENCODING)),
        "segments": many(words("The segments."), _SEGMENT),
        "routes": many(words("The routes, the best first."), _ROUTE),
        "price": nullable(inner(words("The price."), _PRICE)),
    },
)
EXPLANATION_ANSWER: Final = data_of("ExplanationAnswer", EXPLANATION)
