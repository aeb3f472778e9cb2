"""v1 as one `Service`: its tags, its calls in the order of the reference, its refusals."""

from typing import Final

from staffetta.api.openapi.calls import Service, Tag
from staffetta.api.openapi.general import BEARER, ENVELOPE, RATE_HEADERS
from staffetta.api.openapi.v1.reading import READING_CALLS, RECIPIENT_CALLS
from staffetta.api.openapi.v1.refusals import refusals_of
from staffetta.api.openapi.v1.sending import SENDING_CALLS
from staffetta.api.openapi.words import paragraphs, words
from staffetta.api.v1.dialect import V1

V1_SERVICE: Final = Service(
    name="v1",
    room=V1.room,
    title=words("Gateway SMS"),
    version="1.0.0",
    said=paragraphs(
        words(
            "Sends one text to one recipient or to hundreds of thousands, each with words of their"
            " own in it. A 201 means that the message is stored and will be sent. What becomes of"
            " each recipient is told by callbacks, or read by the message's id."
        ),
        words(
            "A success is `data`, `message`, `credit`, `success` true and `error` null. `credit` is"
            " what the account has after the call: exact decimal text, a number in the calls on"
            " recipients, absent where a message is cancelled."
        ),
        words(
            "A refusal has `success` false, `data` null, an English sentence in `message`, and a"
            " number in `error`."
        ),
        words(
            "Bodies are JSON whatever their Content-Type says, unknown fields are ignored, and"
            " paths may end with a slash. A path that is no call's is refused with 404, a method"
            " that its path has not with 405."
        ),
        words(
            "The sandbox behaves as production does, with tokens, messages and a wallet of its"
            " own: nothing reaches a carrier, and nothing costs real money."
        ),
    ),
    tags={
        "sending": Tag(words("Sending"), words("One text to one recipient, or to many.")),
        "messages": Tag(words("Messages"), words("What was sent, and taking back what waits.")),
        "recipients": Tag(words("Recipients"), words("What became of each recipient.")),
        "callbacks": Tag(
            words("Callbacks"), words("What your server is told when recipients change.")
        ),
    },
    calls=(*SENDING_CALLS, *READING_CALLS, *RECIPIENT_CALLS),
    security=(BEARER,),
    scopes=V1.service,
    refuse=lambda _name, error: V1.refusal(error),
    refused=refusals_of,
    refusal_body=lambda _answer: ENVELOPE,
    rate_headers=RATE_HEADERS,
)
