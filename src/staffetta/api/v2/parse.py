"""From the octets of a v2 request to frozen types (contract sections 3 and 5).

Owns: the shape of bodies and headers, and the sentences that refuse them. What a value
means (is it a number, a sender, a URL?) is decided further in.

A good body takes one pass of a decoder made beforehand. A bad one is read again, slowly, to say
what is wrong with it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NoReturn, TypeVar

import msgspec

from staffetta.api.v2.errors import InvalidField, NotAnObject
from staffetta.domain.environments import Market
from staffetta.domain.errors import InvalidRecipient
from staffetta.domain.phones import parse_mobile
from staffetta.messaging.draft import IdempotencyKey
from staffetta.messaging.inspection import SEND_AHEAD_MAX, SendRequest

IDEMPOTENCY_KEY_CHARACTERS_MAX: Final = 255


class _Options(msgspec.Struct, rename="camel"):
    dry_run: bool | None = None
    fail_on_multiple_messages: bool | None = None


class _Body(msgspec.Struct):
    recipient: str
    message: str
    sender: str | None = None
    options: _Options | None = None
    callback: dict[str, Any] | None = None
    send_at: str | None = msgspec.field(default=None, name="sendAt")


class _ExplainBody(_Body):
    market: str | None = None


_AnyBody = TypeVar("_AnyBody", bound=_Body)
_DECODER: Final = msgspec.json.Decoder(_Body)
_EXPLAIN_DECODER: Final = msgspec.json.Decoder(_ExplainBody)
_NO_OPTIONS: Final = _Options()
_MARKETS: Final = 'one of "IT", "ES" and "WW"'
_SEND_AT: Final = 'ISO 8601 with an offset, like "2026-12-24T18:00:00+01:00"'
_NUL_ESCAPE: Final = b"\\u0000"

_FIELDS: Final[Mapping[str, tuple[type, bool, str]]] = {
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
    asked = _decode(body, _EXPLAIN_DECODER)
    return _request(asked, _market(asked), None, now)


def _market(asked: _ExplainBody) -> Market:
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
    asked = _decode(body, _DECODER)
    key = parse_key(headers.get(b"idempotency-key"), path, body)
    return _request(asked, market, key, now)


def _decode(body: bytes, decoder: msgspec.json.Decoder[_AnyBody]) -> _AnyBody:
    try:
        asked = decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        _explain(body)
    if _NUL_ESCAPE in body:
        _require_text(_read_slowly(body))
    return asked


def _request(
    asked: _Body, market: Market, key: IdempotencyKey | None, now: datetime
) -> SendRequest:
    options = asked.options or _NO_OPTIONS
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


def _explain(body: bytes) -> NoReturn:
    """Say what is wrong with a body that the decoder refused."""
    value = _read_slowly(body)
    _require_text(value)
    for name, (kind, required, expected) in _FIELDS.items():
        _require_kind(value, name, kind, required=required, expected=expected)
    raise InvalidField("the body holds a number that is too large")


def _read_slowly(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise NotAnObject(f"the body is not UTF-8 at octet {error.start}") from None
    except json.JSONDecodeError as error:
        raise NotAnObject(
            f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise NotAnObject("the body is nested too deeply") from None
    except ValueError:  # an integer of thousands of digits
        raise NotAnObject("the body holds a number that cannot be read") from None
    if not isinstance(value, dict):
        raise NotAnObject("the body must be a JSON object, like {}")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise NotAnObject(f"the body is not JSON: {name} is not a value of it")


def _require_kind(
    body: Mapping[str, Any], name: str, kind: type, *, required: bool, expected: str
) -> None:
    parent, _, leaf = name.rpartition(".")
    holder = (body.get(parent) or {}) if parent else body
    if leaf not in holder and required:
        raise InvalidField(f"the field {name} is missing: it must be {expected}")
    value = holder.get(leaf)
    if not isinstance(value, kind) and (required or value is not None):
        raise InvalidField(f"the field {name} must be {expected}")


def _require_text(body: Mapping[str, Any]) -> None:
    """Refuse NUL and half a surrogate pair anywhere, naming the field they stand in."""
    for name, value in body.items():
        for text in (name, *_texts(value)):
            if "\0" in text:
                raise InvalidField(f"the field {_shown(name)} holds the character NUL")
            if not _is_whole(text):
                raise InvalidField(f"the field {_shown(name)} holds half of a surrogate pair")


def _texts(value: object) -> Iterator[str]:
    """Every string in a JSON value, the names of its fields too. No recursion: depth is theirs."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case dict() as fields:
                yield from fields
                waiting.extend(fields.values())
            case list() as items:
                waiting.extend(items)


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(name: str) -> str:
    return ascii(name)[1:-1][:100]
