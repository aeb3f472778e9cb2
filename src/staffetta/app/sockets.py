"""Listening sockets: opened once by whoever supervises, inherited by those who answer.

A socket that its supervisor holds open refuses nobody while a process that answered on it is being
replaced: connections wait in its queue.
"""

import errno
import socket
from collections.abc import Collection
from typing import Final

from staffetta.app.roles import Role, Sockets
from staffetta.config import Settings

LOOPBACK: Final = "127.0.0.1"


class AddressInUseError(Exception):
    """Somebody else listens there, or we may not; the text says where and what helps."""


def bind(host: str, port: int, setting: str) -> socket.socket:
    """A bound TCP socket that does not listen yet: who answers on it makes it listen.

    `setting` names what to change, for the message of AddressInUseError.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressInUseError(
            f"cannot listen on {host}: {error.strerror}; set STAFFETTA_HOST to an address of this "
            "machine, e.g. 127.0.0.1"
        ) from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        reason = _reason(error)
        raise AddressInUseError(
            f"cannot listen on {host} port {port}: {reason}; choose another with {setting}, "
            f"e.g. {setting}={port + 1 if 1024 <= port < 65535 else 8080}"
        ) from error
    return bound


def _reason(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return "another program listens there"
        case errno.EACCES:
            return "this user may not use ports below 1024"
        case _:
            return error.strerror or str(error)


def wanted(settings: Settings, roles: Collection[Role]) -> dict[str, socket.socket]:
    """The bound sockets that `roles` answer on, by name: http, https, network.

    Raises AddressInUseError, and then none is open.
    """
    places = []
    if Role.API in roles:
        places.append(("http", settings.host, settings.port, "STAFFETTA_PORT"))
        if settings.tls_cert is not None:
            places.append(("https", settings.host, settings.tls_port, "STAFFETTA_TLS_PORT"))
    if Role.NETWORK in roles:
        places.append(("network", LOOPBACK, settings.network_port, "STAFFETTA_NETWORK_PORT"))
    opened: dict[str, socket.socket] = {}
    try:
        for name, host, port, setting in places:
            opened[name] = bind(host, port, setting)
    except AddressInUseError:
        for bound in opened.values():
            bound.close()
        raise
    return opened


def open_sockets(settings: Settings, roles: Collection[Role]) -> Sockets:
    """What `wanted` opens, for a process that answers on them itself."""
    opened = wanted(settings, roles)
    return Sockets(
        http=opened.get("http"), https=opened.get("https"), network=opened.get("network")
    )


def inherited(descriptor: int) -> socket.socket:
    """The socket that a parent left us under this number."""
    found = socket.socket(fileno=descriptor)
    found.setblocking(False)
    found.set_inheritable(False)
    return found


def port_of(listening: socket.socket) -> int:
    """The port, which the system chose when 0 was asked for."""
    port: int = listening.getsockname()[1]
    return port
