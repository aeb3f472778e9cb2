"""The calls of v2 that send: to Italy, to Spain, to the world, and one-time passwords."""

from typing import Final

from staffetta.api.openapi.calls import Call, Refusal, Reply
from staffetta.api.openapi.parameters import in_path
from staffetta.api.openapi.schemas import text
from staffetta.api.openapi.sends import (
    KEY,
    MESSAGE_ID,
    REPEAT_MINUTES,
    REPLAY,
    SIGNED,
    Told,
    callback,
)
from staffetta.api.openapi.tree import Named, Tree
from staffetta.api.openapi.v2 import refusals
from staffetta.api.openapi.v2.bodies import CODE, OTP, SEND, least_of, to_market
from staffetta.api.openapi.v2.objects import (
    MESSAGE_ANSWER,
    OTP_ANSWER,
    TOLD,
    VERDICT_ANSWER,
)
from staffetta.api.openapi.words import Words, paragraphs, words
from staffetta.domain.environments import Market
from staffetta.otp.verify import TRIES_MAX

MESSAGE_IN_PATH: Final = in_path(
    "MessageId",
    "message_id",
    text(words("The message's id."), MESSAGE_ID, pattern="^[0-9A-Fa-f]{24}$"),
)
_STATE_CHANGED: Final[Tree] = {
    "{$request.body#/callback/url}": {
        "post": callback(
            Told(
                id="stateChanged",
                summary=words("A message has changed its state"),
                said=paragraphs(
                    words(
                        "Sent once the message is PENDING, and with its final state. Delivered at"
                        " least once: `webhook-id` is the same at every attempt. A newer state"
                        " takes the place of an older one that is still unsent."
                    ),
                    SIGNED,
                ),
                body=TOLD,
                examples={"delivered": {"summary": words("Delivered"), "value": TOLD.example}},
                form=words(
                    "With `callback.method` POST: a field of the name in `callback.field`, `data`"
                    " unless given."
                ),
                repeated=words(
                    "Anything else, a redirection too, or no answer within 30 seconds: it is tried"
                    " again, {minutes} minutes later, as often as `callback.retry` says, and then"
                    " kept for the operator to replay.",
                    minutes=REPEAT_MINUTES,
                ),
            )
        )
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
