"""A timeline as it is shown: a line for each event, or JSON."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from staffetta.cli.output import Column, Result
from staffetta.messaging.tracing.timeline import Event, Timeline

_COLUMNS: Final = (
    Column("time", whole=True),
    Column("ms", "right", whole=True),
    Column("what", whole=True),
    Column("how"),
)
_PIPE_WIDTH: Final = 100  # it is sent to people, who read it in letters
_THOUSAND: Final = 1000


def timeline_shown(timeline: Timeline) -> Result:
    """The whole timeline; `ms` is the time since the line before."""
    return Result(
        _json_of(timeline),
        _COLUMNS,
        _rows_of(timeline.events),
        "\n".join(_notes(timeline)),
        _PIPE_WIDTH,
    )


def events_shown(events: Sequence[Event], note: str = "") -> Result:
    """Events alone."""
    said = [event_json(event) for event in events]
    return Result(said, _COLUMNS, _rows_of(events), note, _PIPE_WIDTH)


def _rows_of(events: Sequence[Event]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    before: datetime | None = None
    for event in events:
        if event.at is None:
            rows.append(("", "", event.kind, event.text))
            continue
        ms = "" if before is None else f"+{round((event.at - before).total_seconds() * _THOUSAND)}"
        before = event.at
        rows.append((_time(event.at), ms, event.kind, event.text))
    return rows


def event_json(event: Event) -> dict[str, object]:
    """An event for programs."""
    at = None if event.at is None else utc(event.at)
    return {"at": at, "what": event.kind, "how": event.text, **_plain(event.facts)}


def utc(moment: datetime) -> str:
    """A time for programs, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _time(moment: datetime) -> str:
    """A time in this machine's zone, without its year."""
    return moment.astimezone().strftime("%m-%d %H:%M:%S.%f")[:-3]


def _json_of(timeline: Timeline) -> dict[str, object]:
    recipient_id = timeline.recipient_id
    return {
        "message": timeline.message_id.hex(),
        "recipient": None if recipient_id is None else recipient_id.hex(),
        "account": timeline.account,
        "environment": timeline.environment,
        "number": timeline.number,
        "state": timeline.state,
        "events": [event_json(event) for event in timeline.events],
        "remarks": list(timeline.remarks),
    }


def _notes(timeline: Timeline) -> list[str]:
    to = f" to {timeline.number}" if timeline.number else ""
    whole = timeline.message_id.hex()
    if timeline.recipient_id not in (None, timeline.message_id):
        assert timeline.recipient_id is not None
        whole = f"{whole}, recipient {timeline.recipient_id.hex()}"
    first = next((event.at for event in timeline.events if event.at is not None), None)
    year = "" if first is None else f" of {first.astimezone():%Y}"
    title = (
        f"Message {whole}{to}, of {timeline.account} in {timeline.environment}: {timeline.state}."
        f" Times are{year} in this machine's zone."
    )
    return [title, *timeline.remarks]


def _plain(value: Mapping[str, object]) -> dict[str, object]:
    return {name: _plain_value(each) for name, each in value.items()}


def _plain_value(value: object) -> object:
    match value:
        case datetime():
            return utc(value)
        case bytes():
            return value.hex()
        case Mapping():
            return {str(name): _plain_value(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain_value(each) for each in value]
        case _:
            return value
