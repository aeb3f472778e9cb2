"""The test receiver: a callback URL of this server, and what came there, live.

In both environments: what is handed over never leaves this server (see callbacks/receiver.py).
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.callbacks.overview import hurry_host
from staffetta.callbacks.pauses import Pause, read_pauses
from staffetta.callbacks.receiver import (
    KEPT_MAX,
    RECEIVER_HOST,
    RECEIVER_URL,
    ReceiverAnswer,
    TestDelivery,
    clear_test_deliveries,
    list_test_deliveries,
    read_answer,
    read_newest_id,
    set_answer,
)
from staffetta.console.callback_words import ANSWER_WORDS
from staffetta.console.examples import calling_back
from staffetta.console.forms import lead_to, read_form
from staffetta.console.guards import for_accounts
from staffetta.console.hosts import own_address
from staffetta.console.languages import mark
from staffetta.console.pages.account.callbacks import SECTION
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import Place, account_page, place_of
from staffetta.console.rendering import PageRequest
from staffetta.console.shown_callbacks import ShownTestDelivery, shown_test_delivery
from staffetta.db.pool import Connection

_PATH: Final = f"{SECTION}/receiver"
_NOTHING_NEW: Final = 204  # the page keeps what it shows
_REFUSED: Final = 422
_ANSWER_PROBLEM: Final = mark("Choose how the receiver answers.")
_DONE_BY: Final = ("clear", "hurry")  # what a button asks for, without an answer
_DONE: Final = {
    "answer": mark("The receiver answers so from now on."),
    "cleared": mark("What came here is forgotten."),
    "hurried": mark("What was waiting for its next try is sent now."),
    "nothing": mark("Nothing waits for another try."),
}


def test_receiver_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get("/{environment:str}/callbacks/receiver", guards=[for_accounts])
    async def receiver(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """The URL, the switches, and what came."""
        place = await place_of(parts, request, environment)
        return await _page(parts, request, place)

    @get("/{environment:str}/callbacks/receiver/came", guards=[for_accounts])
    async def came(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """What came, for a page that looks again; nothing, where that is what it shows."""
        place = await place_of(parts, request, environment)
        async with parts.reports.acquire() as connection:
            mark_now, _ = await _marked(connection, place, parts.clock.now())
        if request.query_params.get("newest", "") == mark_now:
            return Response(None, status_code=_NOTHING_NEW)
        values = await _came(parts, place)
        return account_page(request, place, "account/receiver_came.html", section=SECTION, **values)

    @post("/{environment:str}/callbacks/receiver", guards=[for_accounts], status_code=200)
    async def switch(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """Answer otherwise, forget what came, or do not wait for the next try."""
        place = await place_of(parts, request, environment)
        form = await read_form(request)
        wanted, word = form.text("answer"), "answer"
        if form.text("do") not in _DONE_BY and wanted not in set(ReceiverAnswer):
            return await _page(parts, request, place, problem=_ANSWER_PROBLEM)
        async with parts.database.transaction() as connection:
            if form.text("do") == "clear":
                await clear_test_deliveries(connection, place.space_id)
                word = "cleared"
            elif form.text("do") == "hurry":
                now = parts.clock.now()
                count = await hurry_host(connection, place.space_id, RECEIVER_HOST, now)
                word = "hurried" if count else "nothing"
            else:
                await set_answer(connection, place.space_id, ReceiverAnswer(wanted))
        return lead_to(place.path(_PATH), word)

    return [receiver, came, switch]


async def _page(
    parts: ConsoleParts, request: PageRequest, place: Place, problem: str = ""
) -> Response[Any]:
    async with parts.reports.acquire() as connection:
        answer = await read_answer(connection, place.space_id)
    example = calling_back(RECEIVER_URL)
    return account_page(
        request,
        place,
        "account/receiver.html",
        section=SECTION,
        status=_REFUSED if problem else 200,
        problem_sentence=problem,
        url=RECEIVER_URL,
        line=example.line(own_address(request), place.environment, "$TOKEN"),
        answer=answer,
        answers=ANSWER_WORDS,
        done=_DONE.get(request.query_params.get("done", ""), ""),
        **await _came(parts, place),
    )


async def _came(parts: ConsoleParts, place: Place) -> dict[str, Any]:
    """What came, and whether the receiver is left alone."""
    now = parts.clock.now()
    async with parts.reports.acquire() as connection:
        # The mark is read first: what comes in between is found by the next look.
        newest, pause = await _marked(connection, place, now)
        found = await list_test_deliveries(connection, place.space_id, now)
    return {
        # Megabytes of JSON at worst: nobody else waits for them.
        "deliveries": await asyncio.to_thread(_shown, found),
        "pause": pause,
        "newest": newest,
        "kept_max": KEPT_MAX,
    }


async def _marked(connection: Connection, place: Place, now: datetime) -> tuple[str, Pause | None]:
    """A mark that changes whenever the page does, and why the receiver is left alone, if it is."""
    newest = await read_newest_id(connection, place.space_id, now)
    pauses = await read_pauses(connection, place.space_id, now)
    pause = next((one for one in pauses if one.lane.host == RECEIVER_HOST), None)
    text = "" if newest is None else str(newest)
    return text if pause is None else f"{text} {pause.until.timestamp():.0f}", pause


def _shown(found: Sequence[TestDelivery]) -> list[ShownTestDelivery]:
    return [shown_test_delivery(one) for one in found]
