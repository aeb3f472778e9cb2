"""The server's own address, as a visitor's browser knows it."""

from staffetta.console.rendering import PageRequest
from staffetta.domain.hosts import host_asked_for


def own_host(request: PageRequest) -> str:
    """The name and port that a request came to."""
    return host_asked_for(request.headers.get("host", ""), request.scope.get("server"))


def own_address(request: PageRequest) -> str:
    """The server's address, without a path."""
    return f"{request.scope['scheme']}://{own_host(request)}"
