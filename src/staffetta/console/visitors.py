"""Who visits a page: found by the session's cookie, once a request.

Owns the cookies. A page is told its visitor as `request.user`; who may see it is said by guards.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Final

from litestar.datastructures import Cookie, Headers
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from staffetta.accounts.sessions import LIFETIME, NewSession, find_session
from staffetta.accounts.sign_in import SignedIn
from staffetta.console.forgery import form_token
from staffetta.console.languages import Language, choose_language
from staffetta.console.parts import ConsoleParts

_SESSION: Final = "staffetta_session"
_LANGUAGE: Final = "staffetta_language"
_LANGUAGE_SECONDS: Final = 365 * 24 * 3600
PATH: Final = "/console"
AGAIN: Final = "x-again"  # a header of what a page asks for by itself: nobody need be there
IS_STATIC: Final = "is_static"  # marks the routes of static files


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever asks for a page."""

    language: Language
    person: SignedIn | None = None  # None: nobody has signed in
    session_id: str = field(default="", repr=False)

    @property
    def form_token(self) -> str:
        """What forms of this visitor's pages hold; "" before signing in."""
        return form_token(self.session_id) if self.session_id else ""


class Visits(ASGIMiddleware):
    """Finds out who visits. Static files are for anybody: nobody is looked up for them."""

    exclude_opt_key = IS_STATIC

    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Put the visitor into the scope, and go on."""
        headers = Headers.from_scope(scope)
        visitor = stranger(headers)
        session_id = read_cookies(headers.get("cookie", "")).get(_SESSION, "")
        is_seen = AGAIN not in headers
        person = await self._find(session_id, is_seen=is_seen) if session_id else None
        if person is not None:
            visitor = Visitor(visitor.language, person, session_id)
        scope["user"] = visitor
        await next_app(scope, receive, send)

    async def _find(self, session_id: str, *, is_seen: bool) -> SignedIn | None:
        async with self._parts.database.acquire() as connection:
            return await find_session(
                connection, session_id, self._parts.clock.now(), is_seen=is_seen
            )


def stranger(headers: Headers) -> Visitor:
    """Somebody of whom nothing is known but the language."""
    chosen = read_cookies(headers.get("cookie", "")).get(_LANGUAGE)
    return Visitor(choose_language(chosen, headers.get("accept-language", "")))


def read_cookies(header: str) -> Mapping[str, str]:
    """The cookies of a request; none when they cannot be read."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}


def is_secure(scope: Scope) -> bool:
    """Whether a request came by HTTPS: then its cookies go no other way."""
    return bool(scope["scheme"] == "https")


def address_of(scope: Scope) -> str:
    """Where a request came from."""
    client = scope["client"]
    return client[0] if client else "127.0.0.1"


def session_cookie(session: NewSession, *, is_secure: bool) -> Cookie:
    """What keeps somebody signed in."""
    return Cookie(
        _SESSION,
        path=PATH,
        value=session.session_id,
        max_age=int(LIFETIME.total_seconds()),
        secure=is_secure,
        httponly=True,
        samesite="lax",
    )


def no_session_cookie(*, is_secure: bool) -> Cookie:
    """What signs somebody out in this browser."""
    return Cookie(
        _SESSION, path=PATH, value="", max_age=0, secure=is_secure, httponly=True, samesite="lax"
    )


def language_cookie(language: Language, *, is_secure: bool) -> Cookie:
    """What keeps a chosen language."""
    return Cookie(
        _LANGUAGE,
        path=PATH,
        value=language.value,
        max_age=_LANGUAGE_SECONDS,
        secure=is_secure,
        httponly=True,
        samesite="lax",
    )
