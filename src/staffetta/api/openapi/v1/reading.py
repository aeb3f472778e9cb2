"""The calls of v1 that read messages and recipients, and cancel."""

from typing import Final

from staffetta.api.openapi.calls import Call, Reply
from staffetta.api.openapi.parameters import in_path, query
from staffetta.api.openapi.schemas import text, whole
from staffetta.api.openapi.tree import Tree
from staffetta.api.openapi.v1 import refusals
from staffetta.api.openapi.v1.objects import (
    CANCELLED_ANSWER,
    LISTED_ANSWER,
    READ_ANSWER,
    RECIPIENT_ANSWER,
    RECIPIENTS_ANSWER,
)
from staffetta.api.openapi.v1.recipients import NUMBER
from staffetta.api.openapi.v1.sending import MESSAGE_IN_PATH
from staffetta.api.openapi.words import Words, paragraphs, words
from staffetta.api.v1 import messages, recipients
from staffetta.api.v1.query import DIGITS_MAX, SKIP_MAX

_NUMBER_IN_PATH: Final = in_path(
    "Number",
    "number",
    text(
        words("The recipient's number. Its hyphen may be left out; the plus may stand as it is."),
        NUMBER,
        pattern="^\\+[0-9]{1,3}-?[0-9]{1,14}$",
    ),
)
_TO_RECIPIENT: Final[Tree] = {
    "operationId": "getRecipient",
    "parameters": {
        "message_id": "$response.body#/data/0/message_id",
        "number": "$response.body#/data/0/number",
    },
    "description": words("What became of one recipient."),
}
_MEGABYTES: Final = recipients.PAGE_OCTETS_MAX // 2**20


def _page(skipped: Words, shown: Words, default: int) -> tuple[Tree, Tree]:
    most = 10**DIGITS_MAX - 1
    return (
        query("skip", whole(skipped, 0, minimum=0, maximum=most, default=0)),
        query("limit", whole(shown, default, minimum=0, maximum=most, default=default)),
    )


READING_CALLS: Final = (
    Call(
        method="GET",
        path="/messages",
        id="listMessages",
        tag="messages",
        summary=words("List messages"),
        said=words("The messages of the token's environment, newest first, a line for each."),
        parameters=_page(
            words(
                "How many of the newest to leave out. More than {most} count as {most}.",
                most=f"{SKIP_MAX:,}",
            ),
            words(
                "How many messages at most: 1 to {most}. What is less or more counts as these.",
                most=f"{messages.LISTED_MAX:,}",
            ),
            messages.LISTED,
        ),
        replies=(Reply(200, words("One page."), LISTED_ANSWER),),
        refusals=(refusals.QUERY, refusals.NOTHING_LISTED, refusals.READING_BUSY),
    ),
    Call(
        method="GET",
        path="/messages/{message_id}",
        id="getMessage",
        tag="messages",
        summary=words("Read a message"),
        said=words("A message as it is now."),
        parameters=(MESSAGE_IN_PATH,),
        replies=(Reply(200, words("The message."), READ_ANSWER),),
        refusals=(*refusals.TO_READ, refusals.READING_BUSY),
    ),
    Call(
        method="DELETE",
        path="/messages/{message_id}",
        id="cancelMessage",
        tag="messages",
        summary=words("Cancel a message that waits"),
        said=words(
            "Takes back a message that waits for its time, or an open transaction. What was charged"
            " is not given back."
        ),
        parameters=(MESSAGE_IN_PATH,),
        replies=(Reply(200, words("It is cancelled."), CANCELLED_ANSWER),),
        refusals=(*refusals.TO_CANCEL, refusals.SENDING, refusals.CHANGED_BUSY),
    ),
    Call(
        method="DELETE",
        path="/messages",
        id="cancelWithoutId",
        tag="messages",
        summary=words("Cancel without an id"),
        said=words("Always refused: no call cancels every message."),
        replies=(),
        refusals=(refusals.NO_ID,),
    ),
)
RECIPIENT_CALLS: Final = (
    Call(
        method="GET",
        path="/messages/{message_id}/recipients",
        id="listRecipients",
        tag="recipients",
        summary=words("List the recipients of a message"),
        said=paragraphs(
            words("What became of each recipient, in the order they were given."),
            words(
                "A page ends early where it comes to {megabytes} MiB: the next one begins with"
                " `skip` behind the last `i`.",
                megabytes=_MEGABYTES,
            ),
        ),
        parameters=(
            MESSAGE_IN_PATH,
            *_page(
                words(
                    "How many of the first to leave out. More than {most} count as {most}.",
                    most=f"{SKIP_MAX:,}",
                ),
                words(
                    "How many recipients at most: 1 to {most}. What is less or more counts as"
                    " these.",
                    most=f"{recipients.LISTED_MAX:,}",
                ),
                recipients.LISTED,
            ),
        ),
        replies=(
            Reply(200, words("One page."), RECIPIENTS_ANSWER, links={"recipient": _TO_RECIPIENT}),
        ),
        refusals=(refusals.QUERY, *refusals.TO_READ_RECIPIENTS, refusals.READING_BUSY),
    ),
    Call(
        method="GET",
        path="/messages/{message_id}/recipients/{number}",
        id="getRecipient",
        tag="recipients",
        summary=words("Read a recipient"),
        said=words("What became of one recipient."),
        parameters=(MESSAGE_IN_PATH, _NUMBER_IN_PATH),
        replies=(Reply(200, words("The recipient."), RECIPIENT_ANSWER),),
        refusals=refusals.TO_READ_RECIPIENTS,
    ),
)
