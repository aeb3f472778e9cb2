"""Adding a carrier: who it is, then its check, then where it leads. The check has its own page.

The connector is made at the first step, stopped: nothing goes over it until the last.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.audit import record
from staffetta.console.acting import actor_of
from staffetta.console.connector_places import (
    SECTION,
    ConnectorPlace,
    connector_at,
    find_at,
)
from staffetta.console.forms import Form, lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.pages.operate.connector_actions import (
    AT,
    Change,
    add_routes,
    change_at,
    start,
)
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import operator_page
from staffetta.console.rendering import PageRequest
from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment
from staffetta.domain.errors import StaffettaError
from staffetta.routing.change_connector import ConnectorChange, change_connector
from staffetta.routing.connectors import add_connector
from staffetta.routing.definition import (
    PASSWORD_CHARACTERS_MAX,
    ConnectorDefinition,
)
from staffetta.routing.edit_routes import list_routes
from staffetta.routing.errors import ConnectorExists, InvalidConnector

_FIELDS: Final = ("name", "host", "port", "system_id", "system_type", "tls", "bind")
_BINDS: Final = ("transceiver", "pair")
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


def add_carrier_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get("/operate/connectors/new", guards=[for_operators])
    async def ask(request: PageRequest) -> Response[Any]:
        """The form: where the carrier is, and who we are there."""
        return _form(request, dict.fromkeys(_FIELDS, ""))

    @post("/operate/connectors/new", guards=[for_operators], status_code=200)
    async def add(request: PageRequest) -> Response[Any]:
        """Make the connector, stopped, and go on with its check."""
        form = await read_form(request)
        try:
            async with parts.database.transaction() as connection:
                place = await _add(parts, request, connection, form)
        except (StaffettaError, ValueError) as error:
            typed = {name: form.text(name) for name in _FIELDS}
            return _form(request, typed, _problem_of(error, typed["name"]))
        return lead_to(place.path("/check"))

    @get(f"{AT}/open", guards=[for_operators])
    async def ask_to_open(
        request: PageRequest, environment: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        """The last step: where it leads, and its start."""
        return await _routes_form(parts, request, await connector_at(parts, environment, name))

    @post(f"{AT}/open", guards=[for_operators], status_code=200)
    async def open_(
        request: PageRequest, environment: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        """Lead there, and start, both or neither."""
        form = await read_form(request)
        try:
            done = await change_at(parts, request, environment, name, form, _open)
        except (StaffettaError, ValueError) as error:
            typed = {key: form.text(key) for key in ("countries", "price", "rank")}
            place = await connector_at(parts, environment, name)
            return await _routes_form(parts, request, place, typed, str(error))
        place = await connector_at(parts, environment, name)
        return lead_to(place.path(), done)

    return [ask, add, ask_to_open, open_]


def _form(
    request: PageRequest, typed: Mapping[str, str], problems: Mapping[str, str] = _NOTHING
) -> Response[Any]:
    return operator_page(
        request,
        "operate/carrier_new.html",
        section=SECTION,
        status=422 if problems else 200,
        typed=typed,
        problems=problems,
        binds=_BINDS,
    )


def _problem_of(error: Exception, name: str) -> Mapping[str, str]:
    """The sentence, beside the field that it is about as far as that is known."""
    said = str(error)
    if isinstance(error, ConnectorExists) or said.startswith(repr(name)):
        return {"name": said}
    for field, word in _WORDS.items():
        if said.startswith(word):
            return {field: said}
    return {"form": said} if "is not a host" not in said else {"host": said}


# How sentences about a field begin.
_WORDS: Final = MappingProxyType(
    {"port": "the port", "system_id": "the system id", "password": "the password"}
)


async def _add(
    parts: ConsoleParts, request: PageRequest, connection: Connection, form: Form
) -> ConnectorPlace:
    """Make the connector with what the form says of how it binds."""
    now, password = parts.clock.now(), form.text("password")
    definition = ConnectorDefinition(
        environment=Environment.PRODUCTION,  # the sandbox never reaches a carrier
        name=form.text("name"),
        host=form.text("host"),
        port=_port(form.text("port")),
        system_id=form.text("system_id"),
        password=password,
        countries=(),
        price_micro=0,
        long_password=len(password) > PASSWORD_CHARACTERS_MAX,
        enabled=False,
    )
    await add_connector(connection, parts.keyring, definition, now)
    environment = definition.environment.value
    place = await find_at(connection, environment, definition.name, to_change=True)
    change = ConnectorChange(settings=_settings(form))
    await change_connector(
        connection, parts.keyring, place.stored, change, parts.carriers.check, now
    )
    details = {"connector": definition.name, "environment": environment}
    await record(connection, actor_of(request), "connector.add", None, details, now)
    return place


def _port(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidConnector(f"the port is a number, not {text!r}") from None


def _settings(form: Form) -> Mapping[str, object]:
    settings: dict[str, object] = {}
    if form.is_ticked("tls"):
        settings["tls"] = True
    if system_type := form.text("system_type"):
        settings["system_type"] = system_type
    if (bind := form.text("bind")) and bind != _BINDS[0]:
        settings["bind"] = bind
    return settings


async def _routes_form(
    parts: ConsoleParts,
    request: PageRequest,
    place: ConnectorPlace,
    typed: Mapping[str, str] = _NOTHING,
    problem: str = "",
) -> Response[Any]:
    async with parts.database.acquire() as connection:
        routes = await list_routes(connection, place.stored.id)
    return operator_page(
        request,
        "operate/carrier_open.html",
        section=SECTION,
        status=422 if problem else 200,
        place=place,
        routes=routes,
        typed=typed,
        problems={"routes": problem} if problem else {},
    )


async def _open(change: Change) -> str:
    """Routes, where some were typed, and the start, where it was ticked."""
    form = change.form
    done = "unchanged"
    if form.text("countries") or form.text("price"):
        done = await add_routes(change)
    elif not await list_routes(change.connection, change.stored.id):
        raise InvalidConnector("no country is named: write codes like IT,ES, or * for all")
    if form.is_ticked("start") and (started := await start(change)) != "unchanged":
        return started  # which says more than what it leads to
    return done
