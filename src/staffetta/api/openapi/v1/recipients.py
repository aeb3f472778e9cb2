"""The Recipient of v1, and the report on it: the words are those of its vocabulary."""

from typing import Final

from staffetta.api.openapi.schemas import (
    Field,
    amount,
    described,
    either,
    flag,
    inner,
    nullable,
    shown_as,
    text,
    whole,
)
from staffetta.api.openapi.words import Text, paragraphs, words
from staffetta.api.v1.delivery_errors import NO_ERROR, REFUSAL_BASE, STATUS_BASE
from staffetta.api.v1.statuses import GROUP_OF_STATE, VOCABULARY, Blame

NUMBER: Final = "+39-3331234567"
MESSAGE_ID: Final = "69b529dd5e1f9b0c4d7a8e21"
_RECIPIENT_ID: Final = "69b529dd5e1f9c0c4d7a8e22"
_DASHED: Final = "^\\+[1-9][0-9]{0,2}-[0-9]{1,14}$"
_ID: Final = "^[0-9a-f]{24}$"
_IN_ROME: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}\\+0[12]00$"
_GROUPS: Final = sorted(set(GROUP_OF_STATE.values()))
_WAITING: Final = VOCABULARY["PENDING_WAITING_DELIVERY"]
_ARRIVED: Final = VOCABULARY["DELIVERED_TO_HANDSET"]
_SENT_AT: Final = "2026-03-14T10:26:54.120+0100"
_DONE_AT: Final = "2026-03-14T10:26:57.000+0100"

_NUMBER_LONG: Final = described(
    "NumberLong",
    words("A whole number of 64 bits, as text."),
    {
        "$numberLong": text(
            words("Milliseconds since 1970, as text."), "1773480414120", pattern="^[0-9]+$"
        )
    },
)
_MOMENT: Final = described(
    "Moment", words("A time."), {"$date": inner(words("The time."), _NUMBER_LONG)}
)
_PRICE: Final = described(
    "ReportPrice",
    words("What it costs."),
    {
        "pricePerMessage": amount(words("The price of a segment."), 0.045, minimum=0),
        "currency": text(words("The account's currency."), "EUR", pattern="^[A-Z]{3}$"),
    },
)
_GROUP: Final = text(
    words("The group of its status."), _ARRIVED.group.name, enum=[one.name for one in _GROUPS]
)
_NAME: Final = text(words("Its status."), _ARRIVED.name, enum=list(VOCABULARY))
_DESCRIPTION: Final = text(words("What the status means; in English."), _ARRIVED.description)
_STATUS: Final = described(
    "ReportStatus",
    words("What became of it."),
    {
        "id": whole(
            words("The number of the status."),
            _ARRIVED.id,
            enum=sorted(one.id for one in VOCABULARY.values()),
        ),
        "groupId": whole(
            words("The number of the group."),
            int(_ARRIVED.group),
            enum=[int(one) for one in _GROUPS],
        ),
        "groupName": _GROUP,
        "name": _NAME,
        "description": _DESCRIPTION,
    },
)
_ERROR: Final = described(
    "ReportError",
    words("Why it was not delivered."),
    {
        "id": whole(
            words(
                "0: no error. Below {statuses}: the carrier's own number, from its report. From"
                " {refusals}: that, and the command_status of the carrier's refusal. Else"
                " {statuses}, and the number of the status.",
                statuses=f"{STATUS_BASE:,}",
                refusals=f"{REFUSAL_BASE:,}",
            ),
            NO_ERROR.id,
            minimum=0,
        ),
        "name": text(
            words("Its name: `EC_` and a mobile network's, `ESME_` and SMPP's, or a status."),
            NO_ERROR.name,
        ),
        "description": text(words("What the error means; in English."), NO_ERROR.description),
        "groupId": whole(
            words("The number of the group."), int(NO_ERROR.blame), enum=[int(one) for one in Blame]
        ),
        "groupName": text(
            words("Where it went wrong."), NO_ERROR.blame.name, enum=[one.name for one in Blame]
        ),
        "permanent": flag(
            words("Whether the same message would fail again."), example=NO_ERROR.permanent
        ),
    },
)


