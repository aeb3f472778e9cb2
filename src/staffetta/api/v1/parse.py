"""From the octets of a v1 request to frozen types (contract sections 3 and 4).

Owns: the shape of bodies, and the numbers of what is wrong with each part. Which recipients are
numbers is decided further in: one that is none does not refuse the others.
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from staffetta.api.v1.errors import (
    BODY,
    OPTIONS,
    PRIORITY,
    RECIPIENTS,
    SENDER,
    TEST,
    TRANSACTION,
    Refused,
)
from staffetta.api.v1.large_bodies import WrittenList, read_request
from staffetta.api.v1.rules import V1Rules
from staffetta.api.v1.times import EXPECTED, milliseconds, parse_time
from staffetta.api.v2.parse import parse_key
from staffetta.callbacks.target import CUSTOM_BYTES_MAX
from staffetta.domain.senders import parse_v1_sender
from staffetta.domain.templates import Template
from staffetta.messaging.bulk.request import THOUSAND, BulkRequest, Change, Recipients
from staffetta.messaging.bulk.rows import number_of, require_sendable, shown

PRIORITY_MAX: Final = 10
PATH: Final = "/v1/messages"
_NOBODY: Final = Recipients(())
_LOOKED_THROUGH_MAX: Final = 20
_AHEAD_MAX: Final = timedelta(days=36_525)


class _Options(msgspec.Struct, frozen=True):
    """The options of a POST or a PUT, checked."""

    flash: bool
    realtime: bool
    due_at: datetime | None
    has_time: bool
    shown: Mapping[str, object]
    callback: Mapping[str, object] | None


def parse_post(
    body: bytes, headers: Mapping[bytes, bytes], rules: V1Rules, now: datetime
) -> BulkRequest:
    """The message that a POST asks for; raises NotAnObject or Refused."""
    asked = read_request(body)
    is_open = _flag(asked, "transaction", TRANSACTION, default=False)
    recipients = _recipients(asked, required=True)
    if not is_open:
        _require_one(recipients)
    sender = _sender(asked, rules)
    text = asked.get("body")
    if not isinstance(text, str) or not text:
        raise _wrong(asked, "body", BODY, "a text that is not empty")
    priority = _priority(asked.get("priority"))
    options = _options(asked.get("options"), now)
    return BulkRequest(
        sender=sender,
        body=Template(text),
        recipients=recipients,
        priority=priority,
        factor=rules.realtime_factor if options.realtime else THOUSAND,
        is_open=is_open,
        is_test=_flag(asked, "test", TEST, default=False),
        flash=options.flash,
        realtime=options.realtime,
        due_at=options.due_at,
        options=options.shown,
        callback=options.callback,
        idempotency=parse_key(headers.get(b"idempotency-key"), PATH, body),
    )


def parse_put(body: bytes, now: datetime) -> Change:
    """The change that a PUT asks for; raises NotAnObject or Refused."""
    asked = read_request(body)
    recipients = _recipients(asked, required=False)
    options = _options(asked.get("options"), now)
    return Change(
        recipients=recipients,
        closes=not _flag(asked, "transaction", TRANSACTION, default=True),
        due_at=options.due_at,
        changes_due=options.has_time,
        is_time_alone=options.has_time
        and not (recipients.count_at_least or "transaction" in asked),
    )


def _sender(asked: Mapping[str, Any], rules: V1Rules) -> str:
    sender = asked.get("sender")
    if isinstance(sender, int) and not isinstance(sender, bool):
        sender = str(sender)  # contract section 3, tolerance 6
    if not isinstance(sender, str) or not sender:
        raise _wrong(asked, "sender", SENDER, "a text of 3 to 11 characters, or 3 to 14 digits")
    return parse_v1_sender(sender, cuts=rules.cuts_senders)


def _recipients(asked: Mapping[str, Any], *, required: bool) -> Recipients:
    given = asked.get("recipients")
    if given is None and not required:
        return _NOBODY
    if isinstance(given, str | dict):
        return Recipients((given,))
    if not isinstance(given, list | WrittenList):
        expected = 'a number like "+39-3331234567", an object with "number", or a list of them'
        raise _wrong(asked, "recipients", RECIPIENTS, expected)
    return Recipients(given)


def _require_one(recipients: Recipients) -> None:
    """Refuse a short list without a valid number at once, in the contract's order of checks.

    A long one is looked through when it is stored, with pauses for everybody else.
    """
    items, count = recipients.items, recipients.count_at_least
    if count <= _LOOKED_THROUGH_MAX and not any(map(number_of, items)):
        require_sendable(0, frozenset(), next(map(shown, items), None))


def _priority(given: object) -> int:
    """Thousandths; 0 counts as 1."""
    if given is None:
        return THOUSAND
    value = _number(given)
    if value == 0:
        return THOUSAND
    if not 1 <= value <= PRIORITY_MAX:
        raise Refused(
            422, PRIORITY, f"wrong 'priority' parameter: a number from 1.00 to {PRIORITY_MAX}"
        )
    return round(value * THOUSAND)


def _number(given: object) -> float:
    """Not a number (the float) where it is none."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return math.nan
    try:
        return float(given)
    except (ValueError, OverflowError):
        return math.nan


