"""The HTTP servers of one process: uvicorn on given sockets, plain and TLS in one loop.

It binds nothing and handles no signals: both are its caller's. Draining closes the sockets, lets
requests in progress finish, then returns.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

import uvicorn

from staffetta.api.asgi import AsgiApp
from staffetta.app.http_protocol import OneWriteProtocol
from staffetta.app.live_certificate import REFRESH_SECONDS, LiveCertificate
from staffetta.app.loops import run_forever

_KEEP_ALIVE_SECONDS: Final = 75  # longer than load balancers keep theirs: they close first
_DRAIN_SECONDS_MAX: Final = 20


class _QuietServer(uvicorn.Server):
    """A server that leaves signals to us, and says when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer."""
        await super().startup(sockets)
        self.answers.set()


def _front_of(
    certificate: LiveCertificate,
) -> Callable[[uvicorn.Config, Callable[[], ssl.SSLContext]], ssl.SSLContext]:
    """In the form that uvicorn asks for a TLS context in."""
    return lambda _config, _make_default: certificate.front


class HttpServers:
    """One application on one or two sockets."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._servers: list[tuple[_QuietServer, socket.socket]] = []
        self._certificates: list[LiveCertificate] = []

    def add(
        self, listening: socket.socket, certificate: Path | None = None, key: Path | None = None
    ) -> None:
        """Serve on `listening`, by TLS when a certificate and its key are given.

        Files that change are taken up while it serves. Raises ssl.SSLError, OSError.
        """
        live = None
        if certificate is not None and key is not None:
            live = LiveCertificate(certificate, key)
            self._certificates.append(live)
        config = uvicorn.Config(
            cast("Any", self._app),  # uvicorn spells out the events that our aliases leave open
            loop="none",
            http=OneWriteProtocol,
            ws="none",
            interface="asgi3",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_DRAIN_SECONDS_MAX,
            ssl_context_factory=None if live is None else _front_of(live),
        )
        config.load()
        self._servers.append((_QuietServer(config), listening))

    async def serve(self, started: Callable[[], None], stop: asyncio.Event) -> None:
        """Answer until `stop` is set, then finish what is in progress.

        `started` is called once requests are answered.
        """
        async with asyncio.TaskGroup() as tasks:
            for server, listening in self._servers:
                tasks.create_task(server.serve(sockets=[listening]))
            for certificate in self._certificates:
                look = run_forever(certificate.refresh_once, REFRESH_SECONDS, stop=stop)
                tasks.create_task(look)
            for server, _ in self._servers:
                await server.answers.wait()
            started()
            await stop.wait()
            for server, _ in self._servers:
                server.should_exit = True
