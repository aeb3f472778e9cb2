"""Any message, for operators: found by its id or its number, with all that is known of it."""

from datetime import timedelta
from typing import Any, Final

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from staffetta.console.guards import for_operators
from staffetta.console.languages import mark
from staffetta.console.navigation import OPERATE
from staffetta.console.pages.account.message_words import GROUP_OF, STATE_NAMES
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import operator_page
from staffetta.console.rendering import PageRequest
from staffetta.db.pool import NotConnected, TryAgain
from staffetta.domain.ids import parse_id
from staffetta.domain.states import State
from staffetta.domain.written_numbers import e164_of
from staffetta.messaging.tracing.find import find_by_number
from staffetta.messaging.tracing.pdus import Looks
from staffetta.messaging.tracing.read import NoSuchMessage, find_message, read_trace
from staffetta.messaging.tracing.trace import make_timeline

SECTION: Final = "/messages"
_LISTED: Final = 100
_TYPED_CHARACTERS_MAX: Final = 40
# How far back a number is looked for.
_BACK: Final = {
    "hour": (mark("the last hour"), timedelta(hours=1)),
    "day": (mark("the last day"), timedelta(days=1)),
    "month": (mark("the last 31 days"), timedelta(days=31)),
}


def operated_message_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get("/operate/messages", guards=[for_operators])
    async def search(request: PageRequest) -> Response[Any]:
        """The form; an id leads to its message, a number to those that were sent to it."""
        typed = request.query_params.get("q", "").strip()[:_TYPED_CHARACTERS_MAX]
        if parse_id(typed) is not None:
            return Redirect(f"{OPERATE}{SECTION}/{typed.lower()}")
        return operator_page(
            request,
            "operate/operated_messages.html",
            section=SECTION,
            typed=typed,
            backs={name: title for name, (title, _) in _BACK.items()},
            states=State,
            group_of=GROUP_OF,
            state_names=STATE_NAMES,
            **await _found(parts, request, typed),
        )

    @get("/operate/messages/{message:str}", guards=[for_operators])
    async def message(request: PageRequest, message: FromPath[str]) -> Response[Any]:
        """One message, or one of its recipients."""
        looks = Looks(
            with_text=bool(request.query_params.get("text")),
            with_hex=bool(request.query_params.get("octets")),
            with_around=bool(request.query_params.get("around")),
        )
        identifier = parse_id(message)
        if identifier is None:
            raise NotFoundException("there is no such message")
        try:
            async with parts.reports.transaction(
                isolation="repeatable_read", readonly=True
            ) as connection:
                found = await find_message(connection, identifier)
                rows = await read_trace(connection, found, parts.clock.now())
        except NoSuchMessage:
            raise NotFoundException("there is no such message") from None
        return operator_page(
            request,
            "operate/operated_message.html",
            section=SECTION,
            timeline=make_timeline(rows, looks),
            looks=looks,
            wanted=message.lower(),
        )

    return [search, message]


async def _found(parts: ConsoleParts, request: PageRequest, typed: str) -> dict[str, Any]:
    back = request.query_params.get("back", "")
    back = back if back in _BACK else "day"
    shown: dict[str, Any] = {"found": None, "number": "", "problem": "", "back": back}
    if not typed:
        return shown
    number = e164_of(typed) or e164_of(f"+{typed}")
    if number is None:
        return {**shown, "problem": mark("This is neither an id nor a number with its country.")}
    since = parts.clock.now() - _BACK[back][1]
    try:
        async with parts.reports.acquire() as connection:
            found = await find_by_number(connection, number, since, _LISTED)
    except (TryAgain, NotConnected):
        return {**shown, "problem": mark("This search takes too long now. Look less far back.")}
    return {**shown, "found": found, "number": number}
