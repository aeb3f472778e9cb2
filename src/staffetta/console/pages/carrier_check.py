"""The check of a carrier: asked for here, run by a dispatch process, followed live, then applied.

The page may be closed meanwhile: what happens is stored, and shown again to whoever comes back.
"""

import json
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.console.connector_places import SECTION, ConnectorPlace, connector_at
from staffetta.console.forms import Form, lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark
from staffetta.console.pages.connector_actions import AT, Change, change_at
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import operator_page
from staffetta.console.rendering import PageRequest
from staffetta.db.pool import NotConnected, TryAgain
from staffetta.domain.errors import StaffettaError
from staffetta.domain.phones import parse_mobile
from staffetta.domain.senders import parse_v1_sender
from staffetta.routing.change_connector import COLUMNS, ConnectorChange, open_secrets
from staffetta.routing.checks import (
    BURST_MAX,
    NUMBERS_MAX,
    WAIT_SECONDS_MAX,
    AskedCheck,
    CheckResult,
    StoredCheck,
    ask_check,
    newest_check,
)
from staffetta.routing.errors import InvalidConnector

_FIELDS: Final = ("numbers", "sender", "burst", "wait")
_BETWEEN: Final = re.compile(r"[\s,;]+")
_WAIT_DEFAULT: Final = "60"
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_NOT_AGREED: Final = mark("Messages cost money at a carrier: tick that you agree to send them.")

# Why a setting is proposed.
REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "report_ids": mark("Reports name messages in this form, and answers in another."),
        "submit_ids": mark("Answers name messages in this form, and reports in another."),
        "sniffs_reports": mark("Reports are not marked as such: they are known by their text."),
        "report_zone": mark("Dates in reports are of this time zone."),
        "alphabet": mark("The carrier reads characters like @ and $ by this alphabet."),
        "long_messages": mark("Long texts are taken in this form, and not in the usual one."),
        "flash": mark("Flash messages are taken when they are marked this way."),
        "gsm7_flash_data_coding": mark("Flash messages are taken with this data_coding."),
        "validity": mark("The carrier takes messages only when their validity is told this way."),
        "rate": mark("The carrier took about this many segments a second before it complained."),
        "window": mark("The carrier left segments without an answer beyond this many."),
        "tls_pin": mark(
            "The carrier's certificate is not trusted. Compare this with theirs first."
        ),
    }
)
# What is asked about the phone, as a check has it.
_ASKED: Final = (
    mark("The phone should show a message that begins with @£$¥¡¤§ÄÖà_. What does it show?"),
    mark("exactly that"),
    mark("blanks, boxes or question marks, then @$ where ¡¤ should be"),
    mark("¡ where @ should be, and ¤ where $ should be"),
    mark("something else"),
    mark(
        "The phone should show long messages ending in '1234567890 end.', one for each form below,"
        " in this order. Which is the first that came as one message, whole?"
    ),
    mark("nothing, or I cannot see it"),
)

# What the rows of a result are called, the script's messages among them.
TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "connection": mark("Connection"),
        "certificate": mark("Certificate"),
        "bind": mark("Bind"),
        "stopped": mark("Stopped"),
        "what to do": mark("What to do"),
        "ids": mark("Message ids"),
        "reports": mark("Reports"),
        "written as": mark("Written as"),
        "labels": mark("Labels"),
        "twice": mark("Twice"),
        "dates": mark("Dates"),
        "alphabet": mark("Alphabet"),
        "burst": mark("Burst"),
        "throttled": mark("Throttled"),
        "rate": mark("Rate"),
        "remark": mark("Remark"),
        "plain text, sender with letters": mark("plain text, sender with letters"),
        "plain text, validity relative": mark("plain text, validity relative"),
        "plain text, no validity": mark("plain text, no validity"),
        "plain text, a number as sender": mark("plain text, a number as sender"),
        "every character of gsm7": mark("every character of gsm7"),
        "UCS-2 with emoji": mark("UCS-2 with emoji"),
        "long text as udh8, as set": mark("long text as udh8, as set"),
        "long text as udh16": mark("long text as udh16"),
        "long text as sar": mark("long text as sar"),
        "long text as payload": mark("long text as payload"),
        "flash, with data_coding 0x10": mark("flash, with data_coding 0x10"),
        "flash, by dest_addr_subunit": mark("flash, by dest_addr_subunit"),
        "a number as sender": mark("a number as sender"),
    }
)


