"""The HTTP client of callbacks: one POST, bounded in every way, to addresses that may be reached.

Owns the connections. Every address is checked when a socket to it is made, whatever name led there
and however long ago, so that a name that changes its mind (DNS rebinding) leads nowhere. No
redirects, no cookies, no proxies from the environment; certificates are verified.
"""

import asyncio
import socket
import ssl
from contextlib import suppress
from contextvars import ContextVar
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
import msgspec
import structlog
from aiohttp.abc import AbstractResolver

from staffetta.callbacks.addresses import AllowedNetworks
from staffetta.callbacks.letters import Request
from staffetta.callbacks.outcomes import Answered, NoAnswer, Outcome, answer_text
from staffetta.callbacks.target import NETWORKS_SETTING

ANSWER_BYTES_MAX: Final = 2048  # ANSWER_CHARACTERS_MAX of up to four bytes
_HEADER_BYTES_MAX: Final = 8190
_KEEP_ALIVE_SECONDS: Final = 15.0
_STALE_CONNECTIONS_MAX: Final = 3
_DNS_SECONDS: Final = 10
_CLOSING_SECONDS: Final = 1.0  # for a connection that is closed before its end

_log = structlog.get_logger(__name__)


class Patience(msgspec.Struct, frozen=True):
    """How long a receiver may take, in seconds."""

    total_seconds: float = 30.0  # contract section 5: any 2xx within 30 s
    connect_seconds: float = 10.0  # with looking up its name and TLS
    body_seconds: float = 2.0  # for the beginning of the answer's body, once its status is known


USUAL_PATIENCE: Final = Patience()


class _Dial:
    """Whether the request under way made a connection, or took one that was open."""

    __slots__ = ("connected",)

    def __init__(self) -> None:
        self.connected = False


_dial: ContextVar[_Dial | None] = ContextVar("callback_dial", default=None)


class AddressNotAllowed(OSError):
    """A name or a literal led to an address that callbacks may not reach."""


class HttpClient:
    """Connections to receivers. Use it as a context."""

    def __init__(
        self,
        networks: AllowedNetworks,
        patience: Patience = USUAL_PATIENCE,
        *,
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._networks = networks
        self._patience = patience
        self._timeout = aiohttp.ClientTimeout(total=None, connect=patience.connect_seconds)
        # Threads would let one slow name server hold up everybody: this resolver has none.
        self._resolver = resolver or aiohttp.AsyncResolver()
        connector = aiohttp.TCPConnector(
            limit=0,  # whoever claims keeps the count
            resolver=self._resolver,
            ttl_dns_cache=_DNS_SECONDS,
            keepalive_timeout=_KEEP_ALIVE_SECONDS,
            socket_factory=self._make_socket,
            ssl=tls or True,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            max_line_size=_HEADER_BYTES_MAX,
            max_field_size=_HEADER_BYTES_MAX,
            read_bufsize=ANSWER_BYTES_MAX,
        )

    async def __aenter__(self) -> Self:
        """The client can send."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every connection."""
        await self._session.close()
        await self._resolver.close()

    async def send(self, request: Request) -> Outcome:
        """Make one attempt; whatever happens on the way is an outcome."""
        try:
            async with asyncio.timeout(self._patience.total_seconds) as deadline:
                return await self._send_over_live_connection(request, deadline)
        except aiohttp.ConnectionTimeoutError:
            return NoAnswer(f"no connection within {self._patience.connect_seconds:g} s")
        except TimeoutError:
            return NoAnswer(f"no answer within {self._patience.total_seconds:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return NoAnswer(_words(error))
        except Exception:  # noqa: BLE001 - a bug fails this attempt, not every other with it
            _log.exception("callback_attempt_failed", host=request.url.split("/")[2])
            return NoAnswer("a fault of this server")

    async def _send_over_live_connection(
        self, request: Request, deadline: asyncio.Timeout
    ) -> Answered:
        """Send, again at once where only a connection that was kept open had been closed.

        The receiver closed it while we were writing to it, so it never saw the request: a fresh
        connection is no other attempt.
        """
        for _ in range(_STALE_CONNECTIONS_MAX):
            dial = _Dial()
            _dial.set(dial)
            try:
                return await self._post(request, deadline)
            except aiohttp.ClientConnectorError:
                raise
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionError):
                if dial.connected:
                    raise
        raise aiohttp.ServerDisconnectedError

    async def _post(self, request: Request, deadline: asyncio.Timeout) -> Answered:
        async with self._session.post(
            request.url,
            data=request.body,
            headers=request.headers,
            allow_redirects=False,
            timeout=self._timeout,
        ) as response:
            # Its status has come in time: a slow body cannot undo that.
            now = asyncio.get_running_loop().time()
            deadline.reschedule(now + self._patience.body_seconds + _CLOSING_SECONDS)
            text = await self._beginning_of(response)
            return Answered(response.status, response.headers.get("Retry-After"), text)

    async def _beginning_of(self, response: aiohttp.ClientResponse) -> str:
        """The first bytes of an answer; a connection with more to come is closed, not read out."""
        content = response.content
        if content.is_eof() and content.exception() is None:
            return answer_text(content.read_nowait(ANSWER_BYTES_MAX))
        received = b""
        # The status has come, and it alone decides: whatever happens now changes nothing.
        with suppress(TimeoutError, aiohttp.ClientError, OSError):
            async with asyncio.timeout(self._patience.body_seconds):
                while len(received) < ANSWER_BYTES_MAX and not content.at_eof():
                    received += await content.read(ANSWER_BYTES_MAX - len(received))
        if not content.at_eof():
            response.close()
        return answer_text(received)

    def _make_socket(self, address_info: Any) -> socket.socket:
        """A socket for one address, after asking whether it may be reached."""
        family, kind, protocol, _, address = address_info
        if not self._networks.permits(ip_address(address[0])):
            raise AddressNotAllowed(
                f"{address[0]} is not a public address; an operator can allow its network with"
                f" {NETWORKS_SETTING}"
            )
        dial = _dial.get()
        if dial is not None:
            dial.connected = True
        return socket.socket(family, kind, protocol)


def _words(error: Exception) -> str:
    """A failure in words, without the class names of libraries."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            words = f"the name was not found: {error.os_error}"
        case aiohttp.ClientConnectorCertificateError():
            words = f"the certificate is not valid: {error.certificate_error}"
        case aiohttp.ClientConnectorSSLError():
            words = f"TLS failed: {error.os_error}"
        case aiohttp.ClientConnectorError(os_error=OSError() as cause):
            words = f"no connection: {cause.strerror or cause}"
        case aiohttp.ServerDisconnectedError():
            words = "the connection was closed before an answer came"
        case aiohttp.InvalidURL():
            words = "the URL cannot be called"
        case aiohttp.ClientResponseError():
            words = f"the answer is not HTTP: {error.message}"
        case OSError():
            words = f"the connection broke: {error.strerror or error}"
        case _:
            words = str(error) or type(error).__name__
    return words
