"""The ASGI application of one process: doors in front, one room a service behind them.

The API's rooms are tables of raw functions (see `paths`); the server's own pages are Litestar's.
Running it (sockets, TLS, processes) is `app`'s.
"""

from typing import Any, Final, cast

from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import ASGIRouteHandler
from litestar.types import ASGIApp as LitestarApp
from litestar.types import Receive as LitestarReceive
from litestar.types import Scope as LitestarScope
from litestar.types import Send as LitestarSend

from staffetta.api.asgi import Answer, AsgiApp, Receive, Scope, Send
from staffetta.api.context import ApiContext
from staffetta.api.doors import Doors, Room
from staffetta.api.faults import answer_fault
from staffetta.api.oauth.v1.room import oauth_v1_room
from staffetta.api.oauth.v2.room import oauth_v2_room
from staffetta.api.own import own_pages
from staffetta.api.paths import Paths
from staffetta.api.refusals import BAD_REQUEST, NO_SUCH_PATH, refuse
from staffetta.api.v1.room import v1_room
from staffetta.api.v2.room import v2_room
from staffetta.domain.redaction import redact

_CONSOLE: Final = "/console"


def make_app(context: ApiContext, console: AsgiApp | None = None) -> AsgiApp:
    """The application of one process, with the console beside the server's own pages."""
    rooms: dict[Room | None, AsgiApp] = {room: Paths(room, {}) for room in Room}
    rooms[Room.V1] = v1_room(context)
    rooms[Room.V2] = v2_room(context)
    rooms[Room.OAUTH_V2] = oauth_v2_room(context)
    rooms[Room.OAUTH_V1] = oauth_v1_room(context)
    own = _own_pages(context)
    rooms[None] = own if console is None else _Beside(own, console)
    return Doors(rooms, context.settings.names)


class _Beside:
    """The server's own pages, and the console's."""

    def __init__(self, own: AsgiApp, console: AsgiApp) -> None:
        self._own = own
        self._console = console

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show a request in."""
        path = scope.get("path", "")
        is_console = path == _CONSOLE or path.startswith(f"{_CONSOLE}/")
        await (self._console if is_console else self._own)(scope, receive, send)


def _own_pages(context: ApiContext) -> AsgiApp:
    pages = Litestar(
        route_handlers=[_route(path, cast("Any", page)) for path, page in own_pages(context)],
        exception_handlers={HTTPException: _refuse_routing, Exception: _answer_fault},
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    return cast("AsgiApp", pages)  # Litestar spells out the events that our aliases leave open


def _route(path: str, serve: LitestarApp) -> ASGIRouteHandler:
    async def handle(scope: LitestarScope, receive: LitestarReceive, send: LitestarSend) -> None:
        await serve(scope, receive, send)

    return ASGIRouteHandler(path, name=path, copy_scope=False)(handle)


def _refuse_routing(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Litestar's own refusals: no such path, or a Host header that is not one."""
    if error.status_code == NO_SUCH_PATH.status:
        sentence = f"there is no page at {redact(request.scope['path'][:200])}"
        return _response(refuse(None, NO_SUCH_PATH, sentence))
    return _response(refuse(None, BAD_REQUEST, error.detail))


def _answer_fault(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    return _response(answer_fault(None, request.scope.get("path_template", ""), error))


def _response(answer: Answer) -> Response[bytes]:
    return Response(
        content=answer.body,
        status_code=answer.status,
        media_type=answer.content_type[1].decode(),
        headers={name.decode(): value.decode() for name, value in answer.headers},
    )
