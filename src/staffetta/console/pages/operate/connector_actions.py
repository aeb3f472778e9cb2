"""What operators do with a carrier: start, stop, set, route, remove. All without a restart.

Every change is one transaction, with its entry in the audit trail.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.audit import DETAILS_BYTES_MAX, Actor, record
from staffetta.console.acting import actor_of
from staffetta.console.asked import number_of
from staffetta.console.connector_places import LIST, connector_at, find_at
from staffetta.console.forms import LONG_FORM_OCTETS_MAX, Form, lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark, say_in
from staffetta.console.pages.operate.account_money import NO_AMOUNT
from staffetta.console.pages.operate.connectors import show_connector
from staffetta.console.parts import ConsoleParts
from staffetta.console.rendering import PageRequest
from staffetta.db.pool import Connection
from staffetta.domain.errors import StaffettaError
from staffetta.domain.money import InvalidAmount, as_number, parse_typed_amount
from staffetta.routing.change_connector import (
    COLUMNS,
    ConnectorChange,
    StoredConnector,
    change_connector,
    enable_connector,
    remove_connector,
    seconds_to_settle,
)
from staffetta.routing.definition import split_countries
from staffetta.routing.edit_routes import remove_routes, set_routes
from staffetta.routing.errors import ConnectorInUse, InvalidConnector
from staffetta.routing.told_changes import changes_between, told_changes

AT: Final = "/operate/connectors/{environment:str}/{name:str}"
_VALUE_CHARACTERS_MAX: Final = 262_144  # certificates in PEM
_WAS: Final = "was_"  # begins the fields that say what a page showed
_MEANWHILE: Final = mark(
    "Somebody changed this meanwhile: look at what holds now, then set it again."
)
_NO_NUMBER: Final = mark("The port, the window, the rate and the links are whole numbers.")
_NO_RANK: Final = mark("A rank is a whole number.")
_NO_SETTING: Final = mark("There is no such setting.")
_NO_CERTIFICATE: Final = mark("A certificate and its key belong together: fill in both.")
_RUNS: Final = mark("It runs: stop it first, and wait until its links are closed.")
_JUST_STOPPED: Final = mark(
    "It was stopped just now, and servers may not have seen it yet: try again in some seconds."
)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one connector: its transaction, and what was typed."""

    parts: ConsoleParts
    connection: Connection
    actor: Actor
    stored: StoredConnector  # found to be changed
    form: Form
    now: datetime

    async def note(self, action: str, details: Mapping[str, object]) -> None:
        """Note it in the audit trail."""
        stored = self.stored
        said = {"connector": stored.name, "environment": stored.environment.value, **details}
        await record(self.connection, self.actor, action, None, said, self.now)

    async def apply(self, change: ConnectorChange, action: str) -> str:
        """Change columns and settings; answers what was done. Raises StaffettaError."""
        changed = await change_connector(
            self.connection,
            self.parts.keyring,
            self.stored,
            change,
            self.parts.carriers.check,
            self.now,
        )
        if changed == self.stored:
            return "unchanged"
        changes = changes_between(self.stored, changed)
        await self.note(action, told_changes(changes, DETAILS_BYTES_MAX))
        return "changed"


# Does it, and answers the word for what was done; raises StaffettaError and ValueError.
Work = Callable[[Change], Awaitable[str]]


def connector_action_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""
    return [_action(parts, path, part, work) for path, part, work in _ACTIONS]


