"""Kannel, a widely used SMS gateway, as a client of an SMSC: bearerbox and smsbox on loopback."""

import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from installation import free_port, wait_for
from peers import environment, program
from recipes import recipe

SYSTEM_ID = "kannel"
PENDING_MAX = 100
_WORD = "change-me"
_STOP_SECONDS = 10


@dataclass
class ReportReceiver:
    """Where Kannel brings the reports of its messages: the end of the path is the report's type."""

    types: dict[str, list[int]] = field(default_factory=dict)  # by the name of the message

    def __post_init__(self) -> None:
        took = self._took

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                took(self.path)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                pass

        self._lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, name: str) -> str:
        """Kannel writes the type of the report in the place of %d."""
        return f"http://127.0.0.1:{self.server.server_port}/{name}/%d"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _took(self, path: str) -> None:
        _, name, kind = path.split("/")
        with self._lock:
            self.types.setdefault(name, []).append(int(kind))


@dataclass
class Kannel:
    """A running Kannel and the reports it was brought."""

    admin_port: int
    send_port: int
    log_path: Path
    reports: ReportReceiver = field(default_factory=ReportReceiver)

    def __post_init__(self) -> None:
        self._client = httpx.Client(timeout=20)

    def send(self, name: str, to: str, text: str, **options: Any) -> None:
        """Send a text as GSM-7; `options` are sendsms' own, such as coding=2 and mclass=0."""
        asked = {
            "username": "tester",
            "password": _WORD,
            "from": "ACME",
            "to": to,
            "text": text,
            "coding": 0,
            "charset": "UTF-8",
            "dlr-mask": 31,
            "dlr-url": self.reports.url(name),
            **options,
        }
        answer = self._client.get(
            f"http://127.0.0.1:{self.send_port}/cgi-bin/sendsms", params=asked
        )
        assert answer.status_code == 202, answer.text

    def links(self) -> list[str]:
        """What Kannel says of its links, one line each, such as "… (online 3s, …"."""
        url = f"http://127.0.0.1:{self.admin_port}/status.txt?password={_WORD}"
        try:
            answer = self._client.get(url)
        except httpx.TransportError:
            return []
        return [line for line in answer.text.splitlines() if "SMPP:" in line]

    @property
    def is_online(self) -> bool:
        """Whether all of its links are bound."""
        links = self.links()
        return bool(links) and all("(online" in link for link in links)

    def types_of(self, name: str) -> list[int]:
        """The types of the reports of a message so far, in the order they came."""
        return self.reports.types.get(name, [])

    def close(self) -> None:
        self._client.close()
        self.reports.close()


@contextmanager
def running_kannel(
    directory: Path, smsc_port: int, *, is_paired: bool = False, **settings: str
) -> Iterator[Kannel]:
    """Kannel, bound to the SMSC at this port of loopback: as a transceiver, or by two binds.

    `settings` are more lines of its group for the SMSC, with underscores for dashes.
    """
    directory.mkdir(parents=True, exist_ok=True)
    configuration = directory / "kannel.conf"
    kannel = Kannel(free_port(), free_port(), directory / "kannel.log")
    ports = {
        "admin-port": kannel.admin_port,
        "smsbox-port": free_port(),
        "sendsms-port": kannel.send_port,
        "port": smsc_port,
    }
    text = _with({**ports, "enquire-link-interval": 1, "sms-resend-freq": 1})
    more = "".join(f"{name.replace('_', '-')} = {value}\n" for name, value in settings.items())
    text = text.replace("smsc = smpp\n", f"smsc = smpp\n{more}")
    configuration.write_text(_paired(text) if is_paired else text)
    with ExitStack() as stack:
        stack.callback(kannel.close)
        stack.enter_context(_box("bearerbox", configuration, kannel.log_path))
        wait_for(lambda: kannel.is_online, what=f"Kannel is online, see {kannel.log_path}")
        stack.enter_context(_box("smsbox", configuration, kannel.log_path))
        wait_for(lambda: _listens(kannel.send_port), what="smsbox listens")
        yield kannel


def _with(values: Mapping[str, int]) -> str:
    """The configuration that people copy, with other numbers."""
    text = recipe("kannel.conf")
    for name, value in values.items():
        text, count = re.subn(rf"(?m)^{name} = \d+$", f"{name} = {value}", text)
        assert count == 1, name
    return text


def _paired(text: str) -> str:
    """The same with a transmitter and a receiver: two groups, which share the name of the SMSC."""
    before, group, after = re.split(r"(?ms)^(group = smsc\n.*?\n\n)", text, maxsplit=1)
    group = group.replace("transceiver-mode = true", "transceiver-mode = false")
    return before + group + group.replace("\nport = ", "\nreceive-port = ") + after


def _listens(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=5).status_code > 0
    except httpx.TransportError:
        return False


@contextmanager
def _box(name: str, configuration: Path, log_path: Path) -> Iterator[None]:
    with (
        log_path.open("ab") as log,
        subprocess.Popen(
            # It ends with the tests, however they end.
            ["setpriv", "--pdeathsig", "TERM", program(name), "-v", "1", str(configuration)],
            cwd=configuration.parent,
            env=environment(),
            stdout=log,
            stderr=log,
        ) as process,
    ):
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
