"""A message as v2 shows it (contract section 5, "Message"). Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec

from staffetta.domain.money import as_number
from staffetta.domain.states import State
from staffetta.messaging.view import MessageView

STATES: Final = MappingProxyType(
    {
        State.SCHEDULED: "NEW",
        State.QUEUED: "NEW",
        State.SUBMITTING: "NEW",
        State.SUBMITTED: "PENDING",
        State.UNCERTAIN: "PENDING",
        State.DELIVERED: "DELIVERED",
        State.UNDELIVERABLE: "UNDELIVERABLE",
        State.REJECTED: "REJECTED",
        State.EXPIRED: "EXPIRED",
        State.CANCELLED: "REJECTED",
    }
)
_ENCODER: Final = msgspec.json.Encoder()


def message_object(view: MessageView, username: str) -> dict[str, Any]:
    """The Message. `possiblyDuplicate` and `sendAt` are there only when they say something."""
    message = {
        "id": view.id.hex(),
        "username": username,
        "state": visible_state(view),
        "sender": view.sender,
        "recipient": view.recipient,
        "internationalPrefix": view.calling_code,
        "countryCode": view.country,
        "message": view.text,
        "encoding": view.encoding,
        "charactersCount": view.characters_count,
        "messageCount": view.segment_count,
        "price": as_number(view.price_micro),
        "totalPrice": as_number(view.total_price_micro),
        "blocklisted": view.blocklisted_reason is not None,
        "blocklistedReason": view.blocklisted_reason,
        "options": view.options,
        "callback": _shown_callback(view.callback),
        "createdAt": _time(view.created_at),
        "updatedAt": _time(view.updated_at),
        "sentAt": _time(view.sent_at),
        "deliveredAt": _time(view.delivered_at),
    }
    if view.possibly_duplicate:
        message["possiblyDuplicate"] = True
    if view.send_at is not None:
        message["sendAt"] = _time(view.send_at)
    return message


def visible_state(view: MessageView) -> str:
    """The state an account sees. What is sent a second time was PENDING, and stays so."""
    return "NEW" if view.dry_run else shown_state(view.state, again=view.possibly_duplicate)


def shown_state(state: State, *, again: bool) -> str:
    """The same for a state inside; `again`: it is sent, or was, a second time."""
    shown = STATES[state]
    return "PENDING" if shown == "NEW" and again else shown


def _shown_callback(callback: Mapping[str, object] | None) -> Mapping[str, object] | None:
    """A retry that was not given is kept as null, and shown as 0."""
    if callback is None or callback["retry"] is not None:
        return callback
    return {**callback, "retry": 0}


def render_message(view: MessageView, username: str) -> bytes:
    """The body of an answer with one message."""
    return _ENCODER.encode({"data": message_object(view, username)})


def render_list(
    views: Iterable[MessageView], username: str, next_cursor: str | None = None
) -> bytes:
    """The body of an answer with a list of messages. `nextCursor` is there only where more is."""
    body: dict[str, object] = {"data": [message_object(view, username) for view in views]}
    if next_cursor is not None:
        body["nextCursor"] = next_cursor
    return _ENCODER.encode(body)


def _time(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, whole seconds, as the published samples are."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"
