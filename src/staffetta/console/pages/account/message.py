"""One message of an account: where it stands, what happened to it, and taking it back."""

import hashlib
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.console.asked import skip_of
from staffetta.console.forms import lead_to
from staffetta.console.guards import for_accounts
from staffetta.console.languages import mark
from staffetta.console.pages.account.message_events import shown_event
from staffetta.console.pages.account.message_words import GROUP_NAMES, GROUP_OF, GROUPS, STATE_NAMES
from staffetta.console.pages.account.send import space_of
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import Place, account_page, place_of
from staffetta.console.rendering import PageRequest
from staffetta.db.pool import NotConnected, TryAgain
from staffetta.domain.environments import Environment
from staffetta.domain.errors import NotAcceptingNow, NotWaiting
from staffetta.domain.ids import parse_id
from staffetta.domain.states import FINAL, State
from staffetta.messaging.bulk.errors import AlreadySending, NoSuchMessage
from staffetta.messaging.bulk.read import BulkView
from staffetta.messaging.bulk.request import MANY
from staffetta.messaging.search import list_recipients_of
from staffetta.messaging.tracing.own import OwnMessage, read_own
from staffetta.messaging.tracing.read import NoSuchMessage as NoSuchTrace

SECTION: Final = "/messages"
_RECIPIENTS_SHOWN: Final = 100
# How often a page that is open looks again.
_AGAIN_SECONDS: Final = 2
_AGAIN_SECONDS_OF_MANY: Final = 10
_AGAIN_SECONDS_AT_THE_END: Final = 60  # nothing is left that moves, but what is told of it
_POSITION_MAX: Final = 10_000_000
_DONE: Final = {
    "accepted": mark("The message is accepted."),
    "already": mark("This message was sent before: it was not sent again."),
    "cancelled": mark("The message is taken back."),
    "cancelled-many": mark("The message is taken back. What it cost stays charged."),
    "too-late": mark("It is too late: the message waits no longer."),
}


def one_message_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get("/{environment:str}/messages/{message:str}", guards=[for_accounts])
    async def message(
        request: PageRequest, environment: FromPath[str], message: FromPath[str]
    ) -> Response[Any]:
        """The message, or one recipient of it."""
        place = await place_of(parts, request, environment)
        values = await _values(parts, request, place, message)
        done = request.query_params.get("done", "")
        return account_page(
            request, place, "account/message.html", done=_DONE.get(done, ""), **values
        )

    @get("/{environment:str}/messages/{message:str}/now", guards=[for_accounts])
    async def now(
        request: PageRequest, environment: FromPath[str], message: FromPath[str]
    ) -> Response[Any]:
        """What has changed, for a page that looks again; 204 where nothing has."""
        place = await place_of(parts, request, environment)
        try:
            values = await _values(parts, request, place, message)
        except (TryAgain, NotConnected, NotAcceptingNow):  # what is there stays there
            return Response(None, status_code=204)
        if values["seen"] == request.query_params.get("seen"):
            return Response(None, status_code=204)
        return account_page(request, place, "account/message_now.html", **values)

    @post("/{environment:str}/messages/{message:str}/cancel", guards=[for_accounts])
    async def cancel(
        request: PageRequest, environment: FromPath[str], message: FromPath[str]
    ) -> Response[Any]:
        """Take back a message that waits."""
        place = await place_of(parts, request, environment)
        own = await _read(parts, place, message, None)
        path = place.path(f"{SECTION}/{own.id.hex()}")
        now, kept_micro = parts.clock.now(), 0
        try:
            if own.recipient_id is None:
                many = await parts.bulk.reader.get(place.space_id, own.id)
                kept_micro = _kept_micro(many)
                await parts.bulk.changer.cancel(space_of(place), own.id, now)
            else:
                await parts.canceller.cancel(place.space_id, own.id, now)
        except (NotWaiting, AlreadySending, NoSuchMessage):
            return lead_to(path, "too-late")
        return lead_to(path, "cancelled-many" if kept_micro else "cancelled")

    return [message, now, cancel]


