"""`staffetta connector set`, `unset`, `start`, `stop`, `drain` and `remove`."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from staffetta.accounts.audit import DETAILS_BYTES_MAX
from staffetta.app.carrier_desk import check_connector
from staffetta.cli.connector_parts import (
    NOT_COUNTED,
    InEnvironment,
    LongPassword,
    Name,
    PasswordEnv,
    PasswordFile,
    note,
    password_from,
)
from staffetta.cli.connector_values import read_assignments, read_text_file, require_known
from staffetta.cli.failures import CommandFailed
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson
from staffetta.cli.output import facts, show
from staffetta.connectors.smpp.shown import typed
from staffetta.domain.clock import SystemClock
from staffetta.domain.environments import Environment
from staffetta.routing.change_connector import (
    ConnectorChange,
    StoredConnector,
    change_connector,
    enable_connector,
    find_connector,
    remove_connector,
    seconds_to_settle,
)
from staffetta.routing.connector_use import (
    Backlog,
    InFlight,
    count_backlog,
    count_in_flight,
    in_time,
)
from staffetta.routing.edit_routes import countries_led_to_alone
from staffetta.routing.table import ANY_COUNTRY
from staffetta.routing.told_changes import changes_between, told_changes

_POLL_SECONDS: Final = 0.2
_TAKEN_UP: Final = "A running server takes it up within a second."
_THE_REST: Final = "countries without a route of their own"
_STOPPED: Final = "It is stopped: a running server takes that up within a second."
Assignments = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[KEY=VALUE]...",
        help="host, port, system_id, window, rate, links, or a setting of the reference page"
        " connector-settings. @FILE reads the value from a file.",
    ),
]


def set_(
    name: Name,
    assignments: Assignments = None,
    environment: InEnvironment = None,
    password_file: PasswordFile = None,
    password_env: PasswordEnv = None,
    long_password: LongPassword = False,
    tls_key_file: Annotated[
        Path | None,
        typer.Option("--tls-key-file", help="The key of the client certificate, in PEM."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    r"""Change a connector: where it leads, its window, rate and links, how the carrier speaks.

    Nothing is stored that its links could not run with. What is in flight is answered first; then
    the links are made anew.

    Example: staffetta connector set acme window=50 rate=100 report_zone=Europe/Rome

    Example: staffetta connector set acme --password-file acme.secret
    """
    columns, settings = read_assignments(assignments or [])
    if long_password:
        settings["long_password"] = True
    change = ConnectorChange(
        columns=columns,
        settings=settings,
        password=password_from(password_file, password_env),
        tls_key=None if tls_key_file is None else read_text_file(tls_key_file, "the key file"),
    )
    if change == ConnectorChange():
        raise typer.BadParameter("nothing is to be set: write it like window=50")
    _change(name, environment, change, "connector.set", as_json=as_json)


def unset(
    name: Name,
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", help="What to have no more.")],
    environment: InEnvironment = None,
    as_json: AsJson = False,
) -> None:
    """Take settings back to their defaults.

    Example: staffetta connector unset acme report_zone window
    """
    change = ConnectorChange(
        unset=frozenset(keys) - {"tls_key"}, tls_key="" if "tls_key" in keys else None
    )
    for key in change.unset:
        require_known(key)
    _change(name, environment, change, "connector.unset", as_json=as_json)


def apply_change(
    name: str, environment: Environment | None, change: ConnectorChange, action: str
) -> tuple[StoredConnector, StoredConnector]:
    """Change a connector, with its entry in the audit trail; how it was and how it is."""

    async def work(parts: Opened) -> tuple[StoredConnector, StoredConnector]:
        async with parts.database.transaction() as connection:
            stored = await find_connector(connection, name, environment, to_change=True)
            changed = await change_connector(
                connection,
                parts.keyring,
                stored,
                change,
                partial(check_connector, response_seconds=parts.settings.response_seconds),
                parts.now,
            )
            if changed != stored:
                details = told_changes(changes_between(stored, changed), DETAILS_BYTES_MAX)
                await note(parts, connection, action, stored, details)
            return stored, changed

    return with_everything_open(work)


def _change(
    name: str,
    environment: Environment | None,
    change: ConnectorChange,
    action: str,
    *,
    as_json: bool,
) -> None:
    before, after = apply_change(name, environment, change, action)
    changes = changes_between(before, after)
    said = {"connector": after.name, "environment": after.environment, "changed": changes}
    rows = [(key, f"{_shown(one['from'])} → {_shown(one['to'])}") for key, one in changes.items()]
    sentence = _TAKEN_UP if after.enabled else "The connector is stopped."
    show(
        facts(said, [("connector", after.name), *rows], sentence if changes else "It was so."),
        as_json=as_json,
    )


def _shown(value: object) -> str:
    return "default" if value is None else typed(value) or "empty"


def start(name: Name, environment: InEnvironment = None, as_json: AsJson = False) -> None:
    """Let a stopped connector run: what waited on it goes out.

    Example: staffetta connector start acme
    """
    done = _enable(name, environment, enabled=True)
    said = {"connector": done.stored.name, "enabled": True, "changed": done.was_changed}
    sentence = _TAKEN_UP if done.was_changed else "It ran already."
    rows = [("connector", done.stored.name), *_waiting(done.use)]
    show(facts(said, rows, sentence), as_json=as_json)


def stop(name: Name, environment: InEnvironment = None, as_json: AsJson = False) -> None:
    """Stop a connector: answers are awaited, links unbound; what waits on it waits on.

    New messages take other routes meanwhile. `staffetta connector start` lets it run again.

    Example: staffetta connector stop acme
    """
    drain(name, wait=False, seconds=0, environment=environment, as_json=as_json)


def drain(
    name: Name,
    wait: Annotated[
        bool, typer.Option("--wait", help="Return when nothing is in flight any more.")
    ] = False,
    seconds: Annotated[
        float, typer.Option("--seconds", help="How long to wait at most.", min=1, max=3600)
    ] = 120.0,
    environment: InEnvironment = None,
    as_json: AsJson = False,
) -> None:
    """Stop a connector and, with --wait, wait until no link is open and nothing is in flight.

    Example: staffetta connector drain acme --wait
    """
    done = _enable(name, environment, enabled=False)
    use = _until_at_rest(done.stored, seconds) if wait else done.use
    said = {
        "connector": done.stored.name,
        "enabled": False,
        "changed": done.was_changed,
        "at_rest": use.in_flight and use.in_flight.is_at_rest,
        "waiting": use.backlog and use.backlog.waiting_count,
        "countries_without_route": done.left_out,
    }
    sentence = _STOPPED if done.was_changed else "It was stopped already."
    if done.left_out:
        sentence += (
            f" No other connector leads to {_in_words(done.left_out)}: messages to there are"
            " refused until it is started."
        )
    links = NOT_COUNTED if use.in_flight is None else use.in_flight.open_link_count
    rows = [("connector", done.stored.name), ("links open", links), *_waiting(use)]
    show(facts(said, rows, sentence), as_json=as_json)
    if wait and use.in_flight and not use.in_flight.is_at_rest:
        raise CommandFailed(
            f"after {seconds:g} seconds it is not at rest: {', '.join(use.in_flight.sentences)}"
        )


@dataclass(frozen=True, slots=True)
class _Use:
    """What needs a connector; None where it could not be counted in time."""

    in_flight: InFlight | None
    backlog: Backlog | None


@dataclass(frozen=True, slots=True)
class _Enabled:
    """A connector that was started or stopped."""

    stored: StoredConnector
    was_changed: bool
    left_out: list[str]  # countries that no other connector leads to
    use: _Use


def _enable(name: str, environment: Environment | None, *, enabled: bool) -> _Enabled:
    action = "connector.start" if enabled else "connector.stop"

    async def work(parts: Opened) -> _Enabled:
        async with parts.database.transaction() as connection:
            stored = await find_connector(connection, name, environment, to_change=True)
            changed = await enable_connector(connection, stored, parts.now, enabled=enabled)
            if changed:
                await note(parts, connection, action, stored, {})
            left_out = await countries_led_to_alone(connection, stored.id)
        # It is stopped by now, however much there is to count.
        return _Enabled(stored, changed, left_out, await _count(parts, stored.id))

    return with_everything_open(work)


async def _count(parts: Opened, connector_id: int) -> _Use:
    in_flight, backlog = await asyncio.gather(
        in_time(parts.database, partial(count_in_flight, connector_id=connector_id)),
        in_time(parts.database, partial(count_backlog, connector_id=connector_id)),
    )
    return _Use(in_flight, backlog)


def _until_at_rest(stored: StoredConnector, seconds: float) -> _Use:
    async def work(parts: Opened) -> _Use:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            async with parts.database.acquire() as connection:
                in_flight = await count_in_flight(connection, stored.id)
            if in_flight.is_at_rest or loop.time() > until:
                return replace(await _count(parts, stored.id), in_flight=in_flight)
            await asyncio.sleep(_POLL_SECONDS)

    return with_everything_open(work)


def _in_words(countries: Iterable[str]) -> str:
    return ", ".join(_THE_REST if one == ANY_COUNTRY else one for one in countries)


def _waiting(use: _Use) -> Iterable[tuple[str, object]]:
    in_flight, backlog = use.in_flight, use.backlog
    yield "recipients waiting", NOT_COUNTED if backlog is None else backlog.waiting_count
    yield "being sent", NOT_COUNTED if in_flight is None else in_flight.under_way_count


def remove(name: Name, environment: InEnvironment = None, as_json: AsJson = False) -> None:
    """Remove a stopped connector with its routes; refused while anything still needs it.

    One that was stopped just now is waited for, some seconds: servers may not have seen it yet.

    Example: staffetta connector remove acme
    """

    async def work(parts: Opened) -> StoredConnector:
        async with parts.database.acquire() as connection:
            stored = await find_connector(connection, name, environment)
        await asyncio.sleep(seconds_to_settle(stored, parts.now))
        now = SystemClock().now()
        async with parts.database.transaction() as connection:
            stored = await find_connector(connection, name, environment, to_change=True)
            await remove_connector(connection, stored, now)
            await note(parts, connection, "connector.remove", stored, {})
            return stored

    stored = with_everything_open(work)
    said = {"connector": stored.name, "removed": True}
    show(facts(said, [("connector", stored.name)], "It is removed."), as_json=as_json)
