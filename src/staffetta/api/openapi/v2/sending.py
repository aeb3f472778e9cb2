"""The calls of v2 that send: to Italy, to Spain, to the world, and one-time passwords."""

from datetime import timedelta
from typing import Final

from staffetta.api.openapi.calls import FORM, JSON, Call, Refusal, Reply
from staffetta.api.openapi.general import RETRY_AFTER
from staffetta.api.openapi.parameters import answer_header, in_path, request_header
from staffetta.api.openapi.schemas import optional, text
from staffetta.api.openapi.tree import Named, Tree
from staffetta.api.openapi.v2 import refusals
from staffetta.api.openapi.v2.bodies import CODE, OTP, SEND, least_of, to_market
from staffetta.api.openapi.v2.objects import (
    HOUR,
    MESSAGE_ANSWER,
    MESSAGE_ID,
    OTP_ANSWER,
    TOLD,
    VERDICT_ANSWER,
)
from staffetta.api.openapi.words import Words, paragraphs, words
from staffetta.api.v2.parse import IDEMPOTENCY_KEY_CHARACTERS_MAX
from staffetta.callbacks.outcomes import FIRST_REPEAT, REPEAT_FACTOR
from staffetta.callbacks.target import RETRY_MAX
from staffetta.domain.environments import Market
from staffetta.messaging.housekeeping import KEYS_KEPT
from staffetta.otp.verify import TRIES_MAX

