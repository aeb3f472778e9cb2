"""From the octets of a v2 request to frozen types (contract sections 3 and 5).

Owns: the shape of bodies and headers, and the sentences that refuse them. What a value
means (is it a number, a sender, a URL?) is decided further in.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from staffetta.api.json_bodies import InvalidField
from staffetta.api.v2.fields import Fields, decode
from staffetta.domain.environments import Market
from staffetta.domain.errors import InvalidRecipient
from staffetta.domain.phones import parse_mobile
from staffetta.messaging.draft import IdempotencyKey
from staffetta.messaging.inspection import SEND_AHEAD_MAX, SendRequest

IDEMPOTENCY_KEY_CHARACTERS_MAX: Final = 255


class Options(msgspec.Struct, rename="camel"):
    """The options of a send."""

    dry_run: bool | None = None
    fail_on_multiple_messages: bool | None = None


class SendBody(msgspec.Struct):
    """The body of a send."""

    recipient: str
    message: str
    sender: str | None = None
    options: Options | None = None
    callback: dict[str, Any] | None = None
    send_at: str | None = msgspec.field(default=None, name="sendAt")


class ExplainBody(SendBody):
    """The body of a send that is to be explained."""

    market: str | None = None


_DECODER: Final = msgspec.json.Decoder(SendBody)
_EXPLAIN_DECODER: Final = msgspec.json.Decoder(ExplainBody)
NO_OPTIONS: Final = Options()
_MARKETS: Final = 'one of "IT", "ES" and "WW"'
_SEND_AT: Final = 'ISO 8601 with an offset, like "2026-12-24T18:00:00+01:00"'

_FIELDS: Final[Fields] = {
    "recipient": (str, True, 'a string, like "+393331234567"'),
    "message": (str, True, "a string, the text to send"),
    "sender": (str, False, "a string, or null for the default sender"),
    "options": (dict, False, "an object"),
    "options.dryRun": (bool, False, "true or false"),
    "options.failOnMultipleMessages": (bool, False, "true or false"),
    "callback": (dict, False, "an object"),
    "sendAt": (str, False, _SEND_AT),
    "market": (str, False, _MARKETS),
}


def parse_explain(body: bytes, now: datetime) -> SendRequest:
    """A send body to be explained, its market named or its recipient's; raises as parse_send."""
    asked = decode(body, _EXPLAIN_DECODER, _FIELDS)
    return _request(asked, _market(asked), None, now)


def _market(asked: ExplainBody) -> Market:
    if asked.market is not None:
        if asked.market not in set(Market):
            raise InvalidField(f"the field market must be {_MARKETS}")
        return Market(asked.market)
    try:
        country = parse_mobile(asked.recipient).country
    except InvalidRecipient:
        return Market.WORLD  # the refusal says what is wrong
    return Market(country) if country in {Market.ITALY, Market.SPAIN} else Market.WORLD


def parse_send(
    body: bytes, market: Market, path: str, headers: Mapping[bytes, bytes], now: datetime
) -> SendRequest:
    """The send request of a body; raises NotAnObject (1000) or InvalidField (1001)."""
    asked = decode(body, _DECODER, _FIELDS)
    key = parse_key(headers.get(b"idempotency-key"), path, body)
    return _request(asked, market, key, now)


def _request(
    asked: SendBody, market: Market, key: IdempotencyKey | None, now: datetime
) -> SendRequest:
    options = asked.options or NO_OPTIONS
    return SendRequest(
        market=market,
        recipient=asked.recipient,
        text=asked.message,
        sender=asked.sender,
        dry_run=bool(options.dry_run),
        fail_on_multiple_segments=bool(options.fail_on_multiple_messages),
        callback=asked.callback,
        idempotency=key,
        send_at=_parse_send_at(asked.send_at, now),
    )


def _parse_send_at(text: str | None, now: datetime) -> datetime | None:
    """When to send; what is past is now."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidField(f"the field sendAt must be {_SEND_AT}")
    if moment > now + SEND_AHEAD_MAX:
        raise InvalidField(f"the field sendAt is more than {SEND_AHEAD_MAX.days} days ahead")
    return moment if moment > now else None


def parse_key(raw: bytes | None, path: str, body: bytes) -> IdempotencyKey | None:
    """The key of a request by its header; raises InvalidField."""
    if raw is None:
        return None
    key = raw.decode("latin-1")
    if not 1 <= len(key) <= IDEMPOTENCY_KEY_CHARACTERS_MAX:
        raise InvalidField(
            f"the header Idempotency-Key must have 1 to {IDEMPOTENCY_KEY_CHARACTERS_MAX} characters"
        )
    return IdempotencyKey(path=path, key=key, body_hash=hashlib.sha256(body).digest())
