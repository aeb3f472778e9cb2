"""Signing in and out, and the language of it all."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from staffetta.accounts.people_errors import TooManyTries
from staffetta.accounts.sessions import create_session, end_session
from staffetta.accounts.sign_in import check_password
from staffetta.console.forms import read_form
from staffetta.console.guards import for_signed_in
from staffetta.console.languages import Language
from staffetta.console.parts import ConsoleParts
from staffetta.console.rendering import PageRequest, page
from staffetta.console.visitors import (
    PATH,
    address_of,
    is_secure,
    language_cookie,
    no_session_cookie,
    session_cookie,
)
from staffetta.domain.errors import NotAcceptingNow

SIGN_IN: Final = f"{PATH}/sign-in"


def sign_in_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get("/sign-in", name="sign-in")
    async def ask(request: PageRequest) -> Response[Any]:
        """The form; whoever is signed in needs none."""
        if request.user.person is not None:
            return Redirect(PATH)
        return _form(request)

    @post("/sign-in", status_code=200)
    async def sign_in(request: PageRequest) -> Response[Any]:
        """Check who it is, and begin a session with an id of its own."""
        form = await read_form(request)
        email, password = form.untouched("email"), form.untouched("password")
        address = address_of(request.scope)
        now = parts.clock.now()
        try:
            signed_in = await check_password(
                parts.database, parts.passwords, email, password, address, now
            )
        except (TooManyTries, NotAcceptingNow):
            return _form(request, status=429, email=email, error="wait")
        session = None
        if signed_in is not None:
            agent = request.headers.get("user-agent", "")
            async with parts.database.transaction() as connection:
                session = await create_session(connection, signed_in, address, agent, now)
        if session is None:
            return _form(request, status=401, email=email, error="wrong")
        answer: Response[Any] = Redirect(_inside(form.untouched("next")), status_code=303)
        answer.set_cookie(session_cookie(session, is_secure=is_secure(request.scope)))
        return answer

    @post("/sign-out", guards=[for_signed_in], status_code=200)
    async def sign_out(request: PageRequest) -> Response[Any]:
        """End this session."""
        async with parts.database.transaction() as connection:
            await end_session(connection, request.user.session_id)
        answer: Response[Any] = Redirect(SIGN_IN, status_code=303)
        answer.set_cookie(no_session_cookie(is_secure=is_secure(request.scope)))
        return answer

    @get("/language/{language:str}")
    async def choose_language(request: PageRequest, language: FromPath[str]) -> Response[Any]:
        """Keep a language for this browser, and go back."""
        answer: Response[Any] = Redirect(_inside(request.query_params.get("next", "")))
        if language in set(Language):
            cookie = language_cookie(Language(language), is_secure=is_secure(request.scope))
            answer.set_cookie(cookie)
        return answer

    return [ask, sign_in, sign_out, choose_language]


def _form(
    request: PageRequest, *, status: int = 200, email: str = "", error: str = ""
) -> Response[Any]:
    wanted = _inside(request.query_params.get("next", ""))
    return page(
        request,
        "person/sign_in.html",
        status=status,
        email=email,
        error=error,
        wanted=wanted,
    )


def _inside(path: str) -> str:
    """A path of the console; its first page for any other, so that nobody is led elsewhere."""
    is_inside = path == PATH or (path.startswith(f"{PATH}/") and "\\" not in path)
    return path if is_inside and path.isprintable() else PATH
