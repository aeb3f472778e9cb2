"""A receiver of callbacks for tests that do not run in an event loop: a real HTTP server on an
address of loopback that no other has, so that what fails in one test slows nothing in another.
"""

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from installation import wait_for
from standardwebhooks import Webhook

_ADDRESSES = (f"127.0.0.{last}" for last in itertools.count(2))
_HELD_SECONDS_MAX = 60.0


@dataclass(frozen=True)
class Answer:
    """What a receiver says."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Came:
    """One request, and what it is answered if its sender lives to hear it."""

    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    answer: Answer

    @property
    def message(self) -> dict[str, Any]:
        """The body as JSON."""
        message: dict[str, Any] = json.loads(self.body)
        return message

    @property
    def form(self) -> dict[str, list[str]]:
        """The body as a form."""
        return parse_qs(self.body.decode(), strict_parsing=True)

    def is_signed(self, secret: str) -> bool:
        """What the library of Standard Webhooks says, asked to sign: it verifies JSON alone."""
        moment = datetime.fromtimestamp(int(self.headers["webhook-timestamp"]), UTC)
        assert abs(datetime.now(UTC) - moment) < timedelta(minutes=5)
        signed = Webhook(secret).sign(self.headers["webhook-id"], moment, self.body.decode())
        return signed in self.headers["webhook-signature"].split()


@dataclass
class CallbackReceiver:
    """Where it listens, what came in order of arrival, and how it answers."""

    url: str
    came: list[Came] = field(default_factory=list)
    answer: Callable[[dict[str, str], bytes], Answer] = lambda _headers, _body: Answer()
    is_open: threading.Event = field(default_factory=threading.Event)

    def answers(self, status: int, *headers: tuple[str, str]) -> None:
        """From now on always the same."""
        self.answer = lambda _headers, _body: Answer(status, headers)

    def of(self, message_id: str) -> list[Came]:
        """What came about one message, in JSON."""
        return [one for one in list(self.came) if one.message["id"] == message_id]

    def states_of(self, message_id: str) -> list[str]:
        """The states told of one message, in the order they came."""
        return [one.message["state"] for one in self.of(message_id)]

    def wait(self, count: int = 1) -> list[Came]:
        """All that came, once it is so many."""
        wait_for(lambda: len(self.came) >= count, what=f"{count} callbacks")
        return list(self.came)

    def wait_final(self, message_id: str) -> Came:
        """What tells the final state of a message."""

        def last() -> Came | None:
            found = [one for one in self.of(message_id) if one.message["state"] != "PENDING"]
            return found[-1] if found else None

        found = wait_for(last, what=f"the final callback of {message_id}")
        assert found is not None
        return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def handle_one_request(self) -> None:
        """Any method, so that a test sees whatever comes."""
        self.raw_requestline = self.rfile.readline(65_537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = receiver.answer(headers, body)
        receiver.came.append(Came(self.command, self.path, headers, body, answer))
        receiver.is_open.wait(_HELD_SECONDS_MAX)
        self.send_response(answer.status)
        for name, value in (*answer.headers, ("Content-Length", "0")):
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """A test says by itself what went wrong."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str) -> None:
        super().__init__((host, 0), _Handler)
        self.receiver = CallbackReceiver(f"http://{host}:{self.server_port}/sms")
        self.receiver.is_open.set()

    def handle_error(self, *_arguments: Any) -> None:
        """A sender that was killed leaves a broken connection: that is meant."""


@contextmanager
def receiving(host: str | None = None) -> Iterator[CallbackReceiver]:
    """A receiver, on an address of its own unless one is given, for as long as the block runs."""
    with _Server(host or next(_ADDRESSES)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server.receiver
        finally:
            server.receiver.is_open.set()
            server.shutdown()
            thread.join()
