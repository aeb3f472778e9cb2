"""The simulated network as a running server: its socket, its timers, its end.

Owns the listening socket and all links. One timer serves every delivery, one more every session.
"""

import asyncio
import socket
import ssl
import time
from math import inf
from typing import Final

import structlog

from staffetta.connectors.simulated.exchange import Exchange, Watcher
from staffetta.connectors.simulated.handset import HandsetMessage
from staffetta.connectors.simulated.link import NetworkLink
from staffetta.connectors.simulated.settings import NetworkSettings

_log = structlog.get_logger(__name__)

_TICK_SECONDS: Final = 0.25
_ADVANCE_SECONDS: Final = 0.005  # what falls due in between goes out together
_STOP_SECONDS: Final = 2.0  # for the peers to answer our unbind
_BACKLOG: Final = 1024


class SimulatedNetwork:
    """An SMSC for ESMEs on this machine. `watcher` is told of every submit and report."""

    def __init__(
        self, settings: NetworkSettings | None = None, watcher: Watcher | None = None
    ) -> None:
        self._settings = settings or NetworkSettings()
        self._watcher = watcher
        self._links: set[NetworkLink] = set()
        self._advanced_at = 0.0
        self._advance_at = inf  # when the timer will go off
        self._advance_timer: asyncio.TimerHandle | None = None
        self._tick_timer: asyncio.TimerHandle | None = None
        self._all_gone = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop
        self._server: asyncio.Server
        self._exchange: Exchange

    async def start(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        sock: socket.socket | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Listen on `sock`, which is then ours, or on host and port; 0 takes a free one.

        `tls` holds for host and port alone.

        Raises OSError when that cannot be.
        """
        loop = self._loop = asyncio.get_running_loop()
        now = loop.time()
        self._exchange = Exchange(self._settings, time.time() - now, now, self._watcher)
        if sock is None:
            self._server = await loop.create_server(
                self._make_link, host, port, backlog=_BACKLOG, ssl=tls
            )
        else:
            self._server = await loop.create_server(self._make_link, sock=sock, backlog=_BACKLOG)
        self._tick_timer = loop.call_later(_TICK_SECONDS, self._tick)
        _log.info("network_listening", port=self.port)

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def link_count(self) -> int:
        """How many connections there are."""
        return len(self._links)

    @property
    def accepted_count(self) -> int:
        """How many submits were accepted."""
        return self._exchange.accepted_count

    @property
    def pending_count(self) -> int:
        """How many messages and reports are not yet through."""
        return self._exchange.pending_count

    def messages(self) -> list[HandsetMessage]:
        """What the phones received last, oldest first: whole messages among the newest segments."""
        return self._exchange.handset.read()

    async def stop(self) -> None:
        """Unbind everybody, close, and forget what was under way."""
        self._server.close()
        now = self._loop.time()
        for link in list(self._links):
            link.stop(now)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._gone()
        except TimeoutError:
            for link in list(self._links):
                link.abort()
            await self._gone()
        for timer in (self._tick_timer, self._advance_timer):
            if timer is not None:
                timer.cancel()
        await self._server.wait_closed()
        _log.info("network_stopped", accepted=self.accepted_count, pending=self.pending_count)

    def _make_link(self) -> NetworkLink:
        return NetworkLink(
            self._settings,
            self._exchange,
            self._loop,
            on_open=self._opened,
            on_end=self._ended,
            on_work=self._advance_when_due,
        )

    def _opened(self, link: NetworkLink) -> bool:
        """Whether there is room for it."""
        has_room = len(self._links) < self._settings.links_max
        self._links.add(link)
        return has_room

    def _ended(self, link: NetworkLink) -> None:
        self._links.discard(link)
        if not self._links:
            self._all_gone.set()

    async def _gone(self) -> None:
        while self._links:
            self._all_gone.clear()
            await self._all_gone.wait()

    def _tick(self) -> None:
        now = self._loop.time()
        self._tick_timer = self._loop.call_at(now + _TICK_SECONDS, self._tick)
        for link in list(self._links):
            link.tick(now)
        self._exchange.drop_old(now)
        self._advance_when_due()

    def _advance_when_due(self) -> None:
        """Set the timer to the first delivery. Called for every piece that comes in."""
        due = self._exchange.next_due
        if due >= self._advance_at:
            return
        if self._advance_timer is not None:
            self._advance_timer.cancel()
        # Its own note of the time: uvloop's handle of a timer that is due at once has none.
        self._advance_at = max(due, self._advanced_at + _ADVANCE_SECONDS)
        self._advance_timer = self._loop.call_at(self._advance_at, self._advance)

    def _advance(self) -> None:
        self._advance_timer = None
        self._advance_at = inf
        now = self._advanced_at = self._loop.time()
        self._exchange.advance(now)
        self._advance_when_due()


async def run_network(sock: socket.socket, settings: NetworkSettings, stop: asyncio.Event) -> None:
    """Run a network on a listening socket until `stop` is set."""
    network = SimulatedNetwork(settings)
    await network.start(sock=sock)
    try:
        await stop.wait()
    finally:
        await network.stop()
