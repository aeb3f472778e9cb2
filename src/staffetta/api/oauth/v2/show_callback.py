"""A callback as OAuth v2 shows it: what was told, where to, and how far it came. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from staffetta.api.oauth.v2.answers import shown_time
from staffetta.callbacks.history import Delivery
from staffetta.callbacks.letters import Told, event_letter_of, letter_of, request_of, said_by
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import HOSTS, Scope, Service

# Made with the account's secret for one moment: whoever reads a history needs none.
_NOT_SHOWN: Final = frozenset({"webhook-signature"})
_OF_AN_ATTEMPT: Final = "webhook-timestamp"


def callback_summary(one: Delivery, told: Told | None, environment: Environment) -> dict[str, Any]:
    """A callback in the list, where the status of the answer is text."""
    shown = callback_object(one, told, environment)
    status = shown["httpResponseCode"]
    return {**shown, "httpResponseCode": None if status is None else str(status)}


def callback_object(one: Delivery, told: Told | None, environment: Environment) -> dict[str, Any]:
    """A callback whole; `told` is what it says, None where its message is gone."""
    scope = _scope(one, environment)
    target = one.target or {}
    return {
        "id": one.claim.id.hex(),
        "scope": None if scope is None else str(scope),
        "domain": None if scope is None else scope.host,
        "active": one.is_under_way,
        "startedAt": shown_time(one.started_at),
        "createdAt": shown_time(one.claim.created_at),
        "completedAt": None if one.is_under_way else shown_time(one.settled_at),
        "httpResponseCode": one.http_status,
        "data": _data(one, told),
        "custom": target.get("custom"),
        "headers": _headers(one, told),
        "elapsedTime": one.elapsed_ms,
        "attempt": one.attempt_count,
        "retry": max(one.attempt_count - 1, 0),
        "field": target.get("field"),
        "method": target.get("method"),
        "url": _url(one),
    }


def _scope(one: Delivery, environment: Environment) -> Scope | None:
    """The scope of the call that asked for the callback; an account's own event has none."""
    if one.service is None or one.segment is None:
        return None
    return Scope("POST", HOSTS[Service(one.service), environment], one.segment)


def _url(one: Delivery) -> str | None:
    url = (one.target or one.claim.payload or {}).get("url")
    return None if url is None else str(url)


def _data(one: Delivery, told: Told | None) -> Mapping[str, object] | None:
    """The JSON that was or will be sent."""
    if told is not None:
        return said_by(one.claim, told)
    body = (one.claim.payload or {}).get("body")
    return body if isinstance(body, dict) else None


def _headers(one: Delivery, told: Told | None) -> Mapping[str, str] | None:
    """The headers of the newest attempt, or of the one to come."""
    if told is not None:
        letter = letter_of(one.claim, told, (), 0)
    elif one.claim.payload is not None:
        letter = event_letter_of(one.claim, (), 0)
    else:
        return None
    headers = request_of(letter, one.attempted_at or one.claim.created_at).headers
    hidden = _NOT_SHOWN if one.attempted_at else _NOT_SHOWN | {_OF_AN_ATTEMPT}
    return {name: value for name, value in headers.items() if name not in hidden}
