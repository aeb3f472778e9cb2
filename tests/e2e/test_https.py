"""HTTPS under the names that real clients have built in; the client trusts one authority alone.

The names lead here as a hosts file would make them: the connection goes to this machine, while SNI,
the certificate's check and the Host header use the name.
"""

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from installation import Installation, free_port, running, wait_for

from staffetta.api.doors import PUBLISHED_NAMES, Room
from staffetta.domain.environments import Environment

# What each service says of itself to somebody without credentials: they speak differently.
_CALLS = {
    Room.V1: "/messages/",
    Room.V2: "/messages",
    Room.OAUTH_V1: "/token",
    Room.OAUTH_V2: "/tokens",
}


class _Connection(http.client.HTTPSConnection):
    """HTTPS to a name that leads to this machine."""

    def __init__(self, name: str, port: int, context: ssl.SSLContext) -> None:
        super().__init__(name, port, context=context, timeout=30)
        self._context = context
        self._port = port

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)


@dataclass(frozen=True)
class Secure:
    """An installation with the certificate that `staffetta tls dev` made."""

    installation: Installation
    port: int
    directory: Path

    @property
    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.directory / "authority.pem"))

    def ask(
        self, name: str, path: str, method: str = "GET", body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        connection = _Connection(name, self.port, self.context)
        try:
            connection.request(
                method, path, body=None if body is None else json.dumps(body), headers=headers
            )
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if content else None
        finally:
            connection.close()

    def serial(self, name: str) -> int:
        connection = _Connection(name, self.port, self.context)
        connection.connect()
        shown = connection.sock.getpeercert(binary_form=True)
        connection.close()
        return x509.load_der_x509_certificate(shown).serial_number


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    directory = tmp_path_factory.mktemp("https")
    tls, port = directory / "tls", free_port()
    Installation(directory / "data").run("tls", "dev", "--directory", str(tls))
    with running(
        directory / "data",
        STAFFETTA_API_PROCESSES="1",
        STAFFETTA_TLS_CERT=str(tls / "server.pem"),
        STAFFETTA_TLS_KEY=str(tls / "server.key"),
        STAFFETTA_TLS_PORT=str(port),
        STAFFETTA_TRUSTED_PROXIES="127.0.0.1",
        STAFFETTA_NETWORK_DELIVERY_SECONDS="0.1",
    ) as installation:
        yield Secure(installation, port, tls)


@pytest.mark.parametrize("name", sorted(PUBLISHED_NAMES))
def test_a_published_name_is_certified_and_leads_to_its_service(secure: Secure, name: str) -> None:
    room = PUBLISHED_NAMES[name].room
    assert room is not None
    assert secure.ask(name, "/healthz")[0] == 404  # one of the server's own pages, not this room's
    status, _ = secure.ask(name, _CALLS[room])
    assert status in {401, 404}  # 404 while a service is not built


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_the_machine_itself_is_certified(secure: Secure, name: str) -> None:
    assert secure.ask(name, "/healthz") == (200, {"status": "ok"})


def test_a_client_that_does_not_trust_the_authority_refuses(secure: Secure) -> None:
    connection = _Connection("sms.openapi.com", secure.port, ssl.create_default_context())
    with pytest.raises(ssl.SSLCertVerificationError):
        connection.request("GET", "/")


def test_another_name_is_not_certified(secure: Secure) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=r"sms\.example\.org"):
        secure.ask("sms.example.org", "/")


def test_a_message_is_sent_by_https_under_the_published_name(secure: Secure) -> None:
    token = secure.installation.make_account("https@example.com")[Environment.SANDBOX]
    header = {"Authorization": f"Bearer {token}"}
    body = {"recipient": "+393331234567", "message": "ciao"}
    status, sent = secure.ask("test.sms.openapi.com", "/IT-messages", "POST", body, **header)
    assert status == 201, sent

    def delivered() -> bool:
        _, read = secure.ask("test.sms.openapi.com", f"/messages/{sent['data']['id']}", **header)
        return bool(read["data"]["state"] == "DELIVERED")

    wait_for(delivered)
    # The token of one environment is refused by the other, whoever asks.
    assert secure.ask("sms.openapi.com", "/messages", **header)[0] == 401


def test_a_renewed_certificate_is_taken_up_without_a_restart(secure: Secure) -> None:
    before = secure.serial("sms.openapi.com")
    supervisor = secure.installation.pid_of("api")
    secure.installation.run("tls", "dev", "--directory", str(secure.directory), "--renew")
    wait_for(lambda: secure.serial("sms.openapi.com") != before, what="the new certificate")
    assert secure.installation.pid_of("api") == supervisor
    changed = '"event": "certificate_changed"'
    wait_for(lambda: changed in secure.installation.log_path.read_text(), what=changed)


@pytest.mark.parametrize("name", ["sms.openapi.com", "ws.messaggisms.com"])
def test_a_reverse_proxy_passes_the_name_by_plain_http(secure: Secure, name: str) -> None:
    # As nginx sends it, see docs/reference/https.md.
    connection = http.client.HTTPConnection("127.0.0.1", secure.installation.port, timeout=30)
    headers = {
        "Host": name,
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "https",
        "Connection": "close",
    }
    connection.request("GET", "/messages", headers=headers)
    answer = connection.getresponse()
    assert answer.status in {401, 404}
    answer.read()
    connection.close()


def test_a_certificate_with_another_key_stops_the_start(secure: Secure, tmp_path: Path) -> None:
    other = tmp_path / "tls"
    Installation(tmp_path / "data").run("tls", "dev", "--directory", str(other))
    settings = {
        "STAFFETTA_TLS_CERT": str(secure.directory / "server.pem"),
        "STAFFETTA_TLS_KEY": str(other / "server.key"),
    }
    done = Installation(tmp_path / "data", settings=settings).run("serve", check=False)
    assert done.returncode == 1
    assert "STAFFETTA_TLS_CERT and STAFFETTA_TLS_KEY cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
