"""Each answer goes out in one write, and nothing of it is ever kept back."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvicorn

from staffetta.app.http_protocol import JoiningTransport, OneWriteProtocol

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"


class RecordingTransport(asyncio.Transport):
    """Writes down what would be sent together."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.sent.append(bytes(data))

    def writelines(self, list_of_data: Iterable[bytes]) -> None:
        self.sent.append(b"".join(list_of_data))

    def close(self) -> None:
        self.sent.append(b"(closed)")


@pytest.fixture
async def recording() -> RecordingTransport:
    return RecordingTransport()


@pytest.fixture
async def joining(recording: RecordingTransport) -> JoiningTransport:
    return JoiningTransport(recording, asyncio.get_running_loop())


async def test_head_and_body_go_out_together(
    joining: JoiningTransport, recording: RecordingTransport
) -> None:
    joining.write(HEAD)
    joining.write(b"hello")
    assert recording.sent == [HEAD + b"hello"]


async def test_a_head_alone_goes_out_at_the_end_of_the_turn(
    joining: JoiningTransport, recording: RecordingTransport
) -> None:
    joining.write(HEAD)
    assert recording.sent == []
    await asyncio.sleep(0)
    assert recording.sent == [HEAD]


async def test_later_parts_of_a_body_are_not_held(
    joining: JoiningTransport, recording: RecordingTransport
) -> None:
    for part in (HEAD, b"he", b"llo"):
        joining.write(part)
    assert recording.sent == [HEAD + b"he", b"llo"]


async def test_closing_sends_what_is_held_first(
    joining: JoiningTransport, recording: RecordingTransport
) -> None:
    joining.write(HEAD)
    joining.close()
    await asyncio.sleep(0)
    assert recording.sent == [HEAD, b"(closed)"]


async def _app(scope, receive, send):
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"1")]})
    for part in (b"one ", b"two"):
        await send({"type": "http.response.body", "body": part, "more_body": True})
        await asyncio.sleep(0)
    await send({"type": "http.response.body"})


@asynccontextmanager
async def serving(app: Any = _app) -> AsyncIterator[int]:
    config = uvicorn.Config(
        app, port=0, http=OneWriteProtocol, lifespan="off", log_config=None, server_header=False
    )
    server = uvicorn.Server(config)
    server.config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        await server.shutdown()


@pytest.mark.parametrize(
    ("method", "body"),
    [("GET", b"4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n"), ("HEAD", b""), ("POST", None)],
)
async def test_real_answers_are_whole(method: str, body: bytes | None) -> None:
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        expects = b"Expect: 100-continue\r\nContent-Length: 2\r\n" if method == "POST" else b""
        writer.write(
            method.encode() + b" / HTTP/1.1\r\nHost: x\r\n" + expects + b"Connection: close\r\n\r\n"
        )
        if method == "POST":
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b"{}")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert rest == body or method == "POST"


async def _count_app(scope, receive, send):
    octets, more = 0, True
    while more:
        message = await receive()
        octets += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d\n" % octets})


@pytest.mark.parametrize(
    "begun",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ",
        b"GET /",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\nX: ",
    ],
)
async def test_a_head_without_an_end_is_refused(begun: bytes) -> None:
    async with serving(_count_app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        answer = b""
        with suppress(ConnectionError):
            for _ in range(100):
                writer.write(b"a" * 16_384)
                await writer.drain()
        with suppress(ConnectionError):
            answer = await reader.read()
        writer.close()
    assert answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 ")) or answer == b""


async def test_bodies_and_one_request_after_another_may_be_longer() -> None:
    async with serving(_count_app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = b"POST / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 8_000 + b"\r\n"
        for _ in range(12):
            writer.write(head + b"Content-Length: 200000\r\n\r\n" + b"b" * 200_000)
            answer = await reader.readuntil(b"0\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"200000\n" in answer
        writer.close()
        await writer.wait_closed()
