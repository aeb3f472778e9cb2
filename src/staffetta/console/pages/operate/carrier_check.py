"""The check of a carrier: asked for here, run by a dispatch process, followed live, then applied.

The page may be closed meanwhile: what happens is stored, and shown again to whoever comes back.
"""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.console.asked import number_of
from staffetta.console.connector_places import SECTION, ConnectorPlace, connector_at
from staffetta.console.forms import Form, lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark
from staffetta.console.pages.operate.connector_actions import AT, Change, change_at
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import operator_page
from staffetta.console.rendering import PageRequest
from staffetta.db.pool import NotConnected, TryAgain
from staffetta.domain.errors import StaffettaError
from staffetta.domain.phones import parse_mobile
from staffetta.domain.senders import parse_v1_sender
from staffetta.routing.change_connector import (
    COLUMNS,
    ConnectorChange,
    StoredConnector,
    open_secrets,
)
from staffetta.routing.checks import (
    BURST_MAX,
    NUMBERS_MAX,
    WAIT_SECONDS_MAX,
    AskedCheck,
    CheckResult,
    StoredCheck,
    ask_check,
    newest_check,
    refuse_open_check,
    stop_check,
)
from staffetta.routing.errors import CheckUnderWay, InvalidConnector

_TO_AGREE: Final = "to agree"
_TYPED_CHARACTERS_MAX: Final = 400
_FIELDS: Final = ("numbers", "sender", "burst", "wait")
_BETWEEN: Final = re.compile(r"[\s,;]+")
_WAIT_DEFAULT: Final = "60"
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_ANY_NUMBER: Final = "+393331234567"  # what is sent to a number does not depend on it
_UNDER_WAY: Final = mark("A check of this connector is under way: wait until it has ended.")

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
        return operator_page(request, "operate/carrier_check_now.html", section=SECTION, **values)

    @post(f"{AT}/check", guards=[for_operators], status_code=200)
    async def begin(
        request: PageRequest, environment: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        """Ask for a check, or show what it would send first."""
        return await _begin(parts, request, environment, name)

    @post(f"{AT}/check/stop", guards=[for_operators], status_code=200)
    async def stop(
        request: PageRequest, environment: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        """End the check that is open, and lead back."""
        form = await read_form(request)
        await change_at(parts, request, environment, name, form, _stop)
        place = await connector_at(parts, environment, name)
        return lead_to(place.path("/check"))

    @post(f"{AT}/check/apply", guards=[for_operators], status_code=200)
    async def apply(
        request: PageRequest, environment: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        """Set what was ticked of what the check found."""
        return await _apply_ticked(parts, request, environment, name)

    return [show, live, begin, stop, apply]


async def _begin(
    parts: ConsoleParts, request: PageRequest, environment: str, name: str
) -> Response[Any]:
    form = await read_form(request)
    problem, done = "", ""
    try:
        done = await change_at(parts, request, environment, name, form, _ask)
    except CheckUnderWay:
        problem = _UNDER_WAY
    except (StaffettaError, ValueError) as error:
        problem = str(error)
    place = await connector_at(parts, environment, name)
    typed = {field: form.text(field, _TYPED_CHARACTERS_MAX) for field in _FIELDS}
    if problem:
        return await _page(parts, request, place, typed, problem)
    if done == _TO_AGREE:
        return _agreement_page(parts, request, place, form, typed)
    return lead_to(place.path("/check"))


async def _apply_ticked(
    parts: ConsoleParts, request: PageRequest, environment: str, name: str
) -> Response[Any]:
    form = await read_form(request)
    try:
        await change_at(parts, request, environment, name, form, _apply)
    except (StaffettaError, ValueError) as error:
        place = await connector_at(parts, environment, name)
        return await _page(parts, request, place, problem=str(error))
    place = await connector_at(parts, environment, name)
    return lead_to(place.path("/open"))


def _agreement_page(
    parts: ConsoleParts,
    request: PageRequest,
    place: ConnectorPlace,
    form: Form,
    typed: Mapping[str, str],
) -> Response[Any]:
    """What a check sends in all, to be agreed to."""
    asked = _asked(place.stored, form)
    certain, perhaps = _segments(parts, place.stored, asked)
    return operator_page(
        request,
        "operate/carrier_agree.html",
        section=SECTION,
        place=place,
        asked=asked,
        typed=typed,
        certain=certain,
        perhaps=perhaps,
        agreed=_agreement(certain, perhaps),
    )


async def _page(
    parts: ConsoleParts,
    request: PageRequest,
    place: ConnectorPlace,
    typed: Mapping[str, str] = _NOTHING,
    problem: str = "",
) -> Response[Any]:
    return operator_page(
        request,
        "operate/carrier_check.html",
        section=SECTION,
        status=422 if problem else 200,
        problem=problem,
        **await _values(parts, place, typed),
    )


def _segments(parts: ConsoleParts, stored: StoredConnector, asked: AskedCheck) -> tuple[int, int]:
    """What a check sends in all; nothing where the settings cannot be used at all."""
    try:
        return parts.carriers.segments(stored, open_secrets(parts.keyring, stored), asked)
    except StaffettaError:
        return 0, 0


async def _values(
    parts: ConsoleParts, place: ConnectorPlace, typed: Mapping[str, str] = _NOTHING
) -> dict[str, Any]:
    """The newest check, and what the form for another one says."""
    async with parts.database.acquire() as connection:
        check = await newest_check(connection, place.stored.id)
    one = AskedCheck(place.stored.id, (_ANY_NUMBER,))
    certain, perhaps = _segments(parts, place.stored, one)
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
    """Ask for what the form says; "to agree" where somebody must see first what that sends."""
    asked = _asked(change.stored, change.form)
    certain, perhaps = _segments(change.parts, change.stored, asked)
    if asked.numbers and change.form.text("agreed") != _agreement(certain, perhaps):
        await refuse_open_check(change.connection, change.stored.id)
        return _TO_AGREE
    await ask_check(change.connection, asked, change.actor.name, change.now)
    details = {"numbers": len(asked.numbers), "burst": asked.burst_count, "segments": certain}
    await change.note("connector.check", details)
    return "asked"


def _asked(stored: StoredConnector, form: Form) -> AskedCheck:
    """What a form asks for; raises StaffettaError."""
    sender = form.text("sender")
    return AskedCheck(
        stored.id,
        _numbers(form.text("numbers", _TYPED_CHARACTERS_MAX)),
        parse_v1_sender(sender) if sender else None,
        _whole(form, "burst", BURST_MAX),
        float(_whole(form, "wait", int(WAIT_SECONDS_MAX), int(_WAIT_DEFAULT))),
    )


def _agreement(certain: int, perhaps: int) -> str:
    """What somebody agrees to, as a form bears it: another sum needs another agreement."""
    return f"{certain} {perhaps}"


async def _stop(change: Change) -> str:
    """End the open check; the process that runs it leaves off by itself."""
    if not await stop_check(change.connection, change.stored.id, change.actor.name, change.now):
        return "unchanged"
    await change.note("connector.check_stop", {})
    return "stopped"


def _numbers(text: str) -> tuple[str, ...]:
    """The phones to send to, each once; raises InvalidRecipient."""
    typed = [one for one in _BETWEEN.split(text) if one]
    if len(typed) > NUMBERS_MAX:
        raise InvalidConnector(f"at most {NUMBERS_MAX} numbers can be sent to, not {len(typed)}")
    return tuple(dict.fromkeys(parse_mobile(one).e164 for one in typed))


def _whole(form: Form, field: str, most: int, default: int = 0) -> int:
    text = form.text(field)
    with suppress(ValueError):
        number = number_of(text)
        if number is None:
            return default
        if number <= most:
            return number
    raise InvalidConnector(f"{field} is a number from 0 to {most}, not {text!r}")


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
