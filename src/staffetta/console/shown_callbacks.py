"""What a callback said, and would say again, for people to read. Pure.

The signature is left out: it is made for one moment, with the account's secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from staffetta.callbacks.claim import Claim
from staffetta.callbacks.history import Delivery
from staffetta.callbacks.letters import Told, event_letter_of, letter_of, request_of
from staffetta.callbacks.receiver import TestDelivery

CHARACTERS_MAX: Final = 64 * 1024
RECIPIENTS_MAX: Final = 100  # that one callback is shown to tell of
_SUBJECT_CHARACTERS_MAX: Final = 40
# What is no JSON, or nests deeper than our own reader goes.
_NO_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_HIDDEN: Final = frozenset({"webhook-signature"})


@dataclass(frozen=True, slots=True)
class Said:
    """The request of a callback."""

    url: str
    headers: Mapping[str, str]
    body: str
    is_cut: bool


def head_of(claim: Claim) -> Claim:
    """A callback without its recipients, where they are more than a page composes."""
    return claim.without_recipients if claim.recipient_count > RECIPIENTS_MAX else claim


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
    value = _read(one.body)
    body, is_cut = _readable(one.body, value)
    return ShownTestDelivery(one, _subject(value), body, is_cut or one.is_cut)


def readable(body: bytes) -> tuple[str, bool]:
    """A body to read: JSON with lines, anything else as it is; and whether it was cut.

    What is longer than anybody reads is cut first, and then it is no JSON any more.
    """
    return _readable(body, _read(body))


def _read(body: bytes) -> Any:
    """The value of a body, None where it is no JSON, too long or too deep."""
    try:
        return msgspec.json.decode(body) if len(body) <= CHARACTERS_MAX else None
    except _NO_JSON:
        return None


def _subject(value: Any) -> str:
    """The state that a message has, or the name of an event; "" where neither is told."""
    told = value if isinstance(value, dict) else {}
    subject = told.get("state", told.get("event", ""))
    return subject[:_SUBJECT_CHARACTERS_MAX] if isinstance(subject, str) else ""


def _readable(body: bytes, value: Any) -> tuple[str, bool]:
    try:
        if value is not None:
            shown = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
            return shown[:CHARACTERS_MAX], len(shown) > CHARACTERS_MAX
    except _NO_JSON:  # it is shown as it is
        pass
    return body[:CHARACTERS_MAX].decode("utf-8", "replace"), len(body) > CHARACTERS_MAX
