"""An account's messages: a list to search in, which keeps itself up to date."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.console.asked import begin_of_day
from staffetta.console.guards import for_accounts
from staffetta.console.languages import mark
from staffetta.console.pages.account.message_words import GROUP_NAMES, GROUP_OF, GROUPS, STATE_NAMES
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import Place, account_page, place_of
from staffetta.console.rendering import PageRequest
from staffetta.db.pool import NotConnected, TryAgain
from staffetta.domain.ids import parse_id
from staffetta.domain.written_numbers import e164_of
from staffetta.messaging.search import FoundLines, Search, search_messages

SECTION: Final = "/messages"
_PAGE: Final = 50
_SEARCHED_DAYS_MAX: Final = 31
_LOOKED_AT_WITHOUT_SEARCH: Final = 5_000  # messages, where most are trials: some milliseconds
_FIELDS: Final = ("number", "group", "sender", "text", "since", "until", "before")
_FIELD_CHARACTERS_MAX: Final = 100
_NOTHING: Final = FoundLines((), None, is_short=False)


class WrongSearch(ValueError):
    """A search that cannot be made; its text is for people."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a search came to."""

    found: FoundLines
    problem: str = ""  # English; translated when it is shown


def message_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get("/{environment:str}/messages", guards=[for_accounts])
    async def messages(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """The list, and the form to search in it."""
        place = await place_of(parts, request, environment)
        asked = _asked(request)
        shown = await _search(parts, place, asked)
        return account_page(request, place, "account/messages.html", **_values(place, asked, shown))

    @get("/{environment:str}/messages/rows", guards=[for_accounts])
    async def rows(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """The list alone, for a page that looks again; 204 where nothing has changed."""
        place = await place_of(parts, request, environment)
        asked = _asked(request)
        shown = await _search(parts, place, asked)
        if shown.problem:  # what is there stays there
            return Response(None, status_code=204)
        values = _values(place, asked, shown)
        if values["seen"] == request.query_params.get("seen"):
            return Response(None, status_code=204)
        return account_page(request, place, "account/message_rows.html", **values)

    return [messages, rows]


def _asked(request: PageRequest) -> dict[str, str]:
    """The search as it was typed. No text of a database holds a NUL."""
    return {
        name: request.query_params.get(name, "")[:_FIELD_CHARACTERS_MAX].replace("\0", "\ufffd")
        for name in _FIELDS
    }


async def _search(parts: ConsoleParts, place: Place, asked: dict[str, str]) -> _Shown:
    try:
        wanted = _wanted(asked, parts.clock.now())
        if wanted.searches:  # with little patience
            return _Shown(await search_messages(parts.reports, place.space_id, wanted))
        # The plain list is looked at all the time: it goes no further than it is quick.
        found = await search_messages(
            parts.database, place.space_id, wanted, _LOOKED_AT_WITHOUT_SEARCH
        )
        return _Shown(found)
    except WrongSearch as wrong:
        return _Shown(_NOTHING, str(wrong))
    except (TryAgain, NotConnected):
        return _Shown(
            _NOTHING,
            mark("This search takes too long now. Ask for fewer days, or try again in a minute."),
        )


def _wanted(asked: dict[str, str], now: datetime) -> Search:
    """The search that a form asks for; raises WrongSearch."""
    number = None
    if asked["number"].strip():
        typed = asked["number"].strip()
        # An address may have a plus that nobody encoded: a blank came in its place.
        has_lost_plus = asked["number"].startswith(" ") and typed[0] not in "+0"
        number = e164_of(f"+{typed}" if has_lost_plus else typed)
        if number is None:
            raise WrongSearch(
                mark("This is no number. Write it with its country, like +39 333 1234567.")
            )
    before = parse_id(asked["before"]) if asked["before"] else None
    if asked["before"] and before is None:
        raise WrongSearch(mark("There is no such page of the list."))
    since, until = _days(asked, now)
    return Search(
        limit=_PAGE,
        before=before,
        created_from=since,
        created_to=until,
        number=number,
        states=GROUPS.get(asked["group"]),
        sender=asked["sender"].strip() or None,
        text=asked["text"].strip() or None,
    )


def _days(asked: dict[str, str], now: datetime) -> tuple[datetime | None, datetime | None]:
    """The days that are searched, in UTC: the newest that may be, where none are named."""
    if not any(asked[name].strip() for name in _FIELDS if name != "before"):
        return None, None
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    last = _begin_of(asked["until"]) or today
    first = _begin_of(asked["since"]) or last - timedelta(days=_SEARCHED_DAYS_MAX - 1)
    if last < first:
        raise WrongSearch(mark("The last day comes before the first one."))
    if (last - first).days >= _SEARCHED_DAYS_MAX:
        raise WrongSearch(mark("A search covers 31 days at most."))
    return first, last + timedelta(days=1)


def _begin_of(typed: str) -> datetime | None:
    try:
        day = begin_of_day(typed)
    except ValueError:
        raise WrongSearch(mark("This is no date.")) from None
    if day is not None and not 1971 <= day.year <= 2100:
        raise WrongSearch(mark("This is no date."))
    return day


def _values(place: Place, asked: dict[str, str], shown: _Shown) -> dict[str, Any]:
    found = shown.found
    older = found.next_before.hex() if found.next_before else None
    search = {name: value for name, value in asked.items() if value and name != "before"}
    return {
        "section": SECTION,
        "asked": asked,
        "is_searched": bool(search),
        "group_of": GROUP_OF,
        "group_names": GROUP_NAMES,
        "state_names": STATE_NAMES,
        "found": found,
        "problem": shown.problem,
        "seen": hashlib.sha256(repr(found).encode()).hexdigest()[:16],
        "older": f"{place.path(SECTION)}?{urlencode({**search, 'before': older})}"
        if older
        else None,
        "newest": f"{place.path(SECTION)}?{urlencode(search)}",
    }
