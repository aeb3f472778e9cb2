"""Doors: which service and environment a request is for (contract section 1).

The Host header decides when it is one of the names in the settings, else the first segments of the
path. The path is rewritten to one internal form, `/v2/...`, so that the rooms behind know nothing
of hosts. Owns also what is the same at every door: final slashes, and HEAD on a base address.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from staffetta.api.asgi import Answer, AsgiApp, Receive, Scope, Send, send_answer
from staffetta.domain.environments import Environment

_STATE_KEY: Final = "door"
_PRESENT: Final = Answer(200, b"")


class Room(StrEnum):
    """The services. A value is the path prefix that leads to it on any host."""

    V1 = "/v1"
    V2 = "/v2"
    OAUTH_V1 = "/oauth/v1"
    OAUTH_V2 = "/oauth/v2"


class Door(msgspec.Struct, frozen=True):
    """Where a request came in. No room: one of the server's own pages."""

    room: Room | None
    environment: Environment


Names = Mapping[str, Door]
"""Host names, lower case and without port, to the doors they open."""

_OWN: Final = Door(None, Environment.PRODUCTION)

PUBLISHED_NAMES: Final[Names] = MappingProxyType(
    {
        "ws.messaggisms.com": Door(Room.V1, Environment.PRODUCTION),
        "test.ws.messaggisms.com": Door(Room.V1, Environment.SANDBOX),
        "sms.openapi.com": Door(Room.V2, Environment.PRODUCTION),
        "test.sms.openapi.com": Door(Room.V2, Environment.SANDBOX),
        "oauth.openapi.it": Door(Room.OAUTH_V1, Environment.PRODUCTION),
        "test.oauth.openapi.it": Door(Room.OAUTH_V1, Environment.SANDBOX),
        "oauth.altravia.com": Door(Room.OAUTH_V1, Environment.PRODUCTION),
        "test.oauth.altravia.com": Door(Room.OAUTH_V1, Environment.SANDBOX),
        "oauth.openapi.com": Door(Room.OAUTH_V2, Environment.PRODUCTION),
        "test.oauth.openapi.com": Door(Room.OAUTH_V2, Environment.SANDBOX),
    }
)

_PREFIXED: Final = re.compile(
    rf"(/sandbox)?({'|'.join(re.escape(room) for room in Room)})(?=/|$)(.*)", re.DOTALL
)
_BY_PREFIX: Final = {
    (sandbox, room.value): Door(room, environment)
    for room in Room
    for sandbox, environment in ((None, Environment.PRODUCTION), ("/sandbox", Environment.SANDBOX))
}


def find_door(names: Names, host: str, path: str) -> tuple[Door, str]:
    """The door, and the path as the rooms know it: with the room's prefix, no final slash."""
    if (door := names.get(host_name(host))) is not None and door.room is not None:
        return door, door.room + path.rstrip("/")
    if (match := _PREFIXED.match(path)) is not None:
        sandbox, prefix, rest = match.groups()
        return _BY_PREFIX[sandbox, prefix], prefix + rest.rstrip("/")
    return _OWN, path.rstrip("/") or "/"


def host_name(host: str) -> str:
    """The name in a Host header: lower case, without its port and the root's dot."""
    name, colon, port = host.rpartition(":")
    return (name if colon and (port.isdigit() or not port) else host).rstrip(".").lower()


def door_of(scope: Scope) -> Door:
    """The door that a request came in by."""
    door: Door = scope["state"][_STATE_KEY]
    return door


class Doors:
    """The outermost layer: shows each request to its room."""

    def __init__(self, rooms: Mapping[Room | None, AsgiApp], names: Names) -> None:
        self._rooms = rooms  # under None, the server's own pages
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show one request in. What is not HTTP (start, stop, WebSockets) is the own pages'."""
        if scope["type"] != "http":
            await self._rooms[None](scope, receive, send)
            return
        door, path = find_door(self._names, _host(scope), scope["path"])
        # Clients probe a base address with HEAD (contract section 3).
        if scope["method"] == "HEAD" and path == (door.room or "/"):
            await send_answer(send, _PRESENT)
            return
        scope.setdefault("state", {})[_STATE_KEY] = door
        scope["path"] = path
        scope["raw_path"] = path.encode("utf-8", "surrogateescape")
        await self._rooms[door.room](scope, receive, send)


def _host(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"host":
            return str(value, "latin-1")
    return ""
