"""The console's application, which no address can fill.

The framework remembers a thousand addresses, and what their queries say, of any length. Addresses
longer than any of ours are answered before it sees them.
"""

from typing import Final

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Scope, Send

# A search with a number's every field, and a page to lead back to, is far shorter.
ADDRESS_CHARACTERS_MAX: Final = 8 << 10
_START: Final[HTTPResponseStartEvent] = {
    "type": "http.response.start",
    "status": 414,
    "headers": [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")],
}
_BODY: Final[HTTPResponseBodyEvent] = {
    "type": "http.response.body",
    "body": b"This address is longer than any page's.\n",
    "more_body": False,
}


class ConsoleApplication(Litestar):
    """A Litestar that takes addresses of limited length."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        """Answer a request; one whose address is too long gets 414."""
        if scope["type"] == ScopeType.HTTP:
            length = len(scope["path"]) + len(scope["query_string"])
            if length > ADDRESS_CHARACTERS_MAX:
                await send(_START)
                await send(_BODY)
                return
        await super().__call__(scope, receive, send)
