"""A fast receiver of callbacks: reads requests, answers 200, looks at nothing.

Run as `python -m bench.fast_receiver`: prints its port, and ends with its standard input.
"""

import asyncio
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import uvloop

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


@asynccontextmanager
async def running_receiver() -> AsyncIterator[int]:
    """The port of a receiver, a process of its own, for the length of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.fast_receiver", stdin=PIPE, stdout=PIPE
    )
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline())
    finally:
        process.kill()
        await process.wait()


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Receiver, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(_serve())
