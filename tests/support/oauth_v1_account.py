"""An account as a client of OAuth v1 holds it: its e-mail, its API keys, and how it calls."""

import base64
import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from installation import Installation, running

ENVELOPE: Final = frozenset({"data", "success", "message", "error"})
BASES: Final = {"production": "/oauth/v1", "sandbox": "/sandbox/oauth/v1"}
BODY_BYTES_MAX: Final = 60_000
YEAR: Final = 365 * 86_400
UNKNOWN: Final = "0123456789abcdef01234567"
OTHER: Final = {"sandbox": "production", "production": "sandbox"}
SCOPE: Final = {
    "production": "POST:sms.openapi.com/IT-messages",
    "sandbox": "POST:test.sms.openapi.com/IT-messages",
}
_SETTINGS: Final = {
    "STAFFETTA_API_PROCESSES": "2",
    "STAFFETTA_BODY_BYTES_MAX": str(BODY_BYTES_MAX),
    "STAFFETTA_HOSTS": "oauth.example.org=oauth/v1:sandbox,sms.example.org=v2",
}
# The scopes of contract section 2, ours included.
_V1_CALLS: Final = ("GET", "POST", "PUT", "DELETE")
_V2_CALLS: Final = (
    *("GET:{}/messages", "POST:{}/IT-messages", "POST:{}/ES-messages", "POST:{}/WW-messages"),
    *("POST:{}/otp", "DELETE:{}/messages", "GET:{}/senders", "POST:{}/senders"),
    *("GET:{}/inbound", "POST:{}/explain"),
)
HOSTS: Final = {
    "production": ("ws.messaggisms.com", "sms.openapi.com"),
    "sandbox": ("test.ws.messaggisms.com", "test.sms.openapi.com"),
}


def v1_scopes(environment: str) -> list[str]:
    return [f"{method}:{HOSTS[environment][0]}/messages" for method in _V1_CALLS]


def v2_scopes(environment: str) -> list[str]:
    return [call.format(HOSTS[environment][1]) for call in _V2_CALLS]


def refusal_of(answer: httpx.Response) -> tuple[int, float]:
    """Status and number of a refusal; fails on any other shape than the platform's envelope."""
    body = answer.json()
    assert set(body) == ENVELOPE, body
    assert (body["data"], body["success"]) == (None, False), body
    assert isinstance(body["message"], str), body
    assert body["message"], body
    return answer.status_code, body["error"]


@dataclass
class KeyHolder:
    """An account with its API keys, seen from one environment."""

    installation: Installation
    environment: str
    email: str
    api_keys: Mapping[str, str]
    http: httpx.Client

    @property
    def api_key(self) -> str:
        return self.api_keys[self.environment]

    @property
    def basic(self) -> str:
        pair = f"{self.email}:{self.api_key}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    def within(self, environment: str) -> "KeyHolder":
        """The same account, seen from another environment."""
        return KeyHolder(self.installation, environment, self.email, self.api_keys, self.http)

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        url = f"{self.installation.url}{BASES[self.environment]}{path}"
        headers = {"Authorization": self.basic, **options.pop("headers", {})}
        return self.http.request(method, url, headers=headers, **options)

    def data(self, path: str, **options: Any) -> Any:
        """The data of a success of GET."""
        answer = self.call("GET", path, **options)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert set(body) == ENVELOPE
        assert (body["success"], body["message"], body["error"]) == (True, "", None)
        return body["data"]

    def make(self, *scopes: str, **terms: Any) -> dict[str, Any]:
        """The flat answer of POST /token; all scopes of v2 unless given."""
        wanted = scopes or (f"*:{HOSTS[self.environment][1]}/*",)
        answer = self.call("POST", "/token", json={"scopes": wanted, **terms})
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def sms(self, token: str, method: str, path: str, **options: Any) -> httpx.Response:
        """A call of v2 with a token, on a connection of its own: any process may answer."""
        prefix = "/sandbox/v2" if self.environment == "sandbox" else "/v2"
        headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
        url = f"{self.installation.url}{prefix}{path}"
        return self.http.request(method, url, headers=headers, **options)


@dataclass(frozen=True)
class Cast:
    """Two accounts of one installation; the second has no tokens."""

    installation: Installation
    http: httpx.Client
    alice: KeyHolder
    bob: KeyHolder

    def open(self, name: str, environment: str = "sandbox") -> KeyHolder:
        """A new account."""
        return _open(self.installation, self.http, name, environment)


@contextmanager
def serving_oauth(directory: Path) -> Iterator[Cast]:
    """An installation with two HTTP processes and some names of its own."""
    with running(directory / "data", **_SETTINGS) as installation, httpx.Client(timeout=30) as http:
        alice, bob = (_open(installation, http, name, "sandbox") for name in ("alice", "bob"))
        yield Cast(installation, http, alice, bob)


def _open(installation: Installation, http: httpx.Client, name: str, environment: str) -> KeyHolder:
    email = f"{name}@example.com"
    keys = installation.json("account", "create", "--email", email)["api_keys"]
    return KeyHolder(installation, environment, email, keys, http)


def is_about(expire: int, seconds: int) -> bool:
    """Whether a moment is so many seconds from now, give or take what a slow machine takes."""
    return abs(expire - time.time() - seconds) < 60


def raw(port: int, lines: list[str], body: str = "") -> tuple[int, dict[str, Any] | None]:
    """Send a request written by hand, as a client library would not; status, and the JSON body.

    `lines` are the request line and the headers; Content-Length and Connection are added.
    """
    head = [*lines, f"Content-Length: {len(body.encode())}", "Connection: close", "", ""]
    answer = b""
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall("\r\n".join(head).encode() + body.encode())
        while part := connection.recv(65_536):
            answer += part
    top, _, content = answer.partition(b"\r\n\r\n")
    return int(top.split(b" ")[1]), json.loads(content) if content else None
