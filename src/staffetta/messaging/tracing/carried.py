"""The way to the carrier and back: queue, claims, segments, reports, the state it came to. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from staffetta.domain.states import FINAL, State
from staffetta.messaging.tracing.rows import AHEAD_MAX, Row, TraceRows
from staffetta.messaging.tracing.timeline import Event
from staffetta.smpp.statuses import describe_status

_THOUSAND: Final = 1000
_WAITING: Final = frozenset({State.SCHEDULED, State.QUEUED})
_DISPOSITIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "waiting": "waits for its segment's answer",
        "matched": "came before its segment's answer, and was matched then",
        "late": "came after another had decided, and changed nothing",
        "orphan": "found no segment within ten minutes",
    }
)
_STATES: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.SCHEDULED: "waits for its time",
        State.QUEUED: "waits in the queue",
        State.SUBMITTING: "is being sent",
        State.SUBMITTED: "the carrier has it; its report is awaited",
        State.UNCERTAIN: "nobody knows whether the carrier has it",
        State.DELIVERED: "delivered",
        State.UNDELIVERABLE: "undeliverable",
        State.REJECTED: "rejected",
        State.EXPIRED: "expired",
        State.CANCELLED: "cancelled",
    }
)


def queue_events(rows: TraceRows, recipient: Row) -> Iterator[Event]:
    """Its place in the queue, and how long it waited there."""
    message = rows.message
    if recipient["connector_id"] is None or message["dry_run"]:
        return
    due_at = message["due_at"]
    if rows.v1 is not None and rows.v1["is_open"]:
        yield Event(
            message["created_at"],
            "queue",
            "waits for its transaction to be closed",
            {"waits_for": "transaction"},
        )
        return
    if due_at > message["created_at"]:
        text = f"waits for its time, {_moment(due_at)}"
        yield Event(message["created_at"], "queue", text, {"waits_for": "time"})
    if recipient["state"] == State.SCHEDULED and recipient["attempt"] == 0:
        return
    turn = recipient["turn"]
    yield Event(
        max(due_at, message["created_at"]),
        "queue",
        f"queued for {recipient['connector']}, turn {turn}",
        {"connector": recipient["connector"], "turn": turn, "class": recipient["class"]},
    )
    if rows.ahead_count is not None:
        count = rows.ahead_count
        shown = f"{AHEAD_MAX} or more" if count >= AHEAD_MAX else str(count)
        yield Event(None, "queue", f"now {shown} stand before it", {"ahead": count})
    if State(recipient["state"]) in _WAITING:
        yield from _links(rows.links)


def _links(links: Sequence[Row]) -> Iterator[Event]:
    for link in links:
        detail = f": {link['detail']}" if link["detail"] else ""
        yield Event(
            None,
            "link",
            f"today link {link['number']} of {link['connector']} is {link['state']}{detail}",
            {**link},
        )


def claim_events(rows: TraceRows, recipient: Row) -> Iterator[Event]:
    """Every try: when it was taken, by whom, and what became of its segments."""
    submissions: dict[int, list[Row]] = {}
    for row in rows.submissions:
        submissions.setdefault(row["attempt"], []).append(row)
    began = _began(rows, submissions)
    links = {(row["attempt"], row["segment"]): row["link"] for row in rows.recordings}
    newest = recipient["attempt"]
    told = sorted({*submissions, *began, newest} - {0})
    before = 0
    for attempt in told:
        if attempt > before + 1:
            yield _left_nothing(before + 1, attempt - 1)
        if attempt == newest:
            yield _newest_claim(rows, recipient, submissions.get(newest, ()))
        else:
            yield Event(began[attempt], "claim", f"try {attempt}", {"attempt": attempt})
        for row in submissions.get(attempt, ()):
            yield _segment(row, links.get((attempt, row["segment"])))
        before = attempt


def _began(rows: TraceRows, submissions: Mapping[int, Sequence[Row]]) -> dict[int, datetime]:
    """When tries were under way, as far as anything says: only the newest claim's time is kept."""
    began = {
        attempt: min(row["answered_at"] for row in answered)
        for attempt, answered in submissions.items()
    }
    for row in rows.recordings:
        if row["attempt"] is not None:
            at = row["at"]
            began[row["attempt"]] = min(began.get(row["attempt"], at), at)
    return began


def _left_nothing(first: int, last: int) -> Event:
    which = f"try {first}" if first == last else f"tries {first} to {last}"
    text = f"{which}: put off by the carrier, or put back, or nothing is known of it"
    return Event(None, "claim", text, {"first": first, "last": last})


def _newest_claim(rows: TraceRows, recipient: Row, submissions: Sequence[Row]) -> Event:
    at, attempt = recipient["claimed_at"], recipient["attempt"]
    words = [f"try {attempt} begins"]
    facts: dict[str, object] = {"attempt": attempt}
    if attempt == 1:
        waited_ms = _ms(max(rows.message["due_at"], rows.message["created_at"]), at)
        words.append(f"after {waited_ms} ms in the queue")
        facts["waited_ms"] = waited_ms
    if recipient["possibly_duplicate"]:
        words.append(f"perhaps for the second time: {_why_twice(rows, recipient)}")
        facts["possibly_duplicate"] = True
    if recipient["owner_pid"] is not None:
        owner = f"process {recipient['owner_pid']} on {recipient['owner_host']}"
        words.append(f"by {owner}")
        facts["owner"] = owner
    if not submissions and recipient["state"] != State.SUBMITTING:
        words.append("no segment was answered for good")
    return Event(at, "claim", ", ".join(words), facts)


