"""A person's own page: who it is, where it is signed in, its password, its language."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from staffetta.accounts.audit import record
from staffetta.accounts.change_person import change_own_password
from staffetta.accounts.email import Email
from staffetta.accounts.passwords import Password
from staffetta.accounts.people import Person, Role, list_people
from staffetta.accounts.people_errors import InvalidPassword, TooManyTries
from staffetta.accounts.read_account import read_account
from staffetta.accounts.sessions import (
    NewSession,
    create_session,
    end_named_session,
    list_sessions,
    sign_out_everywhere,
)
from staffetta.accounts.sign_in import SignedIn, check_password
from staffetta.console.acting import actor_of
from staffetta.console.browsers import browser_name
from staffetta.console.forms import CHARACTERS_MAX, Form, lead_to, read_form
from staffetta.console.guards import for_signed_in
from staffetta.console.languages import mark, say_in
from staffetta.console.navigation import links_for
from staffetta.console.parts import ConsoleParts
from staffetta.console.people_changes import HandedOver
from staffetta.console.rendering import PageRequest, page
from staffetta.console.visitors import (
    PATH,
    address_of,
    is_secure,
    no_session_cookie,
    session_cookie,
)
from staffetta.db.pool import Connection
from staffetta.domain.errors import NotAcceptingNow

ME: Final = f"{PATH}/me"
ROLE_WORDS: Final[Mapping[Role, str]] = MappingProxyType(
    {Role.OPERATOR: mark("operator"), Role.OWNER: mark("owner"), Role.MEMBER: mark("member")}
)
_SIGN_IN: Final = f"{PATH}/sign-in"
_CUT: Final = CHARACTERS_MAX + 1  # what is too long for a password can still be seen to be
_DONE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "password": mark("Your password is changed. Every other session of yours is over."),
        "session": mark("That session is over."),
        "role": mark("The role is changed."),
        "disabled": mark("This person is let in no more, and every session is over."),
        "enabled": mark("This person may sign in again, with the same password."),
        "removed": mark("This person is gone."),
    }
)
_NOTHING_TYPED: Final[Mapping[str, str]] = MappingProxyType({"email": "", "name": "", "role": ""})
_WRONG: Final = mark("This is not your password.")
_WAIT: Final = mark("Too many tries. Wait a little, then try again.")
_NOT_THE_SAME: Final = mark("The new password was typed in two ways.")
_NOT_GOOD: Final = mark(
    "A password has at least 12 characters, and is not the e-mail address. Nothing else is asked."
)


def me_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get("/me", guards=[for_signed_in])
    async def me(request: PageRequest) -> Response[Any]:
        """Who it is."""
        return await own_page(parts, request)

    @post("/me/password", guards=[for_signed_in], status_code=200)
    async def password(request: PageRequest) -> Response[Any]:
        """Change the password, and sign in anew with it: every session before it is over."""
        form = await read_form(request)
        problems, session = await _change_password(parts, request, form)
        if session is None:
            return await own_page(parts, request, status=422, problems=problems)
        answer = lead_to(ME, "password")
        answer.set_cookie(session_cookie(session, is_secure=is_secure(request.scope)))
        return answer

    @post("/me/sessions/end", guards=[for_signed_in], status_code=200)
    async def end_one(request: PageRequest) -> Response[Any]:
        """End one session; what has ended already has ended."""
        name = (await read_form(request)).text("session")
        async with parts.database.transaction() as connection:
            await end_named_session(connection, _person(request).person_id, _bytes_of(name))
        return lead_to(ME, "session")

    @post("/me/sign-out-everywhere", guards=[for_signed_in], status_code=200)
    async def end_all(request: PageRequest) -> Response[Any]:
        """End every session, this one too."""
        async with parts.database.transaction() as connection:
            await sign_out_everywhere(connection, _person(request).person_id)
        answer: Response[Any] = Redirect(_SIGN_IN, status_code=303)
        answer.set_cookie(no_session_cookie(is_secure=is_secure(request.scope)))
        return answer

    return [me, password, end_one, end_all]


async def own_page(
    parts: ConsoleParts,
    request: PageRequest,
    *,
    status: int = 200,
    problems: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    made: HandedOver | None = None,
) -> Response[Any]:
    """The page; `problems` are sentences by field, `made` somebody with a password to hand over."""
    person, language = _person(request), request.user.language
    say = say_in(language)
    async with parts.database.acquire() as connection:
        sessions = await list_sessions(connection, person.person_id, parts.clock.now())
        account, people = None, list[Person]()
        if person.account_id is not None:
            account = await read_account(connection, person.account_id)
            people = await list_people(connection, person.account_id)
    return page(
        request,
        "person/me.html",
        status=status,
        person=person,
        account=account,
        people=people,
        is_owner=person.role is Role.OWNER,
        links=links_for(person.role, None, "", say),
        roles=ROLE_WORDS,
        sessions=[
            (one, browser_name(one.user_agent), one.is_of(request.user.session_id))
            for one in sessions
        ],
        problems={name: say(sentence) for name, sentence in (problems or {}).items()},
        typed=typed or _NOTHING_TYPED,
        made=made,
        done=_DONE.get(request.query_params.get("done", ""), ""),
    )


async def _change_password(
    parts: ConsoleParts, request: PageRequest, form: Form
) -> tuple[Mapping[str, str], NewSession | None]:
    """What is wrong by field; or the session to go on in, when the password is another one now.

    The old one is tried as at the door, and counted there: a session that was left open helps
    nobody to guess it.
    """
    person = _person(request)
    old, new = (form.untouched(name, _CUT) for name in ("old", "new"))
    if new != form.untouched("again", _CUT):
        return {"again": _NOT_THE_SAME}, None
    # Read once: a session begins only with the very password that was set at this moment.
    now, address = parts.clock.now(), address_of(request.scope)
    session: NewSession | None = None

    async def go_on(connection: Connection) -> None:
        nonlocal session
        session = await _begin_anew(connection, request, now)

    try:
        wanted = Password.parse(new, Email.parse(person.email))
        proved = await check_password(
            parts.database, parts.passwords, person.email, old, address, now
        )
        if proved is None or not await change_own_password(
            parts.database, parts.passwords, person.person_id, old, wanted, now, go_on
        ):
            return {"old": _WRONG}, None
    except InvalidPassword:
        return {"new": _NOT_GOOD}, None
    except (TooManyTries, NotAcceptingNow):
        return {"old": _WAIT}, None
    return {}, session


async def _begin_anew(
    connection: Connection, request: PageRequest, now: datetime
) -> NewSession | None:
    """Note the change, and begin a session after it, in the transaction of the change."""
    person = _person(request)
    account = person.account_id and await read_account(connection, person.account_id)
    details = {"person": person.email, "role": person.role.value}
    await record(connection, actor_of(request), "person.password", account or None, details, now)
    return await create_session(
        connection,
        replace(person, password_at=now),
        address_of(request.scope),
        request.headers.get("user-agent", ""),
        now,
    )


def _person(request: PageRequest) -> SignedIn:
    person = request.user.person
    assert person is not None, "the guard has seen to it"
    return person


def _bytes_of(name: str) -> bytes:
    try:
        return bytes.fromhex(name)
    except ValueError:
        return b""
