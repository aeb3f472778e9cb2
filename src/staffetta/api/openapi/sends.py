"""What sends of several services have in common: keys that make repeats safe, and callbacks."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec

from staffetta.api.openapi.calls import FORM, JSON, Refusal
from staffetta.api.openapi.general import RETRY_AFTER
from staffetta.api.openapi.parameters import answer_header, request_header
from staffetta.api.openapi.schemas import optional, text
from staffetta.api.openapi.tree import Named, Tree
from staffetta.api.openapi.words import Text, Words, words
from staffetta.api.v2.parse import IDEMPOTENCY_KEY_CHARACTERS_MAX
from staffetta.callbacks.outcomes import FIRST_REPEAT, REPEAT_FACTOR
from staffetta.callbacks.target import RETRY_MAX
from staffetta.messaging.housekeeping import KEYS_KEPT
from staffetta.messaging.lost import outcome_unknown

HOUR: Final = timedelta(hours=1)
MESSAGE_ID: Final = "65f2c1a05e1f9b0c4d7a8e21"
REPEAT_MINUTES: Final = ", ".join(
    str(FIRST_REPEAT * REPEAT_FACTOR**count // timedelta(minutes=1)) for count in range(RETRY_MAX)
)
REPLAY: Final = answer_header(
    "IdempotentReplay",
    text(
        words(
            "`true` where this is the answer to an earlier request with the same Idempotency-Key:"
            " nothing was sent again."
        ),
        "true",
        enum=["true"],
    ),
)
OUTCOME_UNKNOWN: Final = Refusal(
    words(
        "The database was lost at the very end. The message names the id: read it, and send again"
        " only what is not there, or with the same Idempotency-Key."
    ),
    lambda: outcome_unknown(bytes.fromhex(MESSAGE_ID), has_key=False),
)
KEY: Final = Named(
    "parameters",
    "IdempotencyKey",
    request_header(
        "Idempotency-Key",
        optional(
            text(
                words(
                    "A key of your choice. The same key and body within {hours} hours are answered"
                    " as the first time, and nothing is sent again; the key with another body is"
                    " refused (1002).",
                    hours=KEYS_KEPT // HOUR,
                ),
                "order-A-1027-shipped",
                minLength=1,
                maxLength=IDEMPOTENCY_KEY_CHARACTERS_MAX,
            )
        ),
    ),
)
SIGNED: Final = words(
    "Signed as Standard Webhooks does: the HMAC-SHA256, with the account's secret, of id, timestamp"
    " and body, joined by full stops. Its libraries verify it."
)
_SIGNATURE: Final[Tree] = (
    request_header(
        "webhook-id",
        text(words("The callback's id, the same at every attempt."), f"cb_{MESSAGE_ID}"),
    ),
    request_header(
        "webhook-timestamp",
        text(words("When this attempt was made, in Unix seconds."), "1773480414"),
    ),
    request_header(
        "webhook-signature",
        text(
            words(
                "`v1,` and the signature in Base64. For a day after the secret was rotated there"
                " are two, with a space between."
            ),
            "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
        ),
    ),
)


class Told(msgspec.Struct, frozen=True):
    """What is sent to an address that a call named."""

    id: str  # in camel case, as the ids of calls
    summary: Words
    said: Text
    body: Named
    examples: Mapping[str, Any]
    form: Words  # when the body comes in a form
    repeated: Text  # what follows an answer that is no success


def callback(told: Told) -> Tree:
    """The operation of a callback."""
    as_form = {
        "type": "object",
        "description": told.form,
        "properties": {
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": told.body,
            }
        },
    }
    return {
        "operationId": told.id,
        "tags": [words("Callbacks")],
        "summary": told.summary,
        "description": told.said,
        "security": [],
        "parameters": _SIGNATURE,
        "requestBody": {
            "required": True,
            "content": {
                JSON: {"schema": told.body, "examples": told.examples},
                FORM: {"schema": as_form},
            },
        },
        "responses": {
            "2XX": {"description": words("It was received: nothing more is sent of it.")},
            "410": {"description": words("Nothing more is to be sent of it: it ends here.")},
            "default": {"description": told.repeated, "headers": {"Retry-After": RETRY_AFTER}},
        },
    }