_REPEAT_MINUTES: Final = ", ".join(
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
MESSAGE_IN_PATH: Final = in_path(
    "MessageId",
    "message_id",
    text(words("The message's id."), MESSAGE_ID, pattern="^[0-9A-Fa-f]{24}$"),
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

_STATE_CHANGED: Final[Tree] = {
    "{$request.body#/callback/url}": {
        "post": {
            "operationId": "stateChanged",
            "tags": [words("Callbacks")],
            "summary": words("A message has changed its state"),
            "description": paragraphs(
                words(
                    "Sent once the message is PENDING, and with its final state. Delivered at"
                    " least once: `webhook-id` is the same at every attempt. A newer state takes"
                    " the place of an older one that is still unsent."
                ),
                words(
                    "Signed as Standard Webhooks does: the HMAC-SHA256, with the account's secret,"
                    " of id, timestamp and body, joined by full stops. Its libraries verify it."
                ),
            ),
            "security": [],
            "parameters": _SIGNATURE,
            "requestBody": {
                "required": True,
                "content": {
                    JSON: {
                        "schema": TOLD,
                        "examples": {
                            "delivered": {"summary": words("Delivered"), "value": TOLD.example}
                        },
                    },
                    FORM: {
                        "schema": {
                            "type": "object",
                            "description": words(
                                "With `callback.method` POST: a field of the name in"
                                " `callback.field`, `data` unless given."
                            ),
                            "properties": {
                                "data": {
                                    "type": "string",
                                    "contentMediaType": "application/json",
                                    "contentSchema": TOLD,
                                }
                            },
                        }
                    },
                },
            },
            "responses": {
                "2XX": {"description": words("It was received: nothing more is sent of it.")},
                "410": {"description": words("Nothing more is to be sent of it: it ends here.")},
                "default": {
                    "description": words(
                        "Anything else, a redirection too, or no answer within 30 seconds: it is"
                        " tried again, {minutes} minutes later, as often as `callback.retry`"
                        " says, and then kept for the operator to replay.",
                        minutes=_REPEAT_MINUTES,
                    ),
                    "headers": {"Retry-After": RETRY_AFTER},
                },
            },
        }
    }
}
_CALLBACKS: Final = {"stateChanged": Named("callbacks", "StateChanged", _STATE_CHANGED)}
_ACCEPTED: Final = words("The message is stored, and will be sent.")
_FIXED_PRICE: Final = words(
    "The price is fixed, and charged with the answer; bundles are used first."
)
_LATER_PRICE: Final = words(
    "The price depends on the recipient's network: it is 0 in the answer, and set and charged when"
    " a carrier has accepted. What it can cost at most is held until then; bundles are used first."
)


def _link(call_id: str, said: Words) -> Tree:
    """A call that goes on with the message of an answer."""
    which = {"message_id": "$response.body#/data/id"}
    return {"operationId": call_id, "parameters": which, "description": said}


_LINKS: Final = {
    "read": _link("getMessage", words("What became of the message.")),
    "cancel": _link("cancelMessage", words("Takes it back, while it waits for its time.")),
}
_SENT: Final = Reply(
    201, _ACCEPTED, MESSAGE_ANSWER, headers={"Idempotent-Replay": REPLAY}, links=_LINKS
)
_OTP_SENT: Final = Reply(
    201,
    _ACCEPTED,
    OTP_ANSWER,
    headers={"Idempotent-Replay": REPLAY},
    links={
        "read": _LINKS["read"],
        "verify": _link("verifyOtp", words("Checks what the person typed.")),
    },
)


def _send(market: Market, id_: str, summary: Words, said: Words, *refused: Refusal) -> Call:
    body = to_market(SEND, market)
    price = _FIXED_PRICE if market.charges_on_acceptance else _LATER_PRICE
    return Call(
        method="POST",
        path=f"/{market.value}-messages",
        id=id_,
        tag="sending",
        summary=summary,
        said=paragraphs(said, price),
        body=body,
        bodies=least_of(body),
        parameters=(KEY,),
        replies=(_SENT,),
        refusals=(
            *refusals.SENDING,
            refusals.SEND_FIELD,
            refusals.SENDER,
            refusals.NUMERIC_SENDER,
            refusals.NOT_APPROVED,
            refusals.forbidden_words(charged_at_once=False),
            *refused,
        ),
        callbacks=_CALLBACKS,
    )


SENDING_CALLS: Final = (
    _send(
        Market.ITALY,
        "sendToItaly",
        words("Send a message to Italy"),
        words("To numbers of Italy; those of San Marino and the Vatican go by `/WW-messages`."),
        refusals.wrong_country(Market.ITALY),
        refusals.forbidden_words(charged_at_once=True),
    ),
    _send(
        Market.SPAIN,
        "sendToSpain",
        words("Send a message to Spain"),
        words("To numbers of Spain."),
        refusals.wrong_country(Market.SPAIN),
        refusals.forbidden_words(charged_at_once=True),
    ),
    _send(
        Market.WORLD,
        "sendToTheWorld",
        words("Send a message to any country"),
        words("To numbers of every country that a route leads to."),
    ),
)
OTP_CALLS: Final = (
    Call(
        method="POST",
        path="/otp",
        id="sendOtp",
        tag="otp",
        summary=words("Send a one-time password"),
        said=paragraphs(
            words(
                "A code is made and sent in the language of the recipient's country, before all"
                " other messages. The answer holds it; your server compares it with what the"
                " person types, or lets `/otp/{message_id}/verify` do that."
            ),
            _LATER_PRICE,
        ),
        body=OTP,
        bodies=least_of(OTP),
        parameters=(KEY,),
        replies=(_OTP_SENT,),
        refusals=(
            *refusals.SENDING,
            refusals.OTP_FIELD,
            refusals.OTP_LENGTH,
            refusals.CACHE,
            refusals.OTP_GUARD,
            refusals.forbidden_words(charged_at_once=False),
        ),
        callbacks=_CALLBACKS,
    ),
    Call(
        method="POST",
        path="/otp/{message_id}/verify",
        id="verifyOtp",
        tag="otp",
        summary=words("Check what a person typed"),
        said=words(
            "A code is good once, and for {tries} wrong tries. Messages that repeat a code share"
            " its tries and its use.",
            tries=TRIES_MAX,
        ),
        body=CODE,
        parameters=(MESSAGE_IN_PATH,),
        replies=(
            Reply(
                200,
                words("Whether it was the code."),
                VERDICT_ANSWER,
                {
                    "wrong": (
                        words("A wrong code"),
                        {"data": {"verified": False, "triesLeft": TRIES_MAX - 1}},
                    )
                },
            ),
        ),
        refusals=(refusals.NOT_JSON, refusals.CODE_FIELD, refusals.OTP_OVER, refusals.NO_OTP),
    ),
)
