"""uvicorn's HTTP protocol, with each answer in one write and a limit on a request's head.

uvicorn writes the head of an answer and its body apart, and uvloop sends each at once: two system
calls, two packets and a client that wakes twice, for a few hundred octets. And its parser gathers a
head for as long as one comes: a stranger could fill the memory with one that never ends. Owns
nothing but these two: what is written, and when an answer is over, is uvicorn's.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_STATUS_LINE = b"HTTP/1.1 "
HEAD_OCTETS_MAX = 64 * 1024  # of a request, and what came with its end
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%b"
)
_SENTENCE = b"The request line and the headers have at most %d octets.\n" % HEAD_OCTETS_MAX


class JoiningTransport(asyncio.Transport):
    """Holds the head of an answer until its body is written, in the same turn of the loop."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._head = b""

    def write(self, data: Any) -> None:
        """Write, or hold a head; one without a body goes out at the end of the turn."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.writelines((head, data))
        elif data.startswith(_STATUS_LINE):
            self._head = data
            self._loop.call_soon(self._let_go)
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Close, after what is held."""
        self._let_go()
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._head = b""
        self._transport.abort()

    def is_closing(self) -> bool:
        """Whether it closes or is closed."""
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        """Let the peer wait."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on reading."""
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What is known of the connection."""
        return self._transport.get_extra_info(name, default)

    def _let_go(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)


class OneWriteProtocol(HttpToolsProtocol):
    """For uvicorn's setting `http`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """A client connected."""
        super().connection_made(JoiningTransport(transport, self.loop))
        self._head_octets = 0
        self._is_in_head = True

    def data_received(self, data: bytes) -> None:
        """Something came; a head that is too long ends the connection (RFC 6585 section 5)."""
        super().data_received(data)
        if self._is_in_head:
            self._head_octets += len(data)
            if self._head_octets > HEAD_OCTETS_MAX and not self.transport.is_closing():
                self.transport.write(_TOO_LARGE % (len(_SENTENCE), _SENTENCE))
                self.transport.close()

    def on_message_begin(self) -> None:
        """Another request begins."""
        super().on_message_begin()
        self._head_octets = 0
        self._is_in_head = True

    def on_headers_complete(self) -> None:
        """The head is here."""
        self._is_in_head = False
        super().on_headers_complete()
