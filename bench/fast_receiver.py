"""A fast receiver of callbacks: reads requests, answers 200, looks at nothing.

Run as `python -m bench.fast_receiver`: prints its port, and ends with its standard input.
"""

import asyncio
import re
from typing import cast

import uvloop

from bench.peer_processes import serve

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class _Receiver(asyncio.Protocol):
    def __init__(self) -> None:
        self._pending = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        self._pending += data
        while (end := self._pending.find(b"\r\n\r\n")) >= 0:
            found = _LENGTH.search(self._pending, 0, end)
            length = end + 4 + (int(found[1]) if found else 0)
            if len(self._pending) < length:
                return
            self._pending = self._pending[length:]
            self._transport.write(_ANSWER)


if __name__ == "__main__":
    uvloop.run(serve(_Receiver))
