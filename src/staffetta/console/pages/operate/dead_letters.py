"""Callbacks that were given up: whose, to which host and why; and sending them again."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.audit import record
from staffetta.accounts.email import Email
from staffetta.accounts.errors import AccountError
from staffetta.accounts.read_account import Account, find_account, read_account, read_spaces
from staffetta.accounts.space import Space
from staffetta.callbacks.dead import (
    DeadFilter,
    DeadLetter,
    Replayed,
    count_dead_hosts,
    find_dead,
    list_dead,
    replay_dead_host,
)
from staffetta.callbacks.history import find_delivery, read_attempts, replay_ids
from staffetta.console.acting import actor_of
from staffetta.console.asked import asked_of, begin_of_day
from staffetta.console.callback_words import EVENT_WORDS
from staffetta.console.forms import Form, lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark, say_in
from staffetta.console.navigation import OPERATE
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import operator_page
from staffetta.console.rendering import PageRequest
from staffetta.console.shown_callbacks import head_of, said_of
from staffetta.db.pool import Connection
from staffetta.domain.ids import parse_id

SECTION: Final = "/dead-letters"
_LETTERS: Final = "/operate/dead-letters"
_PAGE: Final = 50
_ASKED: Final = ("account", "host", "reason", "since", "before")
_HOST_CHARACTERS_MAX: Final = 260
_FIRST_YEAR: Final = 1970  # ids know no earlier time
_NUMBER_MAX: Final = 2**31 - 1
_DONE: Final = {
    "replayed": mark("What was given up is owed again, and is sent in a moment."),
    "nothing": mark("Nothing was sent again: a newer state followed it, or somebody was first."),
    "limit": mark("Ten thousand were looked at, the most at once: send again for the rest."),
}
_NO_TIME: Final = mark("Say since when, in UTC.")
_NO_HOST: Final = mark("Say which host.")


def dead_letter_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get(_LETTERS, guards=[for_operators])
    async def letters(request: PageRequest) -> Response[Any]:
        """The list, the hosts with the most, and the form that sends again."""
        return await _list_page(parts, request)

    @post(f"{_LETTERS}/replay", guards=[for_operators], status_code=200)
    async def replay_host(request: PageRequest) -> Response[Any]:
        """Send again what a host did not take since a time."""
        return await _replay_host(parts, request, await read_form(request))

    @get(f"{_LETTERS}/{{space_id:int}}/{{callback:str}}", guards=[for_operators])
    async def letter(
        request: PageRequest, space_id: FromPath[int], callback: FromPath[str]
    ) -> Response[Any]:
        """One of them: what it says, and every attempt."""
        return await _letter_page(parts, request, await _find(parts, space_id, callback))

    @post(f"{_LETTERS}/{{space_id:int}}/{{callback:str}}", guards=[for_operators], status_code=200)
    async def replay(
        request: PageRequest, space_id: FromPath[int], callback: FromPath[str]
    ) -> Response[Any]:
        """Send one again."""
        is_owed = await _replay_one(parts, request, await _find(parts, space_id, callback))
        return lead_to(f"{OPERATE}{SECTION}", "replayed" if is_owed else "nothing")

    return [letters, replay_host, letter, replay]


async def _list_page(
    parts: ConsoleParts,
    request: PageRequest,
    form: Form | None = None,
    problems: Mapping[str, str] | None = None,
) -> Response[Any]:
    asked = asked_of(request, _ASKED)
    say = say_in(request.user.language)
    letters: list[DeadLetter] = []
    problem = ""
    async with parts.reports.acquire() as connection:
        try:
            letters = await list_dead(connection, _filter(asked), _PAGE + 1)
        except (ValueError, OverflowError):
            problem = say(mark("Write days as the calendar has them, like 2026-03-14."))
        hosts = await count_dead_hosts(connection)
    done = _DONE.get(request.query_params.get("done", ""), "")
    typed = {
        name: form.text(name) if form else asked.get(name, "")
        for name in ("host", "since", "account")
    }
    return operator_page(
        request,
        "operate/dead_letters.html",
        section=SECTION,
        status=422 if problems else 200,
        asked=asked,
        letters=letters[:_PAGE],
        older=letters[_PAGE - 1].id.hex() if len(letters) > _PAGE else None,
        hosts=hosts,
        problem=problem,
        problems={name: say(sentence) for name, sentence in (problems or {}).items()},
        typed=typed if form else {**typed, "since": ""},
        told=say(done) if done else "",
        event_words=EVENT_WORDS,
    )


async def _letter_page(
    parts: ConsoleParts, request: PageRequest, letter: DeadLetter
) -> Response[Any]:
    async with parts.reports.acquire() as connection:
        delivery = await find_delivery(connection, letter.space_id, letter.id)
        attempts = await read_attempts(connection, letter.space_id, letter.id)
        claims = [head_of(delivery.claim)] if delivery and letter.message_id is not None else []
        told = await parts.callback_bodies.read(connection, claims)
    return operator_page(
        request,
        "operate/dead_letter.html",
        section=SECTION,
        letter=letter,
        attempts=attempts,
        said=said_of(delivery, told.get(letter.id)) if delivery else None,
        event_words=EVENT_WORDS,
    )


def _filter(asked: Mapping[str, str]) -> DeadFilter:
    """The search that a form asks for; raises ValueError, OverflowError."""
    since = begin_of_day(asked["since"])
    if since is not None and since.year < _FIRST_YEAR:
        since = None
    return DeadFilter(
        account=asked["account"],
        host=asked["host"],
        reason=asked["reason"],
        since=since,
        before=parse_id(asked["before"]) if asked["before"] else None,
    )


def _moment(text: str) -> datetime | None:
    """A moment as a form writes it, in UTC; None for no moment that ids know."""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year >= _FIRST_YEAR else None


async def _replay_host(parts: ConsoleParts, request: PageRequest, form: Form) -> Response[Any]:
    """Send again what a form says, or the form again with what is wrong in it."""
    since = _moment(form.text("since"))
    host = form.text("host", _HOST_CHARACTERS_MAX).lower()
    problems = {} if host else {"replay-host": _NO_HOST}
    if since is None:
        problems["replay-since"] = _NO_TIME
    if since is None or problems:
        return await _list_page(parts, request, form, problems)
    try:
        replayed = await _replay(parts, request, host, since, form.text("account"))
    except AccountError as error:
        return await _list_page(parts, request, form, {"replay-account": str(error)})
    return lead_to(f"{OPERATE}{SECTION}", _word_of(replayed))


def _word_of(replayed: Replayed) -> str:
    """What is said of it: where more was found than is taken at once, that there is more."""
    if replayed.is_cut:
        return "limit"
    return "replayed" if replayed.owed_count else "nothing"


async def _replay(
    parts: ConsoleParts, request: PageRequest, host: str, since: datetime, email: str
) -> Replayed:
    """Owe a host again what it did not take. Raises AccountError."""
    now = parts.clock.now()
    async with parts.database.transaction() as connection:
        account: Account | None = None
        if email:
            account = await find_account(connection, Email.parse(email))
        replayed = await replay_dead_host(
            connection, host, since, account.email if account else None, now
        )
        if count := replayed.owed_count:
            details = {"host": host, "since": since.isoformat(), "count": count}
            await record(connection, actor_of(request), "callback.replay", account, details, now)
    return replayed


async def _replay_one(parts: ConsoleParts, request: PageRequest, letter: DeadLetter) -> bool:
    """Owe one again; whether it is."""
    now = parts.clock.now()
    async with parts.database.transaction() as connection:
        owed = await replay_ids(connection, [(letter.space_id, letter.id)], now)
        if owed:
            details = {"callback": letter.id.hex(), "host": letter.host}
            subject = await _space_of(connection, letter, now)
            await record(connection, actor_of(request), "callback.replay", subject, details, now)
    return bool(owed)


async def _find(parts: ConsoleParts, space_id: int, callback: str) -> DeadLetter:
    callback_id = parse_id(callback)
    if callback_id is not None and space_id <= _NUMBER_MAX:
        async with parts.reports.acquire() as connection:
            found = await find_dead(connection, space_id, callback_id)
        if found is not None:
            return found
    raise NotFoundException("there is no such dead letter, or it is owed again")


async def _space_of(connection: Connection, letter: DeadLetter, now: datetime) -> Space | None:
    account = await read_account(connection, letter.account_id)
    assert account is not None, "a callback belongs to an account"
    spaces = (await read_spaces(connection, account, now)).values()
    return next((one.space for one in spaces if one.space.space_id == letter.space_id), None)
