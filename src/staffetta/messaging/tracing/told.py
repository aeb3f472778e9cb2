"""What the account's URL was told: callbacks, every attempt, replays. Pure."""

from collections.abc import Iterator
from typing import Final

from staffetta.messaging.tracing.rows import Row, TraceRows
from staffetta.messaging.tracing.timeline import Event

_ANSWER_MAX: Final = 60  # characters


def callback_events(rows: TraceRows) -> Iterator[Event]:
    """Every callback that was owed, and every attempt to deliver it."""
    attempts: dict[bytes, list[Row]] = {}
    for attempt in rows.callback_attempts:
        attempts.setdefault(attempt["callback_id"], []).append(attempt)
    for callback in rows.callbacks:
        yield from _callback(callback, attempts.get(callback["id"], []))


def _callback(callback: Row, attempts: list[Row]) -> Iterator[Event]:
    shown = callback["id"].hex()
    yield Event(
        callback["created_at"],
        "callback",
        f"{callback['event']} is owed to {callback['host']} (callback {shown})",
        {
            "callback": shown,
            "event": callback["event"],
            "host": callback["host"],
            "status": callback["status"],
        },
    )
    for attempt in attempts:
        yield _attempt(callback, attempt)
    if callback["attempts_before"]:
        count = callback["attempts_before"]
        yield Event(
            None,
            "callback",
            f"it was replayed after {count} attempts",
            {"event": callback["event"], "replayed_after": count},
        )
    if callback["status"] == "owed":
        words = f"{callback['event']} is still owed"
        facts = {"event": callback["event"], "due_at": callback["due_at"]}
        yield Event(None, "callback", words, facts)
    elif callback["settled_at"] is not None and callback["status"] != "delivered":
        words = f"{callback['event']}: {_end(callback)}"
        facts = {"event": callback["event"], "ended": callback["status"]}
        yield Event(callback["settled_at"], "callback", words, facts)


def _attempt(callback: Row, attempt: Row) -> Event:
    status = attempt["http_status"]
    said = attempt["answer"] if status is not None else attempt["error"]
    words = " ".join(said.split())
    cut = words if len(words) <= _ANSWER_MAX else f"{words[:_ANSWER_MAX]}…"
    came = f"answered {status}" if status is not None else "failed"
    return Event(
        attempt["at"],
        "callback",
        f"{callback['event']}: attempt {attempt['attempt']} {came} after"
        f" {attempt['elapsed_ms']} ms{f': {cut}' if cut else ''}",
        {
            "callback": callback["id"].hex(),
            "attempt": attempt["attempt"],
            "http_status": status,
            "elapsed_ms": attempt["elapsed_ms"],
            "error": attempt["error"],
            "answer": attempt["answer"],
        },
    )


def _end(callback: Row) -> str:
    match callback["status"]:
        case "superseded":
            return "not sent any more: a newer state was told"
        case "dead":
            return "given up; `staffetta callbacks replay` sends it again"
        case status:
            return str(status)
