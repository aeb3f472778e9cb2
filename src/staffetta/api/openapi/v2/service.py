"""v2 as one `Service`: its tags, its calls in the order of the reference, its refusals."""

from typing import Final

from staffetta.api.openapi.calls import Service, Tag
from staffetta.api.openapi.general import BEARER, RATE_HEADERS
from staffetta.api.openapi.v2.reading import EXPLAIN_CALLS, MESSAGE_CALLS, SENDER_CALLS
from staffetta.api.openapi.v2.refusals import refusal_body, refusals_of
from staffetta.api.openapi.v2.sending import OTP_CALLS, SENDING_CALLS
from staffetta.api.openapi.words import paragraphs, words
from staffetta.api.refusals import NO_SUCH_PATH, WRONG_METHOD
from staffetta.api.v2.dialect import V2

V2_SERVICE: Final = Service(
    name="v2",
    room=V2.room,
    title=words("Gateway SMS"),
    version="1.3.0",
    said=paragraphs(
        words(
            "Sends SMS messages one by one: to Italy, to Spain, to the world; and one-time"
            " passwords. A 201 means that the message is stored and will be sent. What becomes of"
            " it is told by callbacks, or read by its id."
        ),
        words(
            "Bodies are JSON whatever their Content-Type says, unknown fields are ignored, and"
            " paths may end with a slash. Times are ISO 8601; amounts are in the account's"
            " currency."
        ),
        words(
            "A refusal has a number in `code` and an English sentence in `message`; those that"
            " concern the token come in the platform's envelope, with the number in `error`."
        ),
        words(
            "A path that is no call's is refused with 404 and {path}, a method that its path has"
            " not with 405 and {method}.",
            path=NO_SUCH_PATH.code,
            method=WRONG_METHOD.code,
        ),
        words(
            "The sandbox behaves as production does, with tokens, messages and a wallet of its"
            " own: nothing reaches a carrier, and nothing costs real money."
        ),
    ),
    tags={
        "sending": Tag(words("Sending"), words("One message to one recipient.")),
        "otp": Tag(
            words("One-time passwords"), words("Codes that are sent, and checked, for you.")
        ),
        "messages": Tag(words("Messages"), words("What became of what was sent.")),
        "explain": Tag(words("Before sending"), words("What a send would do, and why.")),
        "senders": Tag(
            words("Senders"), words("Sender names, where a country wants them approved.")
        ),
        "callbacks": Tag(
            words("Callbacks"), words("What your server is told when a message changes its state.")
        ),
    },
    calls=(*SENDING_CALLS, *OTP_CALLS, *MESSAGE_CALLS, *EXPLAIN_CALLS, *SENDER_CALLS),
    security=(BEARER,),
    scopes=V2.service,
    refuse=lambda _name, error: V2.refusal(error),
    refused=refusals_of,
    refusal_body=refusal_body,
    rate_headers=RATE_HEADERS,
)