def _action(parts: ConsoleParts, path: str, part: str, work: Work) -> HTTPRouteHandler:
    """What does one thing; what is wrong with it is said in a `part` of the connector's page."""

    @post(
        f"{AT}{path}",
        guards=[for_operators],
        status_code=200,
        request_max_body_size=LONG_FORM_OCTETS_MAX,
    )
    async def act(
        request: PageRequest, environment: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        """Do it, and lead back."""
        form = await read_form(request)
        try:
            done = await change_at(parts, request, environment, name, form, work)
        except (StaffettaError, ValueError) as error:
            place = await connector_at(parts, environment, name)
            typed, problems = _typed(form), {part: say_in(request.user.language)(str(error))}
            return await show_connector(parts, request, place, problems=problems, typed=typed)
        if done == "removed":
            return lead_to(LIST, done)
        place = await connector_at(parts, environment, name)
        return lead_to(place.path(), done)

    return act


def _typed(form: Form) -> dict[str, str]:
    """What is shown again: no secret, and nothing that was left as it was shown."""
    texts = {key: form.text(key, _VALUE_CHARACTERS_MAX) for key in form.fields}
    return {
        key: text
        for key, text in texts.items()
        if key != "password" and "PRIVATE KEY" not in text and texts.get(f"{_WAS}{key}") != text
    }


async def change_at(
    parts: ConsoleParts,
    request: PageRequest,
    environment: str,
    name: str,
    form: Form,
    work: Work,
) -> str:
    """Change the connector that an address names, in one transaction."""
    async with parts.database.transaction() as connection:
        place = await find_at(connection, environment, name, to_change=True)
        now = parts.clock.now()
        return await work(Change(parts, connection, actor_of(request), place.stored, form, now))


async def start(change: Change) -> str:
    """Let it run: what waited goes out."""
    if not await enable_connector(change.connection, change.stored, change.now, enabled=True):
        return "unchanged"
    await change.note("connector.start", {})
    return "started"


async def _stop(change: Change) -> str:
    if not await enable_connector(change.connection, change.stored, change.now, enabled=False):
        return "unchanged"
    await change.note("connector.stop", {})
    return "stopped"


async def _change_columns(change: Change) -> str:
    """Where it leads, its window, rate and links; a password that is typed takes the old one's.

    What was left as the page showed it stays as it is by now.
    """
    form, stored = change.form, change.stored
    columns = {key: _column_value(stored, key, form) for key in COLUMNS if _is_changed(form, key)}
    password = form.text("password") or None
    return await change.apply(ConnectorChange(columns=columns, password=password), "connector.set")


def _is_changed(form: Form, key: str) -> bool:
    return key in form.fields and form.text(key) != form.text(f"{_WAS}{key}")


def _column_value(stored: StoredConnector, key: str, form: Form) -> object:
    current, text = getattr(stored, COLUMNS[key].field_name), form.text(key)
    if str(current) not in (form.text(f"{_WAS}{key}"), text):
        raise InvalidConnector(_MEANWHILE)
    return _whole(text, _NO_NUMBER) if isinstance(current, int) else text


def _whole(text: str, sentence: str) -> int:
    """A whole number; raises InvalidConnector with the sentence."""
    try:
        number = number_of(text)
    except ValueError:
        number = None
    if number is None:
        raise InvalidConnector(sentence)
    return number


async def _set_setting(change: Change) -> str:
    key = change.form.text("key")
    text = change.form.text("value", _VALUE_CHARACTERS_MAX)
    if key not in change.parts.carriers.keys:
        raise InvalidConnector(_NO_SETTING)
    value = change.parts.carriers.read_value(key, text)
    return await change.apply(ConnectorChange(settings={key: value}), "connector.set")


async def _set_certificate(change: Change) -> str:
    """Who we are over TLS: certificate and key together, for neither fits without the other."""
    certificate = change.form.text("tls_certificate", _VALUE_CHARACTERS_MAX)
    key = change.form.text("tls_key", _VALUE_CHARACTERS_MAX)
    if not (certificate and key):
        raise InvalidConnector(_NO_CERTIFICATE)
    settings = {"tls": True, "tls_certificate": certificate}
    return await change.apply(ConnectorChange(settings=settings, tls_key=key), "connector.set")


async def _remove_certificate(change: Change) -> str:
    gone = ConnectorChange(unset=frozenset({"tls_certificate"}), tls_key="")
    return await change.apply(gone, "connector.unset")


async def _unset_setting(change: Change) -> str:
    key = change.form.text("key")
    return await change.apply(ConnectorChange(unset=frozenset({key})), "connector.unset")


async def add_routes(change: Change) -> str:
    """Lead to the countries that were typed, at their price; a rank may be left out."""
    form = change.form
    codes = split_countries(form.text("countries"))
    price_micro = _price(form.text("price"))
    rank = _whole(form.text("rank"), _NO_RANK) if form.text("rank") else None
    await set_routes(change.connection, change.stored, codes, price_micro, rank, change.now)
    details = {"countries": list(codes), "price": as_number(price_micro), "rank": rank}
    await change.note("connector.route_add", details)
    return "routed"


def _price(text: str) -> int:
    try:
        return parse_typed_amount(text)
    except InvalidAmount:
        raise InvalidConnector(NO_AMOUNT) from None


async def _remove_routes(change: Change) -> str:
    codes = split_countries(change.form.text("countries"))
    await remove_routes(change.connection, change.stored, codes)
    await change.note("connector.route_remove", {"countries": list(codes)})
    return "routed"


async def _remove(change: Change) -> str:
    if change.stored.enabled:
        raise ConnectorInUse(_RUNS)
    if seconds_to_settle(change.stored, change.now):
        raise ConnectorInUse(_JUST_STOPPED)
    await remove_connector(change.connection, change.stored, change.now)
    await change.note("connector.remove", {})
    return "removed"


# Each with its path behind the connector's, and the part of the page that says what is wrong.
_ACTIONS: Final[tuple[tuple[str, str, Work], ...]] = (
    ("/start", "action", start),
    ("/stop", "action", _stop),
    ("/columns", "columns", _change_columns),
    ("/settings", "settings", _set_setting),
    ("/certificate", "certificate", _set_certificate),
    ("/certificate/remove", "certificate", _remove_certificate),
    ("/settings/unset", "settings", _unset_setting),
    ("/routes", "routes", add_routes),
    ("/routes/remove", "routes", _remove_routes),
    ("/remove", "action", _remove),
)
