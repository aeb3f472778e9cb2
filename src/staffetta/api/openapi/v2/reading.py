"""The calls of v2 that read and cancel messages, explain a send, and ask for senders."""

from typing import Final

from staffetta.api.openapi.calls import Call, Reply
from staffetta.api.openapi.parameters import answer_header, query
from staffetta.api.openapi.schemas import moment, text, whole
from staffetta.api.openapi.sends import HOUR, MESSAGE_ID
from staffetta.api.openapi.v2 import refusals
from staffetta.api.openapi.v2.bodies import ALIAS, EXPLAIN, least_of
from staffetta.api.openapi.v2.explaining import EXPLANATION_ANSWER
from staffetta.api.openapi.v2.objects import (
    CREATED_AT,
    ID,
    MESSAGE_ANSWER,
    MESSAGES_ANSWER,
    NUMBER,
    PHONE,
    SENDER_ANSWER,
    SENDERS_ANSWER,
    STATE_WORDS,
)
from staffetta.api.openapi.v2.sending import MESSAGE_IN_PATH
from staffetta.api.openapi.words import paragraphs, words
from staffetta.api.v2.parse_list import LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX, LIST_SKIP_MAX
from staffetta.compliance.register_sender import SENDERS_MAX
from staffetta.messaging.read import DRY_RUN_KEPT

_LIST_PARAMETERS: Final = (
    query(
        "limit",
        whole(
            words("How many messages at most."),
            LIST_LIMIT_DEFAULT,
            minimum=1,
            maximum=LIST_LIMIT_MAX,
            default=LIST_LIMIT_DEFAULT,
        ),
    ),
    query(
        "skip",
        whole(
            words("How many of the newest to leave out. Not together with a cursor."),
            0,
            minimum=0,
            maximum=LIST_SKIP_MAX,
            default=0,
        ),
    ),
    query(
        "cursor",
        text(
            words("Go on where a page ended: the `nextCursor` of that page."),
            MESSAGE_ID,
            pattern=ID,
        ),
    ),
    query(
        "state",
        text(words("Messages in this state alone."), "DELIVERED", enum=list(STATE_WORDS)),
    ),
    query(
        "recipient",
        text(words("Messages to this number alone, in E.164."), NUMBER, pattern=PHONE),
    ),
    query(
        "from",
        moment(
            words("Messages created at this time or later: with an offset, or a date in UTC."),
            CREATED_AT,
        ),
    ),
    query(
        "to",
        moment(
            words("Messages created before this time: with an offset, or a date in UTC."),
            "2026-03-15T00:00:00Z",
        ),
    ),
)
_LINK: Final = answer_header(
    "Link",
    text(
        words("The next page (RFC 8288), relative to this one; absent where there is none."),
        f'<?limit=100&cursor={MESSAGE_ID}>; rel="next"',
    ),
)

MESSAGE_CALLS: Final = (
    Call(
        method="GET",
        path="/messages",
        id="listMessages",
        tag="messages",
        summary=words("List messages"),
        said=paragraphs(
            words("The messages of the token's environment, newest first, without dry runs."),
            words(
                "Where there may be more, the answer has `nextCursor`, and a Link to the next"
                " page. A page may be shorter than its limit, even empty, and still have a next"
                " one."
            ),
        ),
        parameters=_LIST_PARAMETERS,
        replies=(Reply(200, words("One page."), MESSAGES_ANSWER, headers={"Link": _LINK}),),
        refusals=(refusals.QUERY,),
    ),
    Call(
        method="GET",
        path="/messages/{message_id}",
        id="getMessage",
        tag="messages",
        summary=words("Read a message"),
        said=words(
            "A message as it is now. A dry run is found for {hours} hours.",
            hours=DRY_RUN_KEPT // HOUR,
        ),
        parameters=(MESSAGE_IN_PATH,),
        replies=(Reply(200, words("The message."), MESSAGE_ANSWER),),
        refusals=(refusals.NO_MESSAGE,),
    ),
    Call(
        method="DELETE",
        path="/messages/{message_id}",
        id="cancelMessage",
        tag="messages",
        summary=words("Cancel a message that waits"),
        said=words(
            "Takes back a message whose `sendAt` has not come, and gives the money back. It is"
            " REJECTED then."
        ),
        parameters=(MESSAGE_IN_PATH,),
        replies=(Reply(200, words("The cancelled message."), MESSAGE_ANSWER),),
        refusals=(refusals.NO_MESSAGE, refusals.NOT_WAITING),
    ),
)
EXPLAIN_CALLS: Final = (
    Call(
        method="POST",
        path="/explain",
        id="explainSend",
        tag="explain",
        summary=words("Ask what a send would do"),
        said=words(
            "Takes the body of a send, and answers what would become of it and why. Nothing is"
            " stored, sent, charged or blocked. The rates that guard one-time passwords are not"
            " part of it."
        ),
        body=EXPLAIN,
        bodies=least_of(EXPLAIN),
        replies=(Reply(200, words("The explanation."), EXPLANATION_ANSWER),),
        refusals=(refusals.NOT_JSON, refusals.SEND_FIELD),
    ),
)
SENDER_CALLS: Final = (
    Call(
        method="GET",
        path="/senders",
        id="listSenders",
        tag="senders",
        summary=words("List senders"),
        said=words("The senders that the account has asked for, by country and name."),
        replies=(Reply(200, words("The senders."), SENDERS_ANSWER),),
        refusals=(refusals.NO_SENDERS,),
    ),
    Call(
        method="POST",
        path="/senders/alias",
        id="registerSender",
        tag="senders",
        summary=words("Ask for a sender"),
        said=words(
            "In some countries a sender may be used only when an operator has approved it. Asked"
            " for again, an approved one stays so; any other takes the new texts, and waits. An"
            " account has {most} at most.",
            most=f"{SENDERS_MAX:,}",
        ),
        body=ALIAS,
        bodies=least_of(ALIAS),
        replies=(Reply(201, words("The sender, and whether it is approved."), SENDER_ANSWER),),
        refusals=(
            refusals.NOT_JSON,
            refusals.ALIAS_FIELD,
            refusals.SENDER,
            refusals.NUMERIC_SENDER,
            refusals.TOO_MANY_SENDERS,
        ),
    ),
)
