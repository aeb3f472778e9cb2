"""A receiver of callbacks, played by the test: a real HTTP server that answers as it is told."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

Answer = Callable[["Received"], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    peer_port: int
    request: web.Request = field(repr=False)

    @property
    def message(self) -> dict[str, Any]:
        message: dict[str, Any] = msgspec.json.decode(self.body)
        return message


async def _well(_received: Received) -> web.StreamResponse:
    return web.Response(text="thanks")


@dataclass
class Receiver:
    """Where it listens, what came, and how it answers."""

    port: int
    received: list[Received] = field(default_factory=list)
    answer: Answer = _well
    came: asyncio.Condition = field(default_factory=asyncio.Condition)
    scheme: str = "http"

    def url(self, path: str = "/sms", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    @property
    def states(self) -> list[str]:
        return [one.message["state"] for one in self.received]

    def answers(self, status: int, text: str = "", **headers: str) -> None:
        """Answer with a status from now on."""

        async def answer(_received: Received) -> web.StreamResponse:
            return web.Response(status=status, text=text, headers=headers)

        self.answer = answer

    async def wait_for(self, count: int) -> None:
        """Wait until so many requests have come."""
        async with asyncio.timeout(60), self.came:
            await self.came.wait_for(lambda: len(self.received) >= count)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        assert request.transport is not None
        received = Received(
            path=request.path_qs,
            headers=dict(request.headers),
            body=body,
            peer_port=request.transport.get_extra_info("peername")[1],
            request=request,
        )
        async with self.came:
            self.received.append(received)
            self.came.notify_all()
        return await self.answer(received)


@asynccontextmanager
async def receiving(
    host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """A receiver on a free port of loopback."""
    listening = socket.create_server((host, 0), family=socket.AF_INET)
    receiver = Receiver(listening.getsockname()[1], scheme="https" if tls else "http")
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", receiver.handle)
    runner = web.AppRunner(application, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    await web.SockSite(runner, listening, ssl_context=tls).start()
    try:
        yield receiver
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_receiving(
    play: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """A listener that plays what no HTTP server would; answers its port."""
    running: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            await play(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            running.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """One request from a stream: its head, and as much body as it says."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length:")
    )
    return head + await reader.readexactly(length)
