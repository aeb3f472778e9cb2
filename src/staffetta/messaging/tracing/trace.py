"""From the rows of a message to its timeline: one pure function."""

from collections.abc import Iterator

from staffetta.messaging.tracing.asked import asked_events
from staffetta.messaging.tracing.carried import (
    alarm_events,
    claim_events,
    queue_events,
    report_events,
    state_event,
)
from staffetta.messaging.tracing.paid import money_events
from staffetta.messaging.tracing.pdus import Looks, pdu_events
from staffetta.messaging.tracing.redact import redacted
from staffetta.messaging.tracing.rows import RECIPIENTS_MAX, TraceRows
from staffetta.messaging.tracing.timeline import Event, Timeline, in_order
from staffetta.messaging.tracing.told import callback_events


def make_timeline(rows: TraceRows, looks: Looks) -> Timeline:
    """Everything that these rows know, in the order of time."""
    message, recipient = rows.message, rows.recipient
    groups = [list(asked_events(rows, with_text=looks.with_text)), list(money_events(rows))]
    if recipient is None:
        groups.append(list(_bulk_state(rows)))
    else:
        groups += [
            list(queue_events(rows, recipient)),
            list(claim_events(rows, recipient)),
            list(pdu_events(rows, looks)),
            list(report_events(rows)),
            list(alarm_events(rows.alarms)),
            [state_event(rows, recipient)],
        ]
    groups.append(list(callback_events(rows)))
    timeline = Timeline(
        message_id=message["id"],
        recipient_id=None if recipient is None else recipient["id"],
        account=message["email"],
        environment=message["environment"],
        number=None if recipient is None else recipient["number"],
        state=_state(rows),
        events=in_order(groups),
        remarks=list(_remarks(rows)),
    )
    return redacted(timeline) if looks.redacts else timeline


def _state(rows: TraceRows) -> str:
    if rows.recipient is not None:
        return str(rows.recipient["state"])
    return ", ".join(f"{row['count']} {row['state']}" for row in rows.states) or "no recipients"


def _bulk_state(rows: TraceRows) -> Iterator[Event]:
    """Where the recipients of a message of v1 stand, and the first of them."""
    at = rows.message["created_at"]
    newest = max((row["updated_at"] for row in rows.recipients), default=at)
    yield Event(newest, "state", _state(rows), {row["state"]: row["count"] for row in rows.states})
    for row in rows.recipients:
        yield Event(
            row["updated_at"],
            "recipient",
            f"{row['number']}: {row['state']} (--recipient {row['id'].hex()})",
            {"recipient": row["id"].hex(), "number": row["number"], "state": row["state"]},
        )


def _remarks(rows: TraceRows) -> Iterator[str]:
    yield from rows.remarks
    if rows.recipient is None and len(rows.recipients) >= RECIPIENTS_MAX:
        yield f"Only the first {RECIPIENTS_MAX} recipients are listed; name one with --recipient."
    if rows.recipient is not None and rows.recipient["attempt"] and not rows.recordings:
        yield (
            "None of its PDUs was recorded: those of failures are, those of a sample, and those of"
            " accounts that `staffetta account trace` was told of."
        )
