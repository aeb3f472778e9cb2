"""An account's messages: a list that keeps itself up to date, and where each of them stands."""

from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from typing import Any, Final

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.console.guards import for_accounts
from staffetta.console.languages import mark
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import Place, account_page, place_of
from staffetta.console.rendering import PageRequest
from staffetta.domain.errors import InvalidRecipient, NotAcceptingNow
from staffetta.domain.ids import parse_id
from staffetta.domain.phones import parse_mobile
from staffetta.domain.states import State
from staffetta.messaging.lists import ListQuery, StateFilter
from staffetta.messaging.view import MessageView

_PAGE: Final = 50
_SEARCHED_MAX: Final = timedelta(days=31)
# What people ask for, and the states that are meant.
GROUPS: Final = MappingProxyType(
    {
        "waiting": (State.SCHEDULED, State.QUEUED, State.SUBMITTING, State.UNCERTAIN),
        "sent": (State.SUBMITTED,),
        "delivered": (State.DELIVERED,),
        "failed": (State.UNDELIVERABLE, State.REJECTED, State.EXPIRED, State.CANCELLED),
    }
)
GROUP_NAMES: Final = MappingProxyType(
    {
        "waiting": mark("waiting"),
        "sent": mark("sent"),
        "delivered": mark("delivered"),
        "failed": mark("failed"),
    }
)
GROUP_OF: Final = MappingProxyType(
    {state: group for group, states in GROUPS.items() for state in states}
)


def message_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get("/{environment:str}/messages", guards=[for_accounts])
    async def messages(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """The list, and the form to search in it."""
        place = await place_of(parts, request, environment)
        return account_page(request, place, "messages.html", **await _listed(parts, request, place))

    @get("/{environment:str}/messages/rows", guards=[for_accounts])
    async def rows(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """The list's rows alone, for a page that looks again."""
        place = await place_of(parts, request, environment)
        return account_page(
            request, place, "message_rows.html", **await _listed(parts, request, place)
        )

    @get("/{environment:str}/messages/{message:str}", guards=[for_accounts])
    async def message(
        request: PageRequest, environment: FromPath[str], message: FromPath[str]
    ) -> Response[Any]:
        """One message."""
        place = await place_of(parts, request, environment)
        message_id = parse_id(message)
        found = message_id and await parts.reader.get(place.space_id, message_id, parts.clock.now())
        if not found:
            raise NotFoundException("there is no such message")
        return account_page(
            request,
            place,
            "message.html",
            section="/messages",
            message=found,
            groups=GROUP_OF,
            group_names=GROUP_NAMES,
        )

    return [messages, rows, message]


async def _listed(parts: ConsoleParts, request: PageRequest, place: Place) -> dict[str, Any]:
    """What the list shows; a search that cannot be made shows why, and nothing else."""
    asked = {name: request.query_params.get(name, "")[:40] for name in _FIELDS}
    shown: dict[str, Any] = {
        "section": "/messages",
        "asked": asked,
        "groups": GROUP_OF,
        "group_names": GROUP_NAMES,
        "messages": (),
        "older": None,
        "problem": "",
    }
    try:
        wanted = _query(asked, parts.clock.now())
        listed = await parts.reader.list(place.space_id, wanted)
    except (InvalidRecipient, NotAcceptingNow, ValueError) as error:
        return {**shown, "problem": str(error)}
    messages: list[MessageView] = list(listed.views)
    older = listed.next_before.hex() if listed.next_before and messages else None
    return {**shown, "messages": messages, "older": older}


_FIELDS: Final = ("number", "group", "day", "before")


def _query(asked: dict[str, str], now: datetime) -> ListQuery:
    """The search that a form asks for; raises InvalidRecipient and ValueError."""
    states = GROUPS.get(asked["group"])
    day = datetime.fromisoformat(asked["day"]).date() if asked["day"] else None
    ends = now if day is None else datetime.combine(day, time(), UTC) + timedelta(days=1)
    searches = bool(asked["number"] or states or day)
    return ListQuery(
        limit=_PAGE,
        before=parse_id(asked["before"]) if asked["before"] else None,
        states=StateFilter(states, states) if states else None,
        number=parse_mobile(asked["number"]).e164 if asked["number"] else None,
        created_from=ends - _SEARCHED_MAX if searches else None,
        created_to=ends if day else None,
    )
