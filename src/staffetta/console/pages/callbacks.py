"""What an account's URLs are told: how each host does, every callback with its tries, and sending
again.

Everybody of an account looks and sends again: that is daily work, costs nothing, and tells a URL
that the account chose what it was owed anyway. The secret is for owners (see callback_secret.py).
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.audit import record
from staffetta.callbacks.history import (
    LISTED_MAX,
    CallbackFilter,
    Delivery,
    find_delivery,
    list_callbacks,
    read_attempts,
    replay_callbacks,
)
from staffetta.callbacks.overview import (
    LineFilter,
    Standing,
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
from staffetta.console.shown_callbacks import said_of
from staffetta.domain.ids import parse_id

SECTION: Final = "/callbacks"
_PAGE: Final = 50
_SEARCHED: Final = ("host", "standing", "message", "before")
_CHARACTERS_MAX: Final = 260
_REPLAYED_SINCE: Final = timedelta(days=1)  # unless somebody says otherwise
# What a replay takes up, by its name in the form.
_REPLAYED: Final = {"dead": ("dead",), "all": ("dead", "ended", "delivered")}
_DONE: Final = {
    "replayed": mark("What fitted is owed again, and is sent in a moment."),
    "nothing": mark("Nothing fitted: nothing is sent again."),
    "limit": mark("Ten thousand are owed again. There may be more: send again once more."),
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
        return account_page(request, place, "callbacks.html", section=SECTION, **values)

    @get("/{environment:str}/callbacks/now", guards=[for_accounts])
    async def now(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """What moves on that page, for a page that looks again."""
        place = await place_of(parts, request, environment)
        values = await _listed(parts, request, place)
        return account_page(request, place, "callbacks_now.html", section=SECTION, **values)

    @get("/{environment:str}/callbacks/{callback:str}", guards=[for_accounts])
    async def callback(
        request: PageRequest, environment: FromPath[str], callback: FromPath[str]
    ) -> Response[Any]:
        """One of them: what it says, and every try."""
        place = await place_of(parts, request, environment)
        found = await _find(parts, place, callback)
        claims = [found.claim] if found.claim.message_id is not None else []
        async with parts.reports.acquire() as connection:
            told = await parts.callback_bodies.read(connection, claims)
            attempts = await read_attempts(connection, place.space_id, found.claim.id)
            lines = await list_lines(
                connection, place.space_id, LineFilter(before=_behind(found.claim.id)), 1
            )
        return account_page(
            request,
            place,
            "callback.html",
            section=SECTION,
            one=found,
            line=lines[0],
            attempts=attempts,
            said=said_of(found, told.get(found.claim.id)),
            done=_done(request),
            **_WORDS,
        )

    return [callbacks, now, callback]


def _sending_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    @post("/{environment:str}/callbacks/replay", guards=[for_accounts], status_code=200)
    async def replay(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """Send again what has ended since a time."""
        place = await place_of(parts, request, environment)
        form = await read_form(request)
        since = _moment(form.text("since"))
        if since is None:
            values = await _listed(parts, request, place)
            values["problems"] = {"since": mark("Say since when, in UTC.")}
            return account_page(
                request, place, "callbacks.html", section=SECTION, status=422, **values
            )
        statuses = _REPLAYED.get(form.text("which"), _REPLAYED["dead"])
        count, found = await _replay_since(parts, request, place, since, statuses)
        word = "limit" if found == LISTED_MAX else "replayed" if count else "nothing"
        return lead_to(place.path(SECTION), word)

    @post("/{environment:str}/callbacks/hurry", guards=[for_accounts], status_code=200)
    async def hurry(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """Send to a host now what waits for its next try."""
        place = await place_of(parts, request, environment)
        host = (await read_form(request)).text("host", _CHARACTERS_MAX)
        async with parts.database.transaction() as connection:
            count = await hurry_host(connection, place.space_id, host, parts.clock.now())
        return lead_to(place.path(SECTION), "hurried" if count else "nothing")

    @post("/{environment:str}/callbacks/{callback:str}", guards=[for_accounts], status_code=200)
    async def again(
        request: PageRequest, environment: FromPath[str], callback: FromPath[str]
    ) -> Response[Any]:
        """Send one again, or now."""
        place = await place_of(parts, request, environment)
        found = await _find(parts, place, callback)
        async with parts.database.transaction() as connection:
            now = parts.clock.now()
            moved = await hurry_callback(connection, place.space_id, found.claim.id, now)
            if not moved:
                wanted = CallbackFilter(id=found.claim.id, email=place.facts.space.email)
                records = await list_callbacks(connection, wanted, 1)
                moved = bool(await replay_callbacks(connection, records, now))
        path = place.path(f"{SECTION}/{found.claim.id.hex()}")
        return lead_to(path, "replayed" if moved else "nothing")

    return [replay, hurry, again]


async def _listed(parts: ConsoleParts, request: PageRequest, place: Place) -> dict[str, Any]:
    """What the page shows."""
    asked = {name: request.query_params.get(name, "")[:_CHARACTERS_MAX] for name in _SEARCHED}
    wanted = LineFilter(
        before=parse_id(asked["before"]) if asked["before"] else None,
        message_id=parse_id(asked["message"]) if asked["message"] else None,
        host=asked["host"].replace("\0", "") or None,
        standing=Standing(asked["standing"]) if asked["standing"] in set(Standing) else None,
    )
    now = parts.clock.now()
    async with parts.reports.acquire() as connection:
        hosts = await list_hosts(connection, place.space_id)
        pauses = await read_pauses(connection, place.space_id, now)
        lines = await list_lines(connection, place.space_id, wanted, _PAGE + 1)
    left_alone = {one.lane.host: one for one in pauses}
    # Those in trouble first; each group as it is, the one that was owed something last first.
    hosts.sort(key=lambda one: (one.host not in left_alone, not one.failing_count))
    return {
        "asked": asked,
        "hosts": hosts,
        "pauses": left_alone,
        "lines": lines[:_PAGE],
        "older": lines[_PAGE - 1].id.hex() if len(lines) > _PAGE else None,
        "since": (now - _REPLAYED_SINCE).isoformat(timespec="minutes")[:16],
        "problems": {},
        "done": _done(request),
        **_WORDS,
    }


async def _find(parts: ConsoleParts, place: Place, callback: str) -> Delivery:
    callback_id = parse_id(callback)
    if callback_id is not None:
        async with parts.reports.acquire() as connection:
            found = await find_delivery(connection, place.space_id, callback_id)
        if found is not None:
            return found
    raise NotFoundException("there is no such callback")


async def _replay_since(
    parts: ConsoleParts,
    request: PageRequest,
    place: Place,
    since: datetime,
    statuses: tuple[str, ...],
) -> tuple[int, int]:
    """How many are owed again, and how many were found."""
    wanted = CallbackFilter(
        email=place.facts.space.email,
        environment=place.environment,
        statuses=statuses,
        since=since,
        replayable_only=True,
    )
    now = parts.clock.now()
    async with parts.database.transaction() as connection:
        found = await list_callbacks(connection, wanted)
        owed = await replay_callbacks(connection, found, now)
        if owed:
            details = {"since": since.isoformat(), "count": len(owed)}
            space = place.facts.space
            await record(connection, actor_of(request), "callback.replay", space, details, now)
    return len(owed), len(found)


def _moment(text: str) -> datetime | None:
    """A time as a browser's field writes it, in UTC."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
    except ValueError:
        return None


def _behind(callback_id: bytes) -> bytes:
    """The id that follows, so that a list begins with this one."""
    return (int.from_bytes(callback_id) + 1).to_bytes(len(callback_id))


def _done(request: PageRequest) -> str:
    return _DONE.get(request.query_params.get("done", ""), "")
