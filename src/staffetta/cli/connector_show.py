"""`staffetta connector show`: everything about one connector, as it is now."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

from staffetta.cli.connector_alarms import json_of_alarm
from staffetta.cli.connector_parts import (
    NOT_COUNTED,
    InEnvironment,
    Name,
    smpp_settings,
    utc,
)
from staffetta.cli.connector_route import json_of_route
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson
from staffetta.cli.output import facts, local_time, show
from staffetta.connectors.smpp.settings import InvalidSmppSettings
from staffetta.connectors.smpp.shown import ShownSetting, shown_settings, typed
from staffetta.domain.money import format_amount
from staffetta.routing.alarms import OpenAlarm, open_alarms
from staffetta.routing.change_connector import StoredConnector, find_connector, open_secrets
from staffetta.routing.connector_use import (
    ANSWERS_LOOKED_AT_MAX,
    Backlog,
    InFlight,
    LastHour,
    LearnedSpelling,
    count_answers,
    count_backlog,
    count_in_flight,
    in_time,
    read_learned,
)
from staffetta.routing.connectors import ListedRoute
from staffetta.routing.edit_routes import list_routes
from staffetta.routing.errors import InvalidConnector
from staffetta.routing.held_links import HeldLink, read_links
from staffetta.routing.link_use import LinkUse
from staffetta.routing.told_changes import told
from staffetta.smpp.statuses import describe_status


@dataclass(frozen=True, slots=True)
class Picture:
    """One connector and all that stands beside it."""

    stored: StoredConnector
    settings: list[ShownSetting]
    fault: str  # why its links cannot run, "" when they can
    links: list[HeldLink]
    alarms: list[OpenAlarm]
    learned: LearnedSpelling | None
    routes: list[ListedRoute]
    # None: not counted in time.
    in_flight: InFlight | None = None
    backlog: Backlog | None = None
    last_hour: LastHour | None = None


def show_(name: Name, environment: InEnvironment = None, as_json: AsJson = False) -> None:
    """Show one connector: links, alarms, routes, what waits, the last hour's answers, settings.

    Example: staffetta connector show acme
    """

    async def work(parts: Opened) -> Picture:
        return await _counted(parts, await still(parts))

    async def still(parts: Opened) -> Picture:
        async with parts.database.transaction(
            isolation="repeatable_read", readonly=True
        ) as connection:
            stored = await find_connector(connection, name, environment)
            settings, fault = _settings(parts, stored)
            return Picture(
                stored,
                settings,
                fault,
                await read_links(connection, stored.id),
                [one for one in await open_alarms(connection) if one.connector_id == stored.id],
                await read_learned(connection, stored.id),
                await list_routes(connection, stored.id),
            )

    picture = with_everything_open(work)
    show(facts(json_of(picture), rows_of(picture), picture.fault), as_json=as_json)


async def _counted(parts: Opened, picture: Picture) -> Picture:
    """The picture with what has to be counted, each as far as there is time."""
    database, connector_id = parts.database, picture.stored.id
    # Two at once, for a command has no more connections.
    in_flight, backlog = await asyncio.gather(
        in_time(database, partial(count_in_flight, connector_id=connector_id)),
        in_time(database, partial(count_backlog, connector_id=connector_id)),
    )
    last_hour = await in_time(
        database, partial(count_answers, connector_id=connector_id, now=parts.now)
    )
    return replace(picture, in_flight=in_flight, backlog=backlog, last_hour=last_hour)


def _settings(parts: Opened, stored: StoredConnector) -> tuple[list[ShownSetting], str]:
    try:
        settings = smpp_settings(parts, stored, open_secrets(parts.keyring, stored))
    except (InvalidSmppSettings, InvalidConnector) as error:
        row = [ShownSetting(key, value, False) for key, value in sorted(stored.settings.items())]
        return row, f"Its links cannot run: {error}"
    return shown_settings(settings, stored.settings), ""


def json_of(picture: Picture) -> dict[str, object]:
    """A connector as JSON tells it."""
    stored, learned = picture.stored, picture.learned
    return {
        "connector": stored.name,
        "id": stored.id,
        "environment": stored.environment,
        "kind": stored.kind,
        "enabled": stored.enabled,
        "host": stored.host,
        "port": stored.port,
        "system_id": stored.system_id,
        "has_password": stored.password is not None,
        "has_tls_key": stored.tls_key is not None,
        "window": stored.window_max,
        "rate": stored.rate_per_second,
        "links": [
            {
                "number": link.number,
                "state": link.state,
                "since": utc(link.since),
                "detail": link.detail,
                "held": link.is_held,
                "process": {"host": link.host, "pid": link.pid} if link.is_held else None,
                "use": _json_of_use(link.use),
            }
            for link in picture.links
        ],
        "link_count": stored.link_count,
        "fault": picture.fault,
        "alarms": [json_of_alarm(one) for one in picture.alarms],
        "learned": None
        if learned is None
        else {
            "report_spelling": learned.report_spelling,
            "evidence": learned.evidence_count,
            "at": utc(learned.learned_at),
        },
        "routes": [json_of_route(route) for route in picture.routes],
        "queue": _json_of_queue(picture.in_flight, picture.backlog),
        "last_hour": _json_of_answers(picture.last_hour),
        "last_hour_is_whole": picture.last_hour is not None and not picture.last_hour.is_cut,
        "settings": {one.key: told(one.value) for one in picture.settings if not one.is_default},
        "defaults": {one.key: told(one.value) for one in picture.settings if one.is_default},
        "changed_at": utc(stored.updated_at),
    }


def _json_of_use(use: LinkUse | None) -> dict[str, object] | None:
    if use is None:
        return None
    return {
        "window": {"open": use.open_count, "max": use.open_max},
        "rate": {"now": use.per_second, "max": use.per_second_max},
        "last_minute": {
            "submits": use.submit_count,
            "reports": use.report_count,
            "throttled": use.throttle_count,
        },
    }


def _json_of_queue(in_flight: InFlight | None, backlog: Backlog | None) -> dict[str, object]:
    since = backlog and backlog.queued_since
    return {
        "waiting": backlog and backlog.queued_count,
        "since": since and utc(since),
        "scheduled": backlog and backlog.scheduled_count,
        "being_sent": in_flight and in_flight.under_way_count,
        "awaiting_report": backlog and backlog.awaited_count,
    }


def _json_of_answers(last_hour: LastHour | None) -> list[dict[str, object]] | None:
    if last_hour is None:
        return None
    return [
        {
            "outcome": one.outcome,
            "status": one.command_status,
            "name": None if one.command_status is None else _status(one.command_status),
            "segments": one.count,
        }
        for one in last_hour.answers
    ]


def rows_of(picture: Picture) -> Iterable[tuple[str, object]]:
    """A connector as a table tells it."""
    stored = picture.stored
    yield "connector", f"{stored.name} ({stored.environment}, {stored.kind})"
    yield "state", "runs" if stored.enabled else "stopped"
    yield "last changed", local_time(stored.updated_at)
    if stored.host:
        yield "carrier", f"{stored.system_id} @ {stored.host}:{stored.port}"
    yield "password", "set" if stored.password else "none"
    if stored.tls_key is not None:
        yield "client key", "set"
    yield "window", stored.window_max
    yield "rate", f"{stored.rate_per_second}/s" if stored.rate_per_second else "unlimited"
    yield "links", stored.link_count
    yield from _link_rows(picture.links)
    for alarm in picture.alarms:
        yield f"alarm {alarm.kind}", f"since {local_time(alarm.raised_at)}: {alarm.detail}"
    for route in picture.routes:
        yield f"route {route.country}", f"{format_amount(route.price_micro)}, rank {route.rank}"
    if picture.learned is not None:
        evidence = f"learned from {picture.learned.evidence_count} reports"
        yield "ids in reports", f"{picture.learned.report_spelling} ({evidence})"
    yield from _use_rows(picture.in_flight, picture.backlog)
    yield from _answer_rows(picture.last_hour)
    for one in sorted(picture.settings, key=lambda one: (one.is_default, one.key)):
        shown = typed(told(one.value)) or "empty"
        yield one.key, f"{shown} (default)" if one.is_default else shown


def _link_rows(links: Iterable[HeldLink]) -> Iterable[tuple[str, object]]:
    for link in links:
        state = link.state if link.is_held else "held by nobody"
        detail = f": {link.detail}" if link.detail and link.is_held else ""
        yield f"link {link.number}", f"{state} since {local_time(link.since)}{detail}"
        if link.is_held:
            yield "held by", f"process {link.pid} on {link.host}"
        if link.use is not None and link.is_open:
            yield "in use", _use_words(link.use)


def _use_words(use: LinkUse) -> str:
    limit = "" if use.per_second_max is None else f" of {use.per_second_max:g}"
    throttled = f", throttled {use.throttle_count} times" if use.throttle_count else ""
    return (
        f"window {use.open_count} of {use.open_max}, {use.per_second:g}{limit} a second; last"
        f" minute: {use.submit_count} segments, {use.report_count} reports{throttled}"
    )


def _use_rows(in_flight: InFlight | None, backlog: Backlog | None) -> Iterable[tuple[str, object]]:
    if backlog is None:
        yield "waiting", NOT_COUNTED
    else:
        since = backlog.queued_since
        first = "" if since is None else f", the first since {local_time(since)}"
        yield "waiting", f"{backlog.queued_count} recipients{first}"
        yield "for later", backlog.scheduled_count
        yield "without final report", backlog.awaited_count
    yield "being sent", NOT_COUNTED if in_flight is None else in_flight.under_way_count


def _answer_rows(last_hour: LastHour | None) -> Iterable[tuple[str, object]]:
    if last_hour is None:
        yield "last hour", NOT_COUNTED
        return
    for one in last_hour.answers:
        status = "" if one.command_status is None else f" {_status(one.command_status)}"
        yield f"last hour: {one.outcome}{status}", f"{one.count} segments"
    if last_hour.is_cut:
        yield (
            "last hour",
            f"there may be more: of each account the newest {ANSWERS_LOOKED_AT_MAX} are counted",
        )


def _status(code: int) -> str:
    return describe_status(code).name
