"""Receivers that behave badly, and addresses that may not be reached."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import ResolveResult
from certificate import make_certificate
from delivery import LOOPBACK
from played_names import Names, SlowNames
from receiver import Received, Receiver, raw_receiving, read_request, receiving

from staffetta.callbacks.addresses import AllowedNetworks
from staffetta.callbacks.http_client import ANSWER_BYTES_MAX, HttpClient, Patience
from staffetta.callbacks.letters import Request
from staffetta.callbacks.outcomes import ANSWER_CHARACTERS_MAX, Answered, NoAnswer, Outcome

_NONE = AllowedNetworks()
_LONG = Patience(total_seconds=60.0, connect_seconds=60.0)


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    async with HttpClient(LOOPBACK) as one:
        yield one


def _request(url: str, body: bytes = b"{}") -> Request:
    return Request(url, {"Content-Type": "application/json"}, body)


async def _send(
    url: str,
    networks: AllowedNetworks,
    names: Names | None = None,
    patience: Patience = _LONG,
) -> Outcome:
    async with HttpClient(networks, patience, resolver=names) as client:
        return await client.send(_request(url))


async def test_an_answer_has_its_status_and_its_beginning(
    client: HttpClient, receiver: Receiver
) -> None:
    receiver.answers(202, "noted", **{"Retry-After": "7"})

    assert await client.send(_request(receiver.url())) == Answered(202, "7", "noted")


async def test_a_connection_is_kept_for_the_next_request(
    client: HttpClient, receiver: Receiver
) -> None:
    for _ in range(3):
        await client.send(_request(receiver.url()))

    assert len({one.peer_port for one in receiver.received}) == 1


async def test_a_receiver_that_never_answers_is_given_up() -> None:
    async def play(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await asyncio.Event().wait()

    patience = Patience(total_seconds=0.3)
    async with raw_receiving(play) as port:
        outcome = await _send(f"http://127.0.0.1:{port}/", LOOPBACK, patience=patience)

    assert outcome == NoAnswer("no answer within 0.3 s")


async def test_a_host_that_does_not_listen_is_no_answer(client: HttpClient) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and nobody else can listen there
        outcome = await client.send(_request(f"http://127.0.0.1:{bound.getsockname()[1]}/"))

    assert isinstance(outcome, NoAnswer)
    assert "no connection" in outcome.reason


async def test_a_connection_closed_at_once_is_no_answer(client: HttpClient) -> None:
    calls = 0

    async def play(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        await read_request(reader)

    async with raw_receiving(play) as port:
        outcome = await client.send(_request(f"http://127.0.0.1:{port}/"))

    assert outcome == NoAnswer("the connection was closed before an answer came")
    assert calls == 1


async def test_a_connection_that_was_kept_and_is_closed_costs_no_attempt(
    client: HttpClient,
) -> None:
    connections = 0

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        await read_request(reader)  # and closes, in the face of the second one

    async with raw_receiving(play) as port:
        first = await client.send(_request(f"http://127.0.0.1:{port}/"))
        second = await client.send(_request(f"http://127.0.0.1:{port}/"))

    assert (first, second) == (Answered(200, None, ""), Answered(200, None, ""))
    assert connections == 2


async def test_an_answer_that_breaks_off_still_has_its_status(client: HttpClient) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await writer.drain()

    async with raw_receiving(play) as port:
        outcome = await client.send(_request(f"http://127.0.0.1:{port}/"))

    assert isinstance(outcome, Answered)
    assert outcome.status == 200


async def test_what_is_not_http_is_no_answer(client: HttpClient) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        await writer.drain()

    async with raw_receiving(play) as port:
        outcome = await client.send(_request(f"http://127.0.0.1:{port}/"))

    assert isinstance(outcome, NoAnswer)
    assert "not HTTP" in outcome.reason


async def test_a_head_without_end_is_no_answer(client: HttpClient) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-Filler: " + b"x" * 4000 + b"\r\n")
            await writer.drain()

    async with raw_receiving(play) as port, asyncio.timeout(20):
        outcome = await client.send(_request(f"http://127.0.0.1:{port}/"))

    assert isinstance(outcome, NoAnswer)


async def test_only_the_beginning_of_a_huge_answer_is_read(
    client: HttpClient, receiver: Receiver
) -> None:
    sent = 0

    async def endless(received: Received) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(received.request)
        while sent < 100_000_000:
            await response.write(b"x" * 65_536)
            sent += 65_536
        return response

    receiver.answer = endless

    outcome = await client.send(_request(receiver.url()))

    assert outcome == Answered(200, None, "x" * ANSWER_CHARACTERS_MAX)
    assert ANSWER_BYTES_MAX < 65_536
    assert sent < 50_000_000  # what fits into the kernel's buffers


async def test_a_dribbled_answer_holds_nothing_up() -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n..")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with raw_receiving(play) as port:
        url, patience = f"http://127.0.0.1:{port}/", Patience(body_seconds=0.1)
        outcome = await _send(url, LOOPBACK, patience=patience)

    assert isinstance(outcome, Answered)
    assert outcome.status == 200
    assert outcome.text.startswith("..")


async def test_a_body_that_outlasts_the_time_for_an_answer_does_not_undo_its_status() -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nthan")
        await asyncio.Event().wait()

    patience = Patience(total_seconds=3.0, connect_seconds=3.0, body_seconds=3.2)
    async with raw_receiving(play) as port, HttpClient(LOOPBACK, patience) as client:
        outcome = await client.send(_request(f"http://127.0.0.1:{port}/"))

    assert outcome == Answered(200, None, "than")


async def test_a_redirect_is_not_followed(client: HttpClient, receiver: Receiver) -> None:
    async with receiving() as elsewhere:
        receiver.answers(302, Location=elsewhere.url())

        outcome = await client.send(_request(receiver.url()))

        assert outcome == Answered(302, None, "")
        assert elsewhere.received == []


async def test_cookies_are_not_kept(client: HttpClient, receiver: Receiver) -> None:
    receiver.answers(200, **{"Set-Cookie": "a=b; Domain=127.0.0.1; Path=/"})

    await client.send(_request(receiver.url()))
    await client.send(_request(receiver.url()))

    assert "Cookie" not in receiver.received[1].headers


async def test_a_proxy_of_the_environment_is_not_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert isinstance(await _send(receiver.url(), LOOPBACK), Answered)


# Addresses ----------------------------------------------------------------------------------------


def _is_refused(outcome: Outcome) -> bool:
    return isinstance(outcome, NoAnswer) and "STAFFETTA_CALLBACKS_ALLOW_NETWORKS" in outcome.reason


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost"])
async def test_an_address_that_is_not_public_is_refused_when_it_is_connected_to(
    receiver: Receiver, host: str
) -> None:
    outcome = await _send(receiver.url(host=host), _NONE)

    assert _is_refused(outcome)
    assert receiver.received == []


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f.1", "0x7f000001", "127.1", "017700000001", "127.0.0.1."]
)
async def test_an_odd_way_to_write_loopback_reaches_nothing(receiver: Receiver, host: str) -> None:
    brief = Patience(connect_seconds=0.2)  # a name server may be asked, and never answer
    assert isinstance(await _send(receiver.url(host=host), _NONE, patience=brief), NoAnswer)
    assert receiver.received == []


async def test_a_name_is_refused_by_the_address_it_leads_to(receiver: Receiver) -> None:
    names = Names("127.0.0.1")

    assert _is_refused(await _send(receiver.url(host="innocent.example"), _NONE, names))
    assert names.asked == 1
    assert receiver.received == []


async def test_a_name_of_the_hosts_file_is_reached_where_it_is_allowed(receiver: Receiver) -> None:
    assert isinstance(await _send(receiver.url(host="localhost"), LOOPBACK), Answered)


async def test_a_name_that_changes_its_mind_leads_nowhere(receiver: Receiver) -> None:
    """Between the look-up of a check and that of the connection lies no gap: there is only one."""
    names = Names("127.0.0.9", "127.0.0.1", "127.0.0.1")
    allowed = AllowedNetworks.parse("127.0.0.9/32")
    async with HttpClient(allowed, resolver=names) as client:
        outcomes = [
            # Another port is another look-up: nothing remembers the first.
            await client.send(_request(f"http://rebound.example:{port}/"))
            for port in (9, receiver.port)
        ]

    assert isinstance(outcomes[0], NoAnswer)
    assert _is_refused(outcomes[1])
    assert names.asked == 2
    assert receiver.received == []


async def test_of_several_addresses_only_the_allowed_are_tried(receiver: Receiver) -> None:
    names = Names("10.0.0.1 ::1 127.0.0.1")
    allowed = AllowedNetworks.parse("127.0.0.1/32")

    outcome = await _send(receiver.url(host="mixed.example"), allowed, names)

    assert isinstance(outcome, Answered)


async def test_a_name_that_nobody_knows_is_no_answer() -> None:
    class Nobody(Names):
        async def resolve(self, *_: object, **__: object) -> list[ResolveResult]:
            raise OSError(None, "Domain name not found")

    outcome = await _send("http://nobody.example/", LOOPBACK, Nobody(""))

    assert isinstance(outcome, NoAnswer)
    assert outcome.reason == "the name was not found: [Errno None] Domain name not found"


def _slow_sends(client: HttpClient) -> list[asyncio.Task[Outcome]]:
    return [
        asyncio.create_task(client.send(_request(f"http://slow{number}.example/")))
        for number in range(50)
    ]


async def test_a_slow_name_server_holds_up_nobody_else(receiver: Receiver) -> None:
    async with HttpClient(LOOPBACK, _LONG, resolver=SlowNames("127.0.0.1")) as client:
        slow = _slow_sends(client)
        outcome = await client.send(_request(receiver.url(host="quick.example")))
        assert isinstance(outcome, Answered)
        assert not any(task.done() for task in slow)
        for task in slow:
            task.cancel()
        await asyncio.wait(slow)


async def test_a_name_server_that_never_answers_is_given_up() -> None:
    patience = Patience(connect_seconds=0.2)
    async with HttpClient(LOOPBACK, patience, resolver=SlowNames("127.0.0.1")) as client:
        outcomes = await asyncio.gather(*_slow_sends(client))
    assert set(outcomes) == {NoAnswer("no connection within 0.2 s")}


# TLS ----------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    return make_certificate(tmp_path, "receiver.example")


async def test_a_certificate_is_verified(certificate: tuple[Path, Path]) -> None:
    async with receiving(tls=_server_tls(certificate)) as receiver:
        outcome = await _send(receiver.url(host="receiver.example"), LOOPBACK, Names("127.0.0.1"))

        assert isinstance(outcome, NoAnswer)
        assert "certificate is not valid" in outcome.reason
        assert receiver.received == []


@pytest.mark.parametrize(
    ("host", "is_well"), [("receiver.example", True), ("other.example", False)]
)
async def test_a_certificate_must_be_of_the_name(
    certificate: tuple[Path, Path], host: str, *, is_well: bool
) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    async with (
        receiving(tls=_server_tls(certificate)) as receiver,
        HttpClient(LOOPBACK, resolver=Names("127.0.0.1"), tls=trusting) as client,
    ):
        outcome = await client.send(_request(receiver.url(host=host)))

    assert isinstance(outcome, Answered) is is_well


def _server_tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context
