"""The carriers as they are now: all of them, and one with its routes and settings.

What is live is a part of its page, and is asked for again every two seconds.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.console.carrier_desk import SettingLine
from staffetta.console.connector_places import LIST, SECTION, ConnectorPlace, connector_at
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark, say_in
from staffetta.console.pages.operate.connector_words import Wording
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import operator_page
from staffetta.console.rendering import PageRequest
from staffetta.db.pool import NotConnected, TryAgain
from staffetta.domain.errors import StaffettaError
from staffetta.routing.change_connector import COLUMNS, StoredConnector, open_secrets
from staffetta.routing.connector_use import in_time
from staffetta.routing.edit_routes import countries_led_to_alone, list_routes
from staffetta.routing.live_state import count_stray_reports, look_at_connectors

_COUNT_SECONDS_MAX: Final = 0.5  # it is asked for every two seconds

_SEALED: Final = mark(
    "Its password or its client key cannot be opened with the server's key: set them again."
)
DONE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "started": mark("It is started. Servers take it up within a second."),
        "stopped": mark(
            "It is stopped: nothing new is sent, answers are awaited, then its links close."
        ),
        "changed": mark("It is changed. Servers take it up within a second."),
        "unchanged": mark("It was so already."),
        "routed": mark("The routes are changed. What was accepted keeps its price."),
        "removed": mark("The connector is removed."),
    }
)


def connector_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get("/operate/connectors", guards=[for_operators])
    async def connectors(request: PageRequest) -> Response[Any]:
        """All carriers."""
        done = DONE.get(request.query_params.get("done", ""), "")
        values = await _all(parts, request)
        return operator_page(
            request, "operate/connectors.html", section=SECTION, done=done, **values
        )

    @get("/operate/connectors/live", guards=[for_operators])
    async def live(request: PageRequest) -> Response[Any]:
        """What they do now; 204 where there is no time to look: what is there stays there."""
        try:
            values = await _all(parts, request)
        except (TryAgain, NotConnected):
            return Response(None, status_code=204)
        return operator_page(request, "operate/connector_cards.html", section=SECTION, **values)

    @get("/operate/connectors/{environment:str}/{name:str}", guards=[for_operators])
    async def connector(
        request: PageRequest, environment: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        """One carrier."""
        place = await connector_at(parts, environment, name)
        return await show_connector(parts, request, place)

    @get("/operate/connectors/{environment:str}/{name:str}/live", guards=[for_operators])
    async def connector_now(
        request: PageRequest, environment: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        """What one does now."""
        try:
            place = await connector_at(parts, environment, name)
            values = await _one(parts, request, place)
        except (TryAgain, NotConnected):
            return Response(None, status_code=204)
        return operator_page(
            request, "operate/connector_now.html", section=SECTION, place=place, **values
        )

    return [connectors, live, connector, connector_now]


async def show_connector(
    parts: ConsoleParts,
    request: PageRequest,
    place: ConnectorPlace,
    *,
    problems: Mapping[str, str] = MappingProxyType({}),
    typed: Mapping[str, str] = MappingProxyType({}),
) -> Response[Any]:
    """The page of one carrier; `problems` of its forms by their names, with what was typed."""
    stored = place.stored
    async with parts.database.acquire() as connection:
        routes = await list_routes(connection, stored.id)
        alone = await countries_led_to_alone(connection, stored.id)
    settings, fault = _settings(parts, stored)
    return operator_page(
        request,
        "operate/connector.html",
        section=SECTION,
        status=422 if problems else 200,
        place=place,
        done=DONE.get(request.query_params.get("done", ""), ""),
        routes=routes,
        alone=alone,
        settings=settings,
        fault=say_in(request.user.language)(fault) if fault else "",
        columns=COLUMNS,
        keys=parts.carriers.keys,
        problems=problems,
        typed=typed,
        **await _one(parts, request, place),
    )


def _settings(parts: ConsoleParts, stored: StoredConnector) -> tuple[Sequence[SettingLine], str]:
    """The settings as they hold, those that were set first, and why its links cannot run."""
    try:
        secrets = open_secrets(parts.keyring, stored)
    except StaffettaError:
        return _as_stored(stored), _SEALED
    try:
        lines = parts.carriers.shown(stored, secrets)
    except StaffettaError as error:
        return _as_stored(stored), str(error)
    return sorted(lines, key=lambda line: (line.is_default, line.key)), ""


def _as_stored(stored: StoredConnector) -> list[SettingLine]:
    return [SettingLine(key, str(value), False) for key, value in stored.settings.items()]


async def _all(parts: ConsoleParts, request: PageRequest) -> dict[str, Any]:
    # Not of the connections for statistics: whoever runs the gateway looks when they are taken.
    connectors = await look_at_connectors(parts.database)
    words = Wording(request.user.language, parts.clock.now())
    return {"connectors": connectors, "words": words, "list_path": LIST}


async def _one(parts: ConsoleParts, request: PageRequest, place: ConnectorPlace) -> dict[str, Any]:
    now = parts.clock.now()
    found = await look_at_connectors(parts.database, place.stored.id)
    if not found:  # it was removed a moment ago
        raise NotFoundException("there is no such connector")
    count = partial(count_stray_reports, connector_id=place.stored.id, now=now)
    stray_count = await in_time(parts.database, count, _COUNT_SECONDS_MAX)
    words = Wording(request.user.language, now)
    return {"one": found[0], "stray_count": stray_count, "words": words}
