"""A proxy between two programs, which can record what passes, hold it up, and cut the connection.

It runs in threads of its own, so that tests with and without an event loop can use it. Upstream is
a TCP port of this machine or the path of a Unix socket.
"""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

_CHUNK_OCTETS = 65_536
_CONNECT_SECONDS_MAX = 5.0
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset


class Way(Enum):
    """A direction."""

    TO_SERVER = "to server"
    TO_CLIENT = "to client"


@dataclass(frozen=True)
class Piece:
    """What was forwarded in one go."""

    at: float  # Unix seconds
    connection: int  # from 0, in the order in which they were made
    way: Way
    octets: bytes


# Is asked about everything before it is forwarded: how many octets of it may pass. Fewer than all
# cuts the connection right behind them.
Guard = Callable[[Way, bytes], int]


def _pass_all(_way: Way, octets: bytes) -> int:
    return len(octets)


@dataclass
class _Connection:
    number: int
    client: socket.socket
    server: socket.socket

    def end_of(self, way: Way) -> tuple[socket.socket, socket.socket]:
        """Where octets of a direction come from and go to."""
        return (self.client, self.server) if way is Way.TO_SERVER else (self.server, self.client)

    def cut(self) -> None:
        """End both halves at once, the hard way."""
        for half in (self.client, self.server):
            with suppress(OSError):
                half.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                half.shutdown(socket.SHUT_RDWR)
            half.close()


@dataclass
class TcpProxy:
    """Listens on `port` of loopback. Made by `running_proxy`."""

    upstream: int | Path
    recording: list[Piece] = field(default_factory=list)
    guard: Guard = _pass_all
    connection_count: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._flows = threading.Event()
        self._flows.set()
        self._lock = threading.Lock()
        self._open: list[_Connection] = []
        self._is_closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Cut every connection there is; new ones are taken."""
        with self._lock:
            connections, self._open = self._open, []
        for connection in connections:
            connection.cut()

    def cut_in(self, way: Way, mark: bytes, count: int) -> None:
        """Cut in the middle of this mark when it passes for the so-manieth time, once."""
        left = count

        def guard(passing: Way, data: bytes) -> int:
            nonlocal left
            if passing is not way:
                return len(data)
            end = -1
            while left and (end := data.find(mark, end + 1)) >= 0:
                left -= 1
            if left:
                return len(data)
            self.guard = _pass_all
            return end + len(mark) // 2

        self.guard = guard

    def stall(self) -> None:
        """Forward nothing, and keep every connection."""
        self._flows.clear()

    def go_on(self) -> None:
        """Forward again, beginning with what was held up."""
        self._flows.set()

    def close(self) -> None:
        """Listen no more, and cut everything."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._flows.set()
        with self._lock:
            self._is_closed = True
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            try:
                server = self._connect()
            except OSError:
                client.close()
                continue
            connection = _Connection(self.connection_count, client, server)
            self.connection_count += 1
            with self._lock:
                self._open.append(connection)
                is_late = self._is_closed
            if is_late:  # it was being made when everything was cut
                connection.cut()
                return
            for way in Way:
                threading.Thread(target=self._pump, args=(connection, way), daemon=True).start()

    def _connect(self) -> socket.socket:
        if isinstance(self.upstream, int):
            server = socket.create_connection(("127.0.0.1", self.upstream), _CONNECT_SECONDS_MAX)
        else:
            server = socket.socket(socket.AF_UNIX)
            server.settimeout(_CONNECT_SECONDS_MAX)
            try:
                server.connect(str(self.upstream))
            except OSError:
                server.close()
                raise
        server.settimeout(None)
        return server

    def _pump(self, connection: _Connection, way: Way) -> None:
        """Forward one direction until either end closes, or the guard says so."""
        source, target = connection.end_of(way)
        with suppress(OSError):
            while octets := source.recv(_CHUNK_OCTETS):
                self._flows.wait()
                with self._lock:
                    allowed = self.guard(way, octets)
                    passing = octets[:allowed]
                    self.recording.append(Piece(time.time(), connection.number, way, passing))
                target.sendall(passing)
                if allowed < len(octets):
                    connection.cut()
                    return
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@contextmanager
def running_proxy(upstream: int | Path) -> Iterator[TcpProxy]:
    """A proxy for as long as the block runs."""
    proxy = TcpProxy(upstream)
    try:
        yield proxy
    finally:
        proxy.close()