def _why_twice(rows: TraceRows, recipient: Row) -> str:
    cuts = {
        (row["segment_total"], row["written_as"])
        for row in rows.submissions
        if row["outcome"] == "accepted"
    }
    reasons = ["one before it stayed without an answer"] if recipient["resend_count"] else []
    if len(cuts) > 1 or not reasons:
        reasons.append("the text was cut anew, and a carrier has parts of the cut before")
    return "; ".join(reasons)


def _segment(row: Row, link: int | None) -> Event:
    way = row["connector"] if link is None else f"{row['connector']}/{link}"
    text = f"segment {row['segment']} of {row['segment_total']} by {way}: "
    match row["outcome"]:
        case "accepted":
            named = f"accepted as {row['smsc_id']}" if row["smsc_id"] else "accepted, without an id"
            text += named
        case "refused":
            text += f"refused: {status_words(row['command_status'])}"
        case _:
            text += "no answer came, the carrier may have it"
    if row["written_as"] is not None:
        text += f", written as {row['written_as']}"
    if not row["report_asked"]:
        text += ", without a report of its own"
    return Event(
        row["answered_at"],
        "segment",
        text,
        {
            "link": link,
            **{
                name: row[name]
                for name in (
                    *("attempt", "segment", "segment_total", "connector", "outcome"),
                    *("command_status", "smsc_id", "answered_at", "written_as"),
                )
            },
        },
    )


def status_words(command_status: int | None) -> str:
    """A command_status with its name and its sentence."""
    if not command_status:
        return "nothing could be written"
    meaning = describe_status(command_status)
    return f"{meaning.name} (0x{command_status:02X}): {meaning.sentence}"


def report_events(rows: TraceRows) -> Iterator[Event]:
    """The delivery reports: those that counted, and those that came beside them."""
    for row in sorted(
        (row for row in rows.submissions if row["reported_at"] is not None),
        key=lambda row: row["reported_at"],
    ):
        yield _report(row)
    for row in rows.reports:
        error = f", error {row['report_error']}" if row["report_error"] else ""
        error += f" ({row['error_words']})" if row["error_words"] else ""
        yield Event(
            row["received_at"],
            "report",
            f"{row['report_state'] or 'no word'}{error} for {row['smsc_id']}:"
            f" {_DISPOSITIONS[row['disposition']]}",
            {
                name: row[name]
                for name in (
                    *("smsc_id", "report_state", "report_error", "error_words", "done_at"),
                    *("destination", "received_at", "disposition"),
                )
            },
        )


def _report(row: Row) -> Event:
    words = [f"segment {row['segment']}: {row['report_state'] or 'no word'}"]
    if row["report_error"]:
        reason = f" ({row['report_reason']})" if row["report_reason"] else ""
        words.append(f"error {row['report_error']}{reason}")
    if row["done_at"] is not None:
        words.append(f"done at {_moment(row['done_at'])} by the carrier's clock")
    if row["report_event"] is None:
        words.append("which decides nothing")
    words.append(f"{_ms(row['answered_at'], row['reported_at'])} ms after the answer")
    return Event(
        row["reported_at"],
        "report",
        ", ".join(words),
        {
            name: row[name]
            for name in (
                *("attempt", "segment", "smsc_id", "report_state", "report_error"),
                *("report_event", "report_reason", "done_at", "reported_at"),
            )
        },
    )


def state_event(rows: TraceRows, recipient: Row) -> Event:
    """Where it stands, or how it ended."""
    state = State(recipient["state"])
    words = "a dry run: nothing was sent" if rows.message["dry_run"] else _STATES[state]
    if state is State.UNDELIVERABLE or state is State.REJECTED:
        words += _why(recipient)
    elif recipient["detail"] and state is not State.DELIVERED:
        words += f": {recipient['detail']}"
    if state not in FINAL and not (rows.v1 is not None and rows.v1["is_open"]):
        words += f"; expires at {_moment(recipient['expires_at'])}"
        if state is State.SCHEDULED:
            words += f", due at {_moment(recipient['due_at'])}"
    at = recipient["delivered_at"] or recipient["updated_at"]
    facts: dict[str, object] = {
        name: recipient[name]
        for name in (
            *("state", "detail", "command_status", "failure_count", "resend_count"),
            *("possibly_duplicate", "sent_at", "delivered_at", "due_at", "expires_at"),
        )
    }
    return Event(at, "state", words, facts)


def _why(recipient: Row) -> str:
    return f": {recipient['detail']}" if recipient["detail"] else ""


def alarm_events(alarms: Sequence[Row]) -> Iterator[Event]:
    """What was wrong with the connectors meanwhile."""
    for alarm in alarms:
        yield Event(
            alarm["raised_at"], "alarm", f"{alarm['connector']}: {alarm['detail']}", {**alarm}
        )
        if alarm["cleared_at"] is not None:
            yield Event(
                alarm["cleared_at"], "alarm", f"{alarm['connector']}: {alarm['kind']} is over"
            )


def _ms(start: datetime, end: datetime) -> int:
    return round((end - start).total_seconds() * _THOUSAND)


def _moment(at: datetime) -> str:
    return at.astimezone().isoformat(sep=" ", timespec="seconds")
