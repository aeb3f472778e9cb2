"""What a callback said, and would say again, for people to read. Pure.

The signature is left out: it is made for one moment, with the account's secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from staffetta.callbacks.history import Delivery
from staffetta.callbacks.letters import Told, event_letter_of, letter_of, request_of
from staffetta.callbacks.receiver import TestDelivery

CHARACTERS_MAX: Final = 64 * 1024
_SUBJECT_CHARACTERS_MAX: Final = 40
_HIDDEN: Final = frozenset({"webhook-signature"})


@dataclass(frozen=True, slots=True)
class Said:
    """The request of a callback."""

    url: str
    headers: Mapping[str, str]
    body: str
    is_cut: bool


def said_of(one: Delivery, told: Told | None) -> Said | None:
    """What the newest attempt sent, or the first one will; None where its message is gone."""
    if told is not None:
        letter = letter_of(one.claim, told, (), 0)
    elif one.claim.message_id is None and one.claim.payload is not None:
        letter = event_letter_of(one.claim, (), 0)
    else:
        return None
    request = request_of(letter, one.attempted_at or one.claim.created_at)
    body, is_cut = readable(request.body)
    headers = {name: value for name, value in request.headers.items() if name not in _HIDDEN}
    return Said(request.url, headers, body, is_cut)


@dataclass(frozen=True, slots=True)
class ShownTestDelivery:
    """What the test receiver got, as its page shows it."""

    delivery: TestDelivery
    subject: str  # what it tells of, in the API's words
    body: str
    is_cut: bool


def shown_test_delivery(one: TestDelivery) -> ShownTestDelivery:
    """A callback that the test receiver got."""
    body, is_cut = readable(one.body)
    return ShownTestDelivery(one, _subject(one.body), body, is_cut or one.is_cut)


def _subject(body: bytes) -> str:
    """The state that a message has, or the name of an event; "" where the body is no JSON."""
    try:
        value: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    told = value if isinstance(value, dict) else {}
    subject = told.get("state", told.get("event", ""))
    return subject[:_SUBJECT_CHARACTERS_MAX] if isinstance(subject, str) else ""


def readable(body: bytes) -> tuple[str, bool]:
    """A body to read: JSON with lines, anything else as it is; and whether it was cut."""
    text = body.decode("utf-8", "replace")
    try:
        value: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        shown = text
    else:
        shown = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return shown[:CHARACTERS_MAX], len(shown) > CHARACTERS_MAX
