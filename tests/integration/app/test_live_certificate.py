"""HTTPS over real sockets: the newest certificate for new connections, none that is broken."""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from cryptography import x509

from staffetta.app.http_server import HttpServers
from staffetta.app.live_certificate import LiveCertificate
from staffetta.config.certificates import Made, make_development_certificate, parse_host

NAME = "sms.openapi.com"


def _make(directory: Path, *, renew: bool = False) -> Made:
    hosts = [parse_host(NAME), parse_host("127.0.0.1")]
    now = datetime.now(UTC)
    return make_development_certificate(directory, hosts, now, renew=renew, new_authority=False)


async def _serial(context: ssl.SSLContext, port: int, name: str | None) -> int:
    """The serial number of the certificate that a new connection is shown."""
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    await writer.wait_closed()
    return x509.load_der_x509_certificate(shown).serial_number


def _serial_in(made: Made) -> int:
    return x509.load_pem_x509_certificate(made.certificate.read_bytes()).serial_number


class Listening:
    """A TLS listener with a live certificate, and a client that trusts its authority alone."""

    def __init__(self, made: Made, live: LiveCertificate, port: int) -> None:
        self.made, self.live, self.port = made, live, port
        self.context = ssl.create_default_context(cafile=str(made.authority))

    async def serial(self, name: str | None = NAME) -> int:
        return await _serial(self.context, self.port, name)


@pytest.fixture
async def listening(tmp_path: Path) -> AsyncIterator[Listening]:
    made = _make(tmp_path)
    for path in (made.certificate, made.key):
        os.utime(path, (0, 0))  # so that whatever is written next is newer
    live = LiveCertificate(made.certificate, made.key)
    server = await asyncio.start_server(
        lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=live.front
    )
    async with server:
        yield Listening(made, live, server.sockets[0].getsockname()[1])


@pytest.mark.parametrize("name", [NAME, "127.0.0.1"], ids=["by name", "by address"])
async def test_new_connections_get_the_new_certificate(listening: Listening, name: str) -> None:
    before = _serial_in(listening.made)
    assert await listening.serial(name) == before
    after = _serial_in(_make(listening.made.key.parent, renew=True))
    assert await listening.serial(name) == before  # nobody looked yet
    await listening.live.refresh_once()
    assert await listening.serial(name) == after != before


async def test_a_client_that_names_no_host_gets_the_new_one_too(listening: Listening) -> None:
    listening.context.check_hostname = False
    after = _serial_in(_make(listening.made.key.parent, renew=True))
    await listening.live.refresh_once()
    assert await listening.serial(None) == after


async def test_a_certificate_whose_key_has_not_come_yet_waits_for_it(
    listening: Listening, tmp_path: Path
) -> None:
    before = _serial_in(listening.made)
    other = _make(tmp_path / "other")
    listening.made.certificate.write_bytes(other.certificate.read_bytes())
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            await listening.live.refresh_once()
    assert await listening.serial() == before
    assert [log["event"] for log in logs] == ["certificate_not_taken_up"]  # once

    other.key.replace(listening.made.key)
    with structlog.testing.capture_logs() as logs:
        await listening.live.refresh_once()
    assert [log["event"] for log in logs] == ["certificate_changed"]
    listening.context = ssl.create_default_context(cafile=str(other.authority))
    assert await listening.serial() == _serial_in(other)


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----\nhalf", b"\0" * 100])
async def test_half_a_file_changes_nothing(listening: Listening, content: bytes) -> None:
    before = _serial_in(listening.made)
    whole = listening.made.certificate.read_bytes()
    listening.made.certificate.write_bytes(content)
    await listening.live.refresh_once()
    assert await listening.serial() == before
    listening.made.certificate.unlink()
    await listening.live.refresh_once()
    assert await listening.serial() == before
    listening.made.certificate.write_bytes(whole)
    await listening.live.refresh_once()
    assert await listening.serial() == before


async def test_a_broken_pair_is_refused_at_once(tmp_path: Path) -> None:
    made, other = _make(tmp_path / "one"), _make(tmp_path / "other")
    with pytest.raises(ssl.SSLError):
        LiveCertificate(made.certificate, other.key)


async def test_the_servers_take_up_a_changed_certificate_by_themselves(tmp_path: Path) -> None:
    made = _make(tmp_path)
    context = ssl.create_default_context(cafile=str(made.authority))
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    servers = HttpServers(_answer)
    servers.add(listener, made.certificate, made.key)
    started, stop = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(servers.serve(started.set, stop))
    await started.wait()
    after = _serial_in(_make(tmp_path, renew=True))
    async with asyncio.timeout(60):
        while await _serial(context, port, NAME) != after:  # noqa: ASYNC110 - each is a handshake
            await asyncio.sleep(0.05)
    stop.set()
    async with asyncio.timeout(60):
        await serving


async def _answer(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