def _in_rome(said: Text, example: str) -> Field:
    return nullable(text(said, example, pattern=_IN_ROME))


_REPORT: Final = described(
    "Report",
    words("What was reported of a recipient, or found out here where nothing will be."),
    {
        "price": inner(words("What it costs."), _PRICE),
        "status": inner(words("What became of it."), _STATUS),
        "error": inner(words("Why it was not delivered."), _ERROR),
        "messageId": text(words("The recipient's id."), _RECIPIENT_ID, pattern=_ID),
        "doneAt": _in_rome(
            words("When it ended, in Rome's time; null while it has not."), _DONE_AT
        ),
        "smsCount": whole(words("How many segments it is sent in."), 1, minimum=0),
        "sentAt": _in_rome(
            words("When a carrier accepted it, in Rome's time; null where none did."), _SENT_AT
        ),
        "to": text(words("The number, digits alone."), "393331234567", pattern="^[0-9]{1,15}$"),
    },
)


def _moment(said: Text) -> Field:
    return shown_as(nullable(inner(said, _MOMENT)), None)


_FIELDS: Final[dict[str, Field]] = {
    "number": text(
        words("The number: a plus, the calling code, a hyphen, digits."), NUMBER, pattern=_DASHED
    ),
    "prefix": text(words("Its calling code with a plus."), "+39", pattern="^\\+[1-9][0-9]{0,2}$"),
    "send_id": text(
        words("The message's id, an underscore, and `i`."),
        f"{MESSAGE_ID}_0",
        pattern="^[0-9a-f]{24}_[0-9]+$",
    ),
    "body": text(words("The text as this recipient gets it."), "Your order A-1027 is on its way."),
    "sms": whole(words("How many segments it is sent in."), 1, minimum=0),
    "remaining_chr": whole(words("How many characters the last segment has left."), 128, minimum=0),
    "state": shown_as(_GROUP, _WAITING.group.name),
    "state_description": shown_as(_NAME, _WAITING.name),
    "state_detail": shown_as(_DESCRIPTION, _WAITING.description),
    "price": amount(words("Its share of the message's price."), 0.045, minimum=0),
    "real_cost": amount(
        words(
            "What the account paid for it in the end: 0 where no carrier took it, for then it is"
            " refunded."
        ),
        0.045,
        minimum=0,
    ),
    "fields": either(
        words("What the text was filled in with; an empty array where there was nothing."),
        {"name": "Anna"},
        ("object", "array"),
        maxItems=0,
    ),
    "message_id": text(words("The message's id, 24 hexadecimal digits."), MESSAGE_ID, pattern=_ID),
    "i": whole(words("Its place among the recipients of the message, from 0."), 0, minimum=0),
    "timestamp_sent": _moment(
        words("When a carrier accepted it; null before the first report, and where none did.")
    ),
    "timestamp_delivery": _moment(words("When it was delivered; null where it was not.")),
    "id": text(words("The recipient's id, 24 hexadecimal digits."), _RECIPIENT_ID, pattern=_ID),
    "report": shown_as(
        nullable(inner(words("The report; null before the first one."), _REPORT)), None
    ),
}
RECIPIENT: Final = described(
    "Recipient",
    paragraphs(
        words("One recipient of a message, and what became of it."),
        words(
            "`state`, `state_description` and `state_detail` are the status of its report; before"
            " the first report they say that it waits."
        ),
    ),
    _FIELDS,
)
REPORTED: Final = {
    **RECIPIENT.example,
    "state": _ARRIVED.group.name,
    "state_description": _ARRIVED.name,
    "state_detail": _ARRIVED.description,
    "timestamp_sent": _MOMENT.example,
    "timestamp_delivery": {"$date": {"$numberLong": "1773480417000"}},
    "report": _REPORT.example,
}
