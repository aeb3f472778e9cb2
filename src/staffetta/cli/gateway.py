"""Calls to a running server over its HTTP API, as any client makes them."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final
from urllib.parse import SplitResult, urlsplit

import typer

from staffetta.cli.failures import CommandFailed
from staffetta.domain.environments import Environment

ServerAddress = Annotated[
    str,
    typer.Option(
        "--url", envvar="STAFFETTA_URL", help="Where the server answers.", metavar="ADDRESS"
    ),
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="STAFFETTA_TOKEN",
        help="The token to use. The variable is safer: others cannot read it.",
    ),
]
DEFAULT_ADDRESS: Final = "http://127.0.0.1:8080"

_PREFIXES: Final = {Environment.PRODUCTION: "/v2", Environment.SANDBOX: "/sandbox/v2"}
_SECONDS_MAX: Final = 60.0
_ANSWER_BYTES_MAX: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Gateway:
    """The v2 service of a server in one environment, and the token to present."""

    address: str
    environment: Environment
    token: str | None = field(repr=False)

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The `data` of the answer; raises CommandFailed with the server's own sentence."""
        status, answer = self._exchange(method, path, body, headers or {})
        if not 200 <= status < 300:
            raise CommandFailed(_refusal(status, answer))
        if not isinstance(answer, dict) or "data" not in answer:
            raise CommandFailed(f"{self.address} answered, but it is no Staffetta")
        return answer["data"]

    def _exchange(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        headers: Mapping[str, str],
    ) -> tuple[int, Any]:
        connection, base = self._connect()
        try:
            connection.request(
                method,
                base + _PREFIXES[self.environment] + path,
                body=None if body is None else json.dumps(body),
                headers={**headers, **self._credentials(), "Content-Type": "application/json"},
            )
            response = connection.getresponse()
            return response.status, _json_in(response.read(_ANSWER_BYTES_MAX))
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise CommandFailed(
                f"no answer from {self.address} ({reason}): is `staffetta serve` running there?"
            ) from None
        finally:
            connection.close()

    def _connect(self) -> tuple[http.client.HTTPConnection, str]:
        address = _parse(self.address)
        make = http.client.HTTPSConnection if address.scheme == "https" else _PLAIN
        host = address.hostname or ""
        return make(host, address.port, timeout=_SECONDS_MAX), address.path.rstrip("/")

    def _credentials(self) -> dict[str, str]:
        if not self.token:
            raise CommandFailed(
                "a token is needed: set STAFFETTA_TOKEN (`staffetta token create` makes one)"
            )
        if not (self.token.isascii() and self.token.isprintable()):
            raise CommandFailed("the token has characters that no token has")
        return {"Authorization": f"Bearer {self.token}"}


_PLAIN: Final = http.client.HTTPConnection


def _parse(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise CommandFailed(f"{address!r} is no address: write it like {DEFAULT_ADDRESS}")
    return parts


def _json_in(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _refusal(status: int, answer: Any) -> str:
    """The server's sentence with its code, whichever generation's envelope it came in."""
    if not isinstance(answer, dict) or not isinstance(answer.get("message"), str):
        return f"the server answered with HTTP {status}"
    code = answer.get("code", answer.get("error"))
    return f"{answer['message']} (HTTP {status}, code {code})"