def _options(given: object, now: datetime) -> _Options:
    if given is None or given == []:  # PHP writes an empty object as a list
        given = {}
    if not isinstance(given, dict):
        raise Refused(422, OPTIONS, "wrong 'options' parameter: an object")
    flags = {
        name: _flag(given, name, OPTIONS, default=False) for name in ("bulk", "flash", "realtime")
    }
    due_at = _due_at(given.get("timestamp_send"), now)
    echoed: dict[str, object] = {**flags, "timestamp_send": milliseconds(due_at or now)}
    for name in ("custom", "callback_url", "callback_field"):
        if given.get(name) is not None:
            echoed[name] = given[name]
    if len(msgspec.json.encode(echoed.get("custom"))) > CUSTOM_BYTES_MAX:
        sentence = f"'options.custom' has more than {CUSTOM_BYTES_MAX} bytes as JSON"
        raise Refused(422, OPTIONS, sentence)
    return _Options(
        flash=flags["flash"],
        realtime=flags["realtime"],
        due_at=due_at,
        has_time=given.get("timestamp_send") is not None,
        shown=echoed,
        callback=_callback(given),
    )


def _due_at(given: object, now: datetime) -> datetime | None:
    """When to send; None is now, and so is what is past."""
    if given is None:
        return None
    moment = parse_time(given)
    if moment is None:
        raise Refused(422, OPTIONS, f"wrong 'options.timestamp_send' parameter: {EXPECTED}")
    if moment > now + _AHEAD_MAX:
        raise Refused(422, OPTIONS, "'options.timestamp_send' is more than a hundred years ahead")
    return moment if moment > now else None


def _callback(given: Mapping[str, Any]) -> Mapping[str, object] | None:
    """v1's callback in the words of the callbacks package; what it says is checked there."""
    url, field = given.get("callback_url"), given.get("callback_field")
    if not isinstance(field, str | None):
        raise Refused(422, OPTIONS, "wrong 'options.callback_field' parameter: a text")
    if url is None:
        return None
    if field is None:
        return {"url": url, "method": "JSON"}
    return {"url": url, "method": "POST", "field": field}


def _flag(asked: Mapping[str, Any], name: str, number: int, *, default: bool) -> bool:
    given = asked.get(name)
    if given is None:
        return default
    if given in (True, False):  # 1 and 0 as well
        return bool(given)
    raise Refused(422, number, f"wrong '{name}' parameter: true or false")


def _wrong(asked: Mapping[str, Any], name: str, number: int, expected: str) -> Refused:
    if asked.get(name) in (None, ""):
        return Refused(422, number, f"missing '{name}' parameter")
    return Refused(422, number, f"wrong '{name}' parameter: {expected}")
