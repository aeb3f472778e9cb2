"""The server's own address, as a visitor's browser knows it.

A Host header is what somebody sent: it is shown in examples only where it looks like a host.
"""

import re
from typing import Final

from staffetta.console.rendering import PageRequest

_HOST: Final = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?",
    re.ASCII,
)
_UNKNOWN: Final = "localhost"


def own_host(request: PageRequest) -> str:
    """The name and port that a request came to."""
    host: str = request.headers.get("host", "")
    return host if _HOST.fullmatch(host) else _UNKNOWN


def own_address(request: PageRequest) -> str:
    """The server's address, without a path."""
    return f"{request.scope['scheme']}://{own_host(request)}"
