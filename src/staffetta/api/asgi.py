"""The words of ASGI as this package types them, and the answers it sends.

Owns: how an answer goes out. An answer is bytes made once; nothing is negotiated or re-encoded.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, Self

import msgspec

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

Header = tuple[bytes, bytes]
_NO_CONTENT: Final = frozenset({204, 304})
_JSON: Final[Header] = (b"content-type", b"application/json")


class Refused(msgspec.Struct, frozen=True):
    """What a refusal says, for those who count and list them."""

    error: float  # the number in the body
    sentence: str


class Spent(msgspec.Struct, frozen=True):
    """What a request took, for those who count it."""

    wallet_micro: int  # charged, or held until a carrier accepts
    covered_count: int  # segments that bundles pay for


class Answer(msgspec.Struct, frozen=True):
    """A whole response. `headers` come beside Content-Type and Content-Length."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = ()
    content_type: Header = _JSON
    refused: Refused | None = None
    spent: Spent | None = None

    def with_headers(self, headers: tuple[Header, ...]) -> Self:
        """The same answer with more headers."""
        return msgspec.structs.replace(self, headers=self.headers + headers)


def json_answer(status: int, value: object, headers: tuple[Header, ...] = ()) -> Answer:
    """An answer of one JSON value."""
    return Answer(status, msgspec.json.encode(value), headers)


async def send_answer(send: Send, answer: Answer) -> None:
    """Send an answer whole."""
    length = (b"content-length", b"%d" % len(answer.body))
    # These have no content, and say nothing of it (RFC 9110, section 8.6).
    content = () if answer.status in _NO_CONTENT else (answer.content_type, length)
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [*content, *answer.headers],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})
