"""The calls of v1 that send: POST, and PUT for what a transaction takes after it."""

from typing import Final

from staffetta.api.openapi.calls import Call, Reply
from staffetta.api.openapi.parameters import in_path
from staffetta.api.openapi.schemas import text
from staffetta.api.openapi.sends import (
    KEY,
    OUTCOME_UNKNOWN,
    REPEAT_MINUTES,
    REPLAY,
    SIGNED,
    Told,
    callback,
)
from staffetta.api.openapi.tree import Named, Tree
from staffetta.api.openapi.v1 import refusals
from staffetta.api.openapi.v1.bodies import CHANGE, CHANGES, SEND, SENDS
from staffetta.api.openapi.v1.objects import CHANGED_ANSWER, SENT_ANSWER, TOLD
from staffetta.api.openapi.v1.recipients import MESSAGE_ID
from staffetta.api.openapi.words import Words, paragraphs, words
from staffetta.messaging.bulk.gather import PAUSE, RECIPIENTS_MAX

MESSAGE_IN_PATH: Final = in_path(
    "MessageId",
    "message_id",
    text(words("The message's id."), MESSAGE_ID, pattern="^[0-9A-Fa-f]{24}$"),
)
_RECIPIENTS_CHANGED: Final[Tree] = {
    "{$request.body#/options/callback_url}": {
        "post": callback(
            Told(
                id="recipientsChanged",
                summary=words("Recipients of a message have changed"),
                said=paragraphs(
                    words(
                        "Tells of every change of a recipient. Changes are gathered: for each"
                        " message one callback in {seconds} s at most, with {most} recipients at"
                        " most. They are told as they are when it is sent. Delivered at least once:"
                        " `webhook-id` is the same at every attempt.",
                        seconds=int(PAUSE.total_seconds()),
                        most=f"{RECIPIENTS_MAX:,}",
                    ),
                    SIGNED,
                ),
                body=TOLD,
                examples={"delivered": {"summary": words("Delivered"), "value": TOLD.example}},
                form=words("With `options.callback_field`: the JSON is in the field of that name."),
                repeated=words(
                    "Anything else, a redirection too, or no answer within 30 seconds: it is tried"
                    " again, {minutes} minutes later as the account is shipped, and then kept for"
                    " the operator to replay.",
                    minutes=REPEAT_MINUTES,
                ),
            )
        )
    }
}


def _link(call_id: str, said: Words) -> Tree:
    """A call that goes on with the message of an answer."""
    which = {"message_id": "$response.body#/data/0/id"}
    return {"operationId": call_id, "parameters": which, "description": said}


_LINKS: Final = {
    "read": _link("getMessage", words("What became of the message.")),
    "change": _link(
        "changeMessage", words("Adds recipients, changes its time, closes its transaction.")
    ),
    "cancel": _link("cancelMessage", words("Takes it back, while it waits.")),
    "recipients": _link("listRecipients", words("What became of each recipient.")),
}

SENDING_CALLS: Final = (
    Call(
        method="POST",
        path="/messages",
        id="sendMessage",
        tag="sending",
        summary=words("Send a text to one or many"),
        said=paragraphs(
            words(
                "One message, one text, any number of recipients. It is stored whole or not at all,"
                " and charged in one piece with the answer; a transaction is charged when it is"
                " closed."
            ),
            words(
                "What is no number is listed under `recipients.invalid`, and refuses nobody else. A"
                " recipient that cannot be sent to is stored with the reason, costs nothing, and"
                " counts as an error; where that is the lot of all, the message is refused."
            ),
            words(
                "A recipient of whose message no carrier took any part is refunded in full; a"
                " cancelled message is not."
            ),
        ),
        body=SEND,
        bodies=SENDS,
        parameters=(KEY,),
        replies=(
            Reply(
                201,
                words("The message is stored, and will be sent."),
                SENT_ANSWER,
                headers={"Idempotent-Replay": REPLAY},
                links=_LINKS,
            ),
        ),
        refusals=(
            refusals.NOT_JSON,
            refusals.NO_KEY,
            refusals.SEND_CREDIT,
            refusals.CAP,
            refusals.BLOCKLISTED,
            refusals.SENDER,
            refusals.NOT_APPROVED,
            refusals.BODY,
            refusals.TOO_LONG,
            refusals.EMPTY,
            refusals.TEST_OF_WORDS,
            refusals.RECIPIENTS,
            refusals.NOT_ALLOWED,
            refusals.TOO_MANY,
            refusals.PRIORITY,
            refusals.SEND_OPTIONS,
            refusals.CALLBACK,
            refusals.REALTIME,
            refusals.SEND_TRANSACTION,
            refusals.TEST,
            refusals.KEY_TAKEN,
            refusals.NO_ROUTE,
            refusals.STORING_BUSY,
            OUTCOME_UNKNOWN,
        ),
        callbacks={
            "recipientsChanged": Named("callbacks", "RecipientsChanged", _RECIPIENTS_CHANGED)
        },
    ),
    Call(
        method="PUT",
        path="/messages/{message_id}",
        id="changeMessage",
        tag="sending",
        summary=words("Add recipients, change the time, close a transaction"),
        said=paragraphs(
            words(
                "An open transaction takes recipients and another time until a PUT with"
                " `transaction` false closes it: then it is charged, and sent."
            ),
            words(
                "A message that is closed and waits for its time takes another"
                " `options.timestamp_send`, alone."
            ),
        ),
        body=CHANGE,
        bodies=CHANGES,
        parameters=(MESSAGE_IN_PATH,),
        replies=(Reply(200, words("The message as it is now."), CHANGED_ANSWER),),
        refusals=(
            refusals.NOT_JSON,
            refusals.CLOSE_CREDIT,
            refusals.CAP,
            refusals.BLOCKLISTED,
            *refusals.TO_CHANGE,
            refusals.CLOSED,
            refusals.NOT_APPROVED,
            refusals.TOO_LONG,
            refusals.EMPTY,
            refusals.TEST_OF_WORDS,
            refusals.WRONG_RECIPIENTS,
            refusals.NO_NUMBER,
            refusals.NOT_ALLOWED,
            refusals.TOO_MANY,
            refusals.CHANGE_OPTIONS,
            refusals.REALTIME,
            refusals.CHANGE_TRANSACTION,
            refusals.NO_ROUTE,
            refusals.CHANGED_BUSY,
            refusals.STORING_BUSY,
        ),
    ),
)