def carrier_check_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get(f"{AT}/check", guards=[for_operators])
    async def show(
        request: PageRequest, environment: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        """The newest check, and the form to begin another one."""
        place = await connector_at(parts, environment, name)
        return await _page(parts, request, place)

    @get(f"{AT}/check/live", guards=[for_operators])
    async def live(
        request: PageRequest, environment: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        """The newest check alone."""
        try:
            place = await connector_at(parts, environment, name)
            values = await _values(parts, place)
        except (TryAgain, NotConnected):  # what is there stays there
            return Response(None, status_code=204)
        return operator_page(request, "carrier_check_now.html", section=SECTION, **values)

    @post(f"{AT}/check", guards=[for_operators], status_code=200)
    async def begin(
        request: PageRequest, environment: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        """Ask for a check."""
        form = await read_form(request)
        try:
            await change_at(parts, request, environment, name, form, _ask)
        except (StaffettaError, ValueError) as error:
            typed = {field: form.text(field, 400) for field in _FIELDS}
            place = await connector_at(parts, environment, name)
            return await _page(parts, request, place, typed, str(error))
        place = await connector_at(parts, environment, name)
        return lead_to(place.path("/check"))

    @post(f"{AT}/check/apply", guards=[for_operators], status_code=200)
    async def apply(
        request: PageRequest, environment: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        """Set what was ticked of what the check found."""
        form = await read_form(request)
        try:
            await change_at(parts, request, environment, name, form, _apply)
        except (StaffettaError, ValueError) as error:
            place = await connector_at(parts, environment, name)
            return await _page(parts, request, place, problem=str(error))
        place = await connector_at(parts, environment, name)
        return lead_to(place.path("/open"))

    return [show, live, begin, apply]


async def _page(
    parts: ConsoleParts,
    request: PageRequest,
    place: ConnectorPlace,
    typed: Mapping[str, str] = _NOTHING,
    problem: str = "",
) -> Response[Any]:
    return operator_page(
        request,
        "carrier_check.html",
        section=SECTION,
        status=422 if problem else 200,
        problem=problem,
        **await _values(parts, place, typed),
    )


def _segments_a_number(parts: ConsoleParts, place: ConnectorPlace) -> tuple[int, int]:
    """What a check sends to each number; nothing where the settings cannot be used at all."""
    try:
        secrets = open_secrets(parts.keyring, place.stored)
        return parts.carriers.segments_a_number(place.stored, secrets)
    except StaffettaError:
        return 0, 0


async def _values(
    parts: ConsoleParts, place: ConnectorPlace, typed: Mapping[str, str] = _NOTHING
) -> dict[str, Any]:
    """The newest check, and what the form for another one says."""
    async with parts.database.acquire() as connection:
        check = await newest_check(connection, place.stored.id)
    certain, perhaps = _segments_a_number(parts, place)
    return {
        "place": place,
        "check": check,
        "to_apply": _to_apply(place, check),
        "reasons": REASONS,
        "titles": TITLES,
        "typed": {**dict.fromkeys(_FIELDS, ""), "wait": _WAIT_DEFAULT, **typed},
        "certain": certain,
        "perhaps": perhaps,
        "numbers_max": NUMBERS_MAX,
        "burst_max": BURST_MAX,
        "wait_max": int(WAIT_SECONDS_MAX),
    }


def _to_apply(place: ConnectorPlace, check: StoredCheck | None) -> Sequence[tuple[str, str, bool]]:
    """Key, value, and whether it is ticked at first, of what a check found and is not set yet."""
    if check is None or check.result is None:
        return []
    result = check.result
    found = [(key, value, True) for key, value in result.settings.items()]
    found += [(key, value, False) for key, value in result.proposed.items()]
    return [
        (key, _typed(value), is_ticked)
        for key, value, is_ticked in found
        if _is_new(place, key, value)
    ]


def _typed(value: object) -> str:
    """A value as somebody would type it."""
    return value if isinstance(value, str) else json.dumps(value)


def _is_new(place: ConnectorPlace, key: str, value: object) -> bool:
    stored, column = place.stored, COLUMNS.get(key)
    now = stored.settings.get(key) if column is None else getattr(stored, column.field_name)
    return now != value


async def _ask(change: Change) -> str:
    """Ask for what the form says."""
    form = change.form
    numbers = _numbers(form.text("numbers", 400))
    if numbers and not form.is_ticked("agreed"):
        raise InvalidConnector(_NOT_AGREED)
    sender = form.text("sender")
    asked = AskedCheck(
        change.stored.id,
        numbers,
        parse_v1_sender(sender) if sender else None,
        _whole(form, "burst", BURST_MAX),
        float(_whole(form, "wait", int(WAIT_SECONDS_MAX), int(_WAIT_DEFAULT))),
    )
    await ask_check(change.connection, asked, change.actor.name, change.now)
    await change.note("connector.check", {"numbers": len(numbers), "burst": asked.burst_count})
    return "asked"


def _numbers(text: str) -> tuple[str, ...]:
    """The phones to send to, each once; raises InvalidRecipient."""
    typed = [one for one in _BETWEEN.split(text) if one]
    if len(typed) > NUMBERS_MAX:
        raise InvalidConnector(f"at most {NUMBERS_MAX} numbers can be sent to, not {len(typed)}")
    return tuple(dict.fromkeys(parse_mobile(one).e164 for one in typed))


def _whole(form: Form, field: str, most: int, default: int = 0) -> int:
    text = form.text(field)
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or int(text) > most:
        raise InvalidConnector(f"{field} is a number from 0 to {most}, not {text!r}")
    return int(text)


async def _apply(change: Change) -> str:
    """Set what was ticked, as the newest check found it."""
    check = await newest_check(change.connection, change.stored.id)
    if check is None or check.result is None or str(check.id) != change.form.text("check"):
        raise InvalidConnector("another check was made meanwhile: look at what it found")
    ticked = _ticked(change.form, check.result)
    if not ticked:
        return "unchanged"
    columns = {key: value for key, value in ticked.items() if key in COLUMNS}
    settings = {key: value for key, value in ticked.items() if key not in COLUMNS}
    return await change.apply(ConnectorChange(columns=columns, settings=settings), "connector.set")


def _ticked(form: Form, result: CheckResult) -> dict[str, object]:
    """What was ticked, and what the answers about the phone set beside it."""
    wanted = set(form.texts("setting"))
    found = {**result.proposed, **result.settings}
    ticked = {key: value for key, value in found.items() if key in wanted}
    for question in result.questions:
        place = form.text(f"answer-{question.name}")
        if place.isdecimal() and int(place) < len(question.choices):
            ticked |= question.choices[int(place)].settings
    return ticked
