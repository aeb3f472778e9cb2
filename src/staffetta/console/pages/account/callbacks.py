"""What an account's URLs are told: how each host does, every callback with its tries, and sending
again.

Everybody of an account looks and sends again: that is daily work, costs nothing, and tells a URL
that the account chose what it was owed anyway. The secret is for owners (see callback_secret.py).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from staffetta.accounts.audit import record
from staffetta.callbacks.history import (
    Delivery,
    find_delivery,
    read_attempts,
    replay_ids,
)
from staffetta.callbacks.overview import (
    HOSTS_MAX,
    LOOKED_AT_MAX,
    REPLAYED_MAX,
    CallbackLine,
    HostLine,
    LineFilter,
    ReplayFilter,
    Standing,
    find_last_looked_at,
    find_replayable,
    hurry_callback,
    hurry_host,
    list_hosts,
    list_lines,
)
from staffetta.callbacks.pauses import read_pauses
from staffetta.callbacks.receiver import RECEIVER_HOST
from staffetta.console.acting import actor_of
from staffetta.console.callback_words import EVENT_WORDS, STANDING_LOOKS, STANDING_WORDS
from staffetta.console.forms import lead_to, read_form
from staffetta.console.guards import for_accounts
from staffetta.console.languages import mark
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import Place, account_page, place_of
from staffetta.console.rendering import PageRequest
from staffetta.console.replay_form import (
    AGO_MAX,
    FIELDS,
    SINCE_PROBLEM,
    TypedReplay,
    read_replay,
    typed_replay,
    written,
)
from staffetta.console.shown_callbacks import RECIPIENTS_MAX, head_of, said_of
from staffetta.db.pool import Connection
from staffetta.domain.ids import id_time, parse_id

SECTION: Final = "/callbacks"
_PAGE: Final = 50
_SEARCHED: Final = ("host", "standing", "message", "before")
_CHARACTERS_MAX: Final = 260
_REPLAY: Final = "callback.replay"  # in the audit trail
_HURRY: Final = "callback.hurry"
_DONE: Final = {
    "replayed": mark("What fitted is owed again, and is sent in a moment."),
    "nothing": mark("Nothing fitted: nothing is sent again."),
    "limit": mark(
        "Ten thousand were looked at, the oldest first, and what fitted is owed again."
        " There may be more: send again once more, and it goes on with the rest."
    ),
    "hurried": mark("What was waiting for its next try is sent now."),
}
_WORDS: Final = {
    "standing_words": STANDING_WORDS,
    "standing_looks": STANDING_LOOKS,
    "event_words": EVENT_WORDS,
    "receiver_host": RECEIVER_HOST,
}


def callback_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""
    return [*_reading_pages(parts), *_sending_pages(parts)]


def _reading_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    @get("/{environment:str}/callbacks", guards=[for_accounts])
    async def callbacks(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """Hosts, callbacks, and sending again."""
        place = await place_of(parts, request, environment)
        values = await _listed(parts, request, place)
        return account_page(request, place, "account/callbacks.html", section=SECTION, **values)

    @get("/{environment:str}/callbacks/now", guards=[for_accounts])
    async def now(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """What moves on that page, for a page that looks again."""
        place = await place_of(parts, request, environment)
        values = await _listed(parts, request, place)
        return account_page(request, place, "account/callbacks_now.html", section=SECTION, **values)

    @get("/{environment:str}/callbacks/{callback:str}", guards=[for_accounts])
    async def callback(
        request: PageRequest, environment: FromPath[str], callback: FromPath[str]
    ) -> Response[Any]:
        """One of them: what it says, and every try."""
        place = await place_of(parts, request, environment)
        found = await _find(parts, place, callback)
        is_long = found.claim.recipient_count > RECIPIENTS_MAX
        claim = head_of(found.claim)
        async with parts.reports.acquire() as connection:
            line = await _line(connection, place, claim.id)
            told = await parts.callback_bodies.read(
                connection, [claim] if claim.message_id is not None else []
            )
            attempts = await read_attempts(connection, place.space_id, claim.id)
        return account_page(
            request,
            place,
            "account/callback.html",
            section=SECTION,
            one=found,
            line=line,
            attempts=attempts,
            said=said_of(found, told.get(claim.id)),
            left_out_count=found.claim.recipient_count if is_long else 0,
            done=_done(request),
            **_WORDS,
        )

    return [callbacks, now, callback]


def _sending_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    @post("/{environment:str}/callbacks/replay", guards=[for_accounts], status_code=200)
    async def replay(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """Send again what has ended since a time."""
        place = await place_of(parts, request, environment)
        form, now = await read_form(request), parts.clock.now()
        sent = {name: form.text(name, _CHARACTERS_MAX) for name in FIELDS}
        if not _are_ids(sent["message"], sent["after"]):
            raise NotFoundException("there is no such id")
        typed = typed_replay(sent, now)
        wanted = read_replay(typed, sent["since"], now)
        if wanted is None:
            values = await _listed(parts, request, place, {**dict.fromkeys(_SEARCHED, ""), **sent})
            values["problems"] = {"since": SINCE_PROBLEM}
            return account_page(
                request, place, "account/callbacks.html", section=SECTION, status=422, **values
            )
        return await _replay(parts, request, place, typed, wanted)

    @post("/{environment:str}/callbacks/hurry", guards=[for_accounts], status_code=200)
    async def hurry(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """Send to a host now what waits for its next try."""
        place = await place_of(parts, request, environment)
        host = (await read_form(request)).text("host", _CHARACTERS_MAX)
        async with parts.database.transaction() as connection:
            now = parts.clock.now()
            count = await hurry_host(connection, place.space_id, host, now)
            if count:
                await _note(connection, request, place, _HURRY, {"host": host, "count": count}, now)
        return lead_to(place.path(SECTION), "hurried" if count else "nothing")

    @post("/{environment:str}/callbacks/{callback:str}", guards=[for_accounts], status_code=200)
    async def again(
        request: PageRequest, environment: FromPath[str], callback: FromPath[str]
    ) -> Response[Any]:
        """Send one again, or now."""
        place = await place_of(parts, request, environment)
        found = await _find(parts, place, callback)
        moved = await _move(parts, request, place, found)
        path = place.path(f"{SECTION}/{found.claim.id.hex()}")
        return lead_to(path, "replayed" if moved else "nothing")

    return [replay, hurry, again]


async def _listed(
    parts: ConsoleParts,
    request: PageRequest,
    place: Place,
    form: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What the page shows: what its address asks for, or what its form says that was sent."""
    said = request.query_params if form is None else form
    asked = {name: said.get(name, "")[:_CHARACTERS_MAX] for name in (*_SEARCHED, *FIELDS)}
    now = parts.clock.now()
    wanted, replay = _line_filter(asked), typed_replay(asked, now)
    async with parts.reports.acquire() as connection:
        hosts = await list_hosts(connection, place.space_id)
        pauses = await read_pauses(connection, place.space_id, now)
        lines: Sequence[CallbackLine] = ()
        if wanted is not None:
            lines = await list_lines(connection, place.space_id, wanted, _PAGE + 1)
        further = None
        if wanted is not None and len(lines) <= _PAGE:
            further = await find_last_looked_at(connection, place.space_id, wanted)
    left_alone = {one.lane.host: one for one in pauses}
    # Those in trouble first; each group as it is, the one that was owed something last first.
    hosts.sort(key=lambda one: (one.host not in left_alone, not one.failing_count))
    after = parse_id(replay.after)
    return {
        "asked": {name: asked[name] for name in _SEARCHED},
        "hosts": hosts,
        "is_counted_in_part": _is_counted_in_part(hosts),
        "looked_at_max": LOOKED_AT_MAX,
        "pauses": left_alone,
        "lines": lines[:_PAGE],
        "older": lines[_PAGE - 1].id.hex() if len(lines) > _PAGE else None,
        "further": further.hex() if further else None,
        "replay": replay,
        "goes_on_after": id_time(after) if after else None,
        "since_min": written(now - AGO_MAX),
        "since_max": written(now),
        "problems": {},
        "done": _done(request),
        **_WORDS,
    }