async def _read(
    parts: ConsoleParts, place: Place, message: str, recipient: str | None
) -> OwnMessage:
    message_id = parse_id(message)
    recipient_id = None if recipient is None else parse_id(recipient)
    if message_id is None or (recipient is not None and recipient_id is None):
        raise NotFoundException("there is no such message")
    try:
        return await read_own(
            parts.reports, place.space_id, message_id, recipient_id, parts.clock.now()
        )
    except NoSuchTrace:
        raise NotFoundException("there is no such message") from None


async def _values(
    parts: ConsoleParts, request: PageRequest, place: Place, message: str
) -> dict[str, Any]:
    own = await _read(parts, place, message, request.query_params.get("recipient"))
    events = [shown_event(one) for one in own.events if one.kind != "state" or one.facts]
    values: dict[str, Any] = {
        "section": SECTION,
        "own": own,
        "events": events,
        "many": None,
        "group_of": GROUP_OF,
        "group_names": GROUP_NAMES,
        "state_names": STATE_NAMES,
        "phone": _phone_of(place, own),
        "kept_micro": 0,
    }
    if own.recipient_id is None:
        values |= await _many(parts, request, place, own)
    seen = hashlib.sha256(repr((own, values["many"])).encode()).hexdigest()[:16]
    return {
        **values,
        "seen": seen,
        "again": _again(place, own, values, seen),
        "again_seconds": _again_seconds(own, values["many"]),
    }


def _again_seconds(own: OwnMessage, many: BulkView | None) -> int:
    """How soon something may have changed."""
    states = {own.state} if many is None else set(many.counts)
    if states <= FINAL and not (many is not None and many.is_open):
        return _AGAIN_SECONDS_AT_THE_END
    is_large = many is not None and many.recipient_count >= MANY
    return _AGAIN_SECONDS_OF_MANY if is_large else _AGAIN_SECONDS


def _kept_micro(many: BulkView | None) -> int:
    """What stays charged of a message to many that is taken back: one that is open costs nothing
    yet.
    """
    return 0 if many is None or many.is_open else many.price_micro


def _again(place: Place, own: OwnMessage, values: dict[str, Any], seen: str) -> str:
    """Where the page looks again."""
    asked: dict[str, object] = {"seen": seen}
    if own.is_of_many and own.recipient_id is not None:
        asked["recipient"] = own.recipient_id.hex()
    if own.recipient_id is None:
        asked |= {"group": values["group"], "from": values["first"]}
    return f"{place.path(SECTION)}/{own.id.hex()}/now?{urlencode(asked)}"


async def _many(
    parts: ConsoleParts, request: PageRequest, place: Place, own: OwnMessage
) -> dict[str, Any]:
    """How far the recipients of a message came, and some of them."""
    many = await parts.bulk.reader.get(place.space_id, own.id)
    if many is None:
        raise NotFoundException("there is no such message")
    group = request.query_params.get("group", "")
    states = GROUPS.get(group)
    first = min(skip_of(request.query_params.get("from", "")), _POSITION_MAX)
    listed = await list_recipients_of(
        parts.reports, place.space_id, own.id, states, first, _RECIPIENTS_SHOWN + 1
    )
    return {
        "many": many,
        "kept_micro": _kept_micro(many),
        "bars": _bars(many),
        "group": group if states else "",
        "first": first,
        "recipients": listed[:_RECIPIENTS_SHOWN],
        "next_from": listed[-1].position if len(listed) > _RECIPIENTS_SHOWN else None,
    }


def _bars(many: BulkView) -> list[tuple[str, int, int]]:
    """Each group with its count and its share in hundredths."""
    counts: dict[str, int] = dict.fromkeys(GROUPS, 0)
    for state, count in many.counts.items():
        counts[GROUP_OF[State(state)]] += count
    total = max(sum(counts.values()), 1)
    return [(group, count, round(100 * count / total)) for group, count in counts.items()]


def _phone_of(place: Place, own: OwnMessage) -> str | None:
    """The number whose phone can be looked at."""
    return own.number if place.environment is Environment.SANDBOX else None
