"""v1's messages as JSON (contract section 4, "Message" and the success body)."""

from collections.abc import Sequence

import msgspec

from staffetta.api.asgi import Answer, Header, Spent, json_answer
from staffetta.api.v1.times import milliseconds
from staffetta.domain.money import as_number, format_amount
from staffetta.messaging.bulk.read import BulkView, ListedBulk
from staffetta.messaging.bulk.request import THOUSAND


def message_object(message: BulkView) -> dict[str, object]:
    """A message as every call shows it."""
    return {
        "test": message.is_test,
        "sender": message.sender,
        "body": message.body,
        "recipients": {
            "valid": {"count": message.recipient_count},
            "invalid": {"total": message.invalid_total, "list": message.invalid},
        },
        "transaction": message.is_open,
        "options": message.options,
        "statistics": {
            "error": message.error_count,
            "sent": message.sent_count,
            "delivered": message.delivered_count,
            "total": message.recipient_count,
            "sms_total": message.segment_total,
        },
        "base_price": as_number(message.base_micro),
        "timestamp": milliseconds(message.created_at),
        "last_update": milliseconds(message.updated_at),
        "priority": _priority(message.priority),
        "price": as_number(message.price_micro),
        "state": message.number,
        "id": message.id.hex(),
    }


def _priority(thousandths: int) -> int | float:
    """1 is written 1, and not 1.0."""
    whole, rest = divmod(thousandths, THOUSAND)
    return thousandths / THOUSAND if rest else whole


def listed_object(message: ListedBulk) -> dict[str, object]:
    """A line of the list."""
    return {
        "sender": message.sender,
        "timestamp": milliseconds(message.created_at),
        "id": message.id.hex(),
    }


def results(count: int) -> str:
    """How many there are, in v1's words."""
    return "1 Result" if count == 1 else f"{count} Results"


def success(
    status: int,
    data: object,
    sentence: str,
    credit_micro: int,
    *,
    as_json_number: bool = False,
    headers: tuple[Header, ...] = (),
    spent: Spent | None = None,
) -> Answer:
    """The envelope of what went well; the credit is exact, as text or as a number."""
    credit: object = as_number(credit_micro) if as_json_number else format_amount(credit_micro)
    body = {"data": data, "message": sentence, "credit": credit, "success": True, "error": None}
    return Answer(status, msgspec.json.encode(body), headers, spent=spent)


def deleted(message_id: bytes) -> Answer:
    """What a cancelled message is answered with: no credit, for nothing is refunded."""
    body: dict[str, object] = {
        "data": _NOTHING,
        "message": f"{message_id.hex()} Deleted",
        "success": True,
        "error": None,
    }
    return json_answer(200, body)


_NOTHING: Sequence[object] = ()