def _line_filter(asked: Mapping[str, str]) -> LineFilter | None:
    """Which callbacks are listed; None for an id that is none: nothing is of it, or before it."""
    if not _are_ids(asked["before"], asked["message"]):
        return None
    return LineFilter(
        before=parse_id(asked["before"]),
        message_id=parse_id(asked["message"]),
        host=asked["host"].replace("\0", "") or None,
        standing=Standing(asked["standing"]) if asked["standing"] in set(Standing) else None,
    )


def _are_ids(*texts: str) -> bool:
    """Whether each is an id or nothing: one that is none must not widen what was asked for."""
    return not any(text and parse_id(text) is None for text in texts)


def _is_counted_in_part(hosts: list[HostLine]) -> bool:
    """Whether there may be callbacks or hosts that nobody counted."""
    count = sum(
        one.delivered_count
        + one.waiting_count
        + one.failing_count
        + one.dead_count
        + one.ended_count
        + one.superseded_count
        for one in hosts
    )
    return count >= LOOKED_AT_MAX or len(hosts) >= HOSTS_MAX


async def _find(parts: ConsoleParts, place: Place, callback: str) -> Delivery:
    callback_id = parse_id(callback)
    if callback_id is not None:
        async with parts.reports.acquire() as connection:
            found = await find_delivery(connection, place.space_id, callback_id)
        if found is not None:
            return found
    raise NotFoundException("there is no such callback")


