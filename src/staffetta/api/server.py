"""The ASGI application: doors in front, Litestar behind them, one room a service.

Owns: how paths find their functions, and the last resort for what no function caught. Running it
(sockets, TLS, processes) is `app`'s.
"""

import secrets
from collections.abc import Mapping
from typing import Any, cast

import structlog
from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import ASGIRouteHandler
from litestar.types import ASGIApp as LitestarApp
from litestar.types import Receive as LitestarReceive
from litestar.types import Scope as LitestarScope
from litestar.types import Send as LitestarSend

from staffetta.api.asgi import Answer, AsgiApp, Scope
from staffetta.api.context import ApiContext
from staffetta.api.doors import Doors, Room, door_of
from staffetta.api.own import own_pages
from staffetta.api.refusals import BAD_REQUEST, FAULT, NO_SUCH_PATH, refuse
from staffetta.api.v2.room import v2_endpoints

_log = structlog.get_logger(__name__)


def make_app(context: ApiContext) -> AsgiApp:
    """The application of one process."""
    paths: dict[str, Any] = {
        **own_pages(context),
        **{path: endpoint.serve for path, endpoint in v2_endpoints(context).items()},
    }
    rooms = Litestar(
        route_handlers=_routes(paths),
        exception_handlers={HTTPException: _refuse_routing, Exception: _answer_fault},
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    # Litestar spells out the events that our aliases leave open.
    return Doors(cast("AsgiApp", rooms), context.settings.names)


def _routes(paths: Mapping[str, LitestarApp]) -> list[ASGIRouteHandler]:
    return [_route(path, serve) for path, serve in paths.items()]


def _route(path: str, serve: LitestarApp) -> ASGIRouteHandler:
    async def handle(scope: LitestarScope, receive: LitestarReceive, send: LitestarSend) -> None:
        await serve(scope, receive, send)

    return ASGIRouteHandler(path, name=path, copy_scope=False)(handle)


def _refuse_routing(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Litestar's own refusals: no such path, or a Host header that is not one."""
    room = _room_of(request)
    if error.status_code == NO_SUCH_PATH.status:
        sentence = f"there is no call at {request.scope['path'][:200]}"
        return _response(refuse(room, NO_SUCH_PATH, sentence))
    return _response(refuse(room, BAD_REQUEST, error.detail))


def _answer_fault(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """A bug: its trace goes to the log under an id, and the id to the caller."""
    fault_id = secrets.token_hex(8)
    _log.error(
        "request_failed",
        fault_id=fault_id,
        method=request.scope["method"],
        path=request.scope.get("path_template"),  # not the path: tokens can stand in it
        exc_info=error,
    )
    sentence = f"a fault on our side: it is in the log as {fault_id}"
    return _response(refuse(_room_of(request), FAULT, sentence))


def _room_of(request: Request[Any, Any, Any]) -> Room | None:
    return door_of(cast("Scope", request.scope)).room


def _response(answer: Answer) -> Response[bytes]:
    return Response(
        content=answer.body,
        status_code=answer.status,
        media_type=answer.content_type[1].decode(),
        headers={name.decode(): value.decode() for name, value in answer.headers},
    )
