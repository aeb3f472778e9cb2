"""Who a request is from, behind reverse proxies that are trusted, and by which scheme it came.

Owns when X-Forwarded-For and X-Forwarded-Proto count: from the addresses in the settings, and from
nobody else. The client is the address furthest right that is no trusted proxy's. The Host header
passes as it is, whoever sends it.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Any, cast

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from staffetta.api.asgi import AsgiApp, Receive, Scope, Send
from staffetta.domain.ip_addresses import read_address


def behind_proxies(app: AsgiApp, trusted: Sequence[IPv4Network | IPv6Network]) -> AsgiApp:
    """The application with its clients told by these proxies; itself when there are none."""
    if not trusted:
        return app
    told = cast("AsgiApp", ProxyHeadersMiddleware(cast("Any", app), [str(one) for one in trusted]))

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if (client := scope.get("client")) is not None:
            scope["client"] = (plain_address(client[0]), client[1])
        await told(scope, receive, send)

    return serve


def plain_address(host: str) -> str:
    """An address as its network writes it: a socket of both families shows IPv4 inside IPv6."""
    address = read_address(host)
    return str(address) if isinstance(address, IPv4Address) else host