async def _line(connection: Connection, place: Place, callback_id: bytes) -> CallbackLine:
    """How a callback stands; 404 where it is gone since it was found."""
    behind = LineFilter(before=_behind(callback_id))
    for line in await list_lines(connection, place.space_id, behind, 1):
        if line.id == callback_id:
            return line
    raise NotFoundException("there is no such callback")


async def _move(parts: ConsoleParts, request: PageRequest, place: Place, found: Delivery) -> bool:
    """Send one now, or again where it has ended; whether that could be."""
    one, now = (place.space_id, found.claim.id), parts.clock.now()
    async with parts.database.transaction() as connection:
        action, moved = _HURRY, await hurry_callback(connection, *one, now)
        if not moved:
            action, moved = _REPLAY, bool(await replay_ids(connection, [one], now))
        if moved:
            details = {"callback": found.claim.id.hex(), "host": found.claim.host}
            await _note(connection, request, place, action, details, now)
    return moved


async def _replay(
    parts: ConsoleParts,
    request: PageRequest,
    place: Place,
    typed: TypedReplay,
    wanted: ReplayFilter,
) -> Response[Any]:
    """Owe a round again, and lead to the page, which goes on where there may be more."""
    async with parts.reports.acquire() as connection:
        found = await find_replayable(connection, place.space_id, wanted)
    now = parts.clock.now()
    async with parts.database.transaction() as connection:
        owed = await replay_ids(connection, [(place.space_id, one) for one in found], now)
        if owed:
            details = {"since": wanted.since.isoformat(), "count": len(owed)}
            about = {"host": wanted.host} if wanted.host else {}
            await _note(connection, request, place, _REPLAY, {**details, **about}, now)
    if len(found) == REPLAYED_MAX:
        query = {**typed.onward(found[-1]), "done": "limit"}
    else:
        about = {"host": typed.host, "message": typed.message}
        query = {name: value for name, value in about.items() if value}
        query["done"] = "replayed" if owed else "nothing"
    return Redirect(place.path(SECTION), status_code=303, query_params=query)


async def _note(
    connection: Connection,
    request: PageRequest,
    place: Place,
    action: str,
    details: Mapping[str, object],
    now: datetime,
) -> None:
    await record(connection, actor_of(request), action, place.facts.space, details, now)


def _behind(callback_id: bytes) -> bytes:
    """The id that follows, so that a list begins with this one."""
    return (int.from_bytes(callback_id) + 1).to_bytes(len(callback_id))


def _done(request: PageRequest) -> str:
    return _DONE.get(request.query_params.get("done", ""), "")
