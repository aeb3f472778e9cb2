"""A forward proxy (HTTP CONNECT) that leads every host to one port of loopback.

Clients that have `https://` and a host name built in, and obey HTTPS_PROXY, reach a server under
test without a hosts file. It remembers what was asked for.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_CHUNK_OCTETS = 65_536
_HEAD_OCTETS_MAX = 16_384


@dataclass
class ConnectProxy:
    """Listens on `port` of loopback. Made by `running_connect_proxy`."""

    upstream_port: int
    asked_for: list[str] = field(default_factory=list)  # host:port, in order

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address, as HTTPS_PROXY wants it."""
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Listen no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head and len(head) < _HEAD_OCTETS_MAX:
                octets = client.recv(_CHUNK_OCTETS)
                if not octets:
                    return
                head += octets
            method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            if method != "CONNECT":
                client.sendall(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
                return
            self.asked_for.append(target)
            with socket.create_connection(("127.0.0.1", self.upstream_port)) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                back.start()
                _pump(client, server)
                back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while octets := source.recv(_CHUNK_OCTETS):
            target.sendall(octets)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def running_connect_proxy(upstream_port: int) -> Iterator[ConnectProxy]:
    """A proxy for as long as the block runs."""
    proxy = ConnectProxy(upstream_port)
    try:
        yield proxy
    finally:
        proxy.close()
