"""Where a request came from, as it is compared, counted and told.

A trusted proxy is dealt with before: what stands in the scope is the client's own address.
"""

from functools import lru_cache
from typing import Final

from staffetta.api.asgi import Scope
from staffetta.domain.ip_addresses import read_address

UNKNOWN: Final = "0.0.0.0"  # noqa: S104 (no address to bind to: it stands for none)


def client_address(scope: Scope) -> str:
    """The address in its usual form; 0.0.0.0 when the server does not know it."""
    client = scope.get("client")
    return UNKNOWN if client is None else _usual(client[0])


@lru_cache(maxsize=10_000)
def _usual(text: str) -> str:
    address = read_address(text)
    return UNKNOWN if address is None else str(address)
