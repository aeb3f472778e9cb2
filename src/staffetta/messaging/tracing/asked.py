"""What was asked for and decided at acceptance: request, quote, checks, route. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from staffetta.domain.environments import Environment
from staffetta.domain.money import format_amount
from staffetta.messaging.draft import CLASS_URGENT
from staffetta.messaging.explain import why_chosen
from staffetta.messaging.tracing.rows import Row, TraceRows
from staffetta.messaging.tracing.timeline import Event
from staffetta.routing.table import Route, RouteTable

_THOUSAND: Final = 1000


def asked_events(rows: TraceRows, *, with_text: bool) -> Iterator[Event]:
    """The request and what acceptance made of it."""
    message = rows.message
    at = message["created_at"]
    yield Event(at, "request", _request(rows), _request_facts(rows))
    if rows.key is not None:
        yield Event(at, "request", f"with an Idempotency-Key, for {rows.key['path']}")
    if with_text:
        yield Event(at, "text", _quoted(message["body"]), {"text": message["body"]})
    yield _quote(rows)
    if rows.v1 is not None:
        yield from _v1(rows, rows.v1)
    yield from _checks(rows)
    if rows.recipient is not None:
        yield from _routing(rows, rows.recipient)
    if rows.code is not None:
        yield from _code(rows.code)


def _request(rows: TraceRows) -> str:
    message = rows.message
    call = _call_of(message)
    words = [f"{call} from {message['email']}, sender {message['sender']}"]
    if message["dry_run"]:
        words.append("a dry run")
    if message["flash"]:
        words.append("flash")
    if message["due_at"] > message["created_at"]:
        words.append("to be sent later")
    if message["callback"] is not None:
        words.append("with a callback")
    return ", ".join(words)


def _call_of(message: Row) -> str:
    if message["service"] == "v1":
        return "v1 /messages"
    return "v2 /otp" if message["is_code"] else f"v2 /{message['market']}-messages"


def _request_facts(rows: TraceRows) -> dict[str, object]:
    message = rows.message
    return {
        "service": message["service"],
        "market": message["market"],
        "account": message["email"],
        "sender": message["sender"],
        "options": message["options"],
        "dry_run": message["dry_run"],
        "is_code": message["is_code"],
        "due_at": message["due_at"],
        "idempotency_path": rows.key and rows.key["path"],
    }


def _quote(rows: TraceRows) -> Event:
    message, recipient = rows.message, rows.recipient
    count = recipient["segment_count"] if recipient is not None else message["segment_count"]
    urgent = "urgent" if message["class"] == CLASS_URGENT else "normal"
    characters = _counted(message["characters_count"], "character")
    words = [f"{message['encoding']}, {characters}, {_counted(count, 'segment')}"]
    facts: dict[str, object] = {
        "encoding": message["encoding"],
        "characters": message["characters_count"],
        "segments": count,
        "reference": message["reference"],
        "class": message["class"],
        "priority": message["priority"] / _THOUSAND,
    }
    if recipient is not None:
        words.append(f"{format_amount(recipient['price_micro'])} each")
        facts["price_micro"] = recipient["price_micro"]
        facts["bundle_segments"] = recipient["bundle_segment_count"]
        if recipient["bundle_segment_count"]:
            words.append(f"{recipient['bundle_segment_count']} covered by bundles")
    words.append(f"class {urgent}, priority {message['priority'] / _THOUSAND:.2f}")
    if count > 1:
        words.append(f"reference {message['reference']}")
    return Event(message["created_at"], "quote", "; ".join(words), facts)


def _v1(rows: TraceRows, v1: Row) -> Iterator[Event]:
    at = rows.message["created_at"]
    invalid = f", {v1['invalid_count']} numbers invalid" if v1["invalid_count"] else ""
    kind = ", a test" if v1["is_test"] else ""
    yield Event(
        at,
        "bulk",
        f"{v1['recipient_count']} recipients, {v1['segment_total']} segments,"
        f" {format_amount(v1['price_micro'])} in all{invalid}{kind}",
        {
            "recipients": v1["recipient_count"],
            "segments": v1["segment_total"],
            "price_micro": v1["price_micro"],
            "factor": v1["factor"] / _THOUSAND,
            "invalid": v1["invalid_count"],
            "is_open": v1["is_open"],
            "is_test": v1["is_test"],
        },
    )
    if v1["is_open"]:
        yield Event(v1["updated_at"], "bulk", "a transaction that is still open: nothing is sent")
    if v1["cancelled_at"] is not None:
        yield Event(v1["cancelled_at"], "cancel", "the whole message was cancelled")


def _checks(rows: TraceRows) -> Iterator[Event]:
    message, recipient = rows.message, rows.recipient
    at = message["created_at"]
    if message["blocklisted_reason"] is not None:
        reason = message["blocklisted_reason"]
        yield Event(at, "check", f"refused: {reason}", {"reason": reason})
    if recipient is not None and recipient["refused_as"] is not None:
        refused_as = recipient["refused_as"]
        yield Event(at, "check", f"stored rejected as {refused_as}", {"refused_as": refused_as})
    for block in rows.blocks:
        yield Event(
            block["imposed_at"], "check", f"it blocked its account: {block['reason']}", {**block}
        )
        if block["lifted_at"] is not None:
            reason = f": {block['lifted_reason']}" if block["lifted_reason"] else ""
            yield Event(
                block["lifted_at"], "check", f"the block was lifted{reason}", {"lifted": True}
            )


def _routing(rows: TraceRows, recipient: Row) -> Iterator[Event]:
    at = rows.message["created_at"]
    if recipient["connector_id"] is None:
        yield Event(at, "route", "no route was chosen")
        return
    name = recipient["connector"] or f"connector {recipient['connector_id']} (gone since)"
    candidates = list(_candidates(rows, recipient))
    yield Event(
        at,
        "route",
        f"by {name}, for {recipient['country']}",
        {"connector": name, "country": recipient["country"], "candidates_today": candidates},
    )
    for one in candidates:
        text = (
            f"today: {one['connector']} for {one['country']}, rank {one['rank']},"
            f" {format_amount(one['price_micro'])}: {one['reason']}"  # type: ignore[arg-type]
        )
        yield Event(at, "route", text, {"rank": one["rank"]})


def _candidates(rows: TraceRows, recipient: Row) -> Iterator[dict[str, object]]:
    """The routes as they are today: those of the moment of acceptance are kept nowhere."""
    names = {row["connector_id"]: row["name"] for row in rows.routes}
    environment = Environment(rows.message["environment"])
    table = RouteTable(_routes(rows.routes, environment))
    candidates = table.candidates(environment, recipient["country"])
    for route in candidates:
        yield {
            "connector": names[route.connector_id],
            "country": route.country,
            "rank": route.rank,
            "price_micro": route.price_micro,
            "reason": why_chosen(route, candidates[0]),
        }
    for row in rows.routes:
        if not row["enabled"]:
            yield {
                "connector": row["name"],
                "country": row["country"],
                "rank": row["rank"],
                "price_micro": row["price_micro"],
                "reason": "its connector is disabled",
            }


def _routes(rows: Sequence[Row], environment: Environment) -> Iterable[Route]:
    return [
        Route(
            environment=environment,
            country=row["country"],
            connector_id=row["connector_id"],
            rank=row["rank"],
            price_micro=row["price_micro"],
        )
        for row in rows
        if row["enabled"]
    ]


def _code(code: Row) -> Iterator[Event]:
    shared = f", sent in {code['message_count']} messages" if code["message_count"] > 1 else ""
    yield Event(
        code["created_at"],
        "code",
        f"a one-time code was made{shared}; {code['tries_left']} tries are left",
        {"tries_left": code["tries_left"], "messages": code["message_count"]},
    )
    if code["used_at"] is not None:
        yield Event(code["used_at"], "code", "the code was used", {"used": True})


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _quoted(text: str) -> str:
    return f"“{text}”"
