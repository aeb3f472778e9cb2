"""`send` and `messages` against an HTTP server on loopback that writes down what it is asked."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

TOKEN = "ab" * 12
MESSAGE = {
    "id": "5e5fb7a1" + "0" * 16,
    "state": "NEW",
    "sender": "Openapi",
    "recipient": "+393331234567",
    "encoding": "GSM-7",
    "messageCount": 1,
    "totalPrice": 0.03,
    "createdAt": "2026-03-14T09:26:53Z",
    "message": "\x1b[31mred[/bold] ciao",
}


@dataclass
class Recorder:
    """A server that gives one answer and keeps the requests."""

    url: str = ""
    status: int = 201
    body: bytes = b""
    requests: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, status: int, body: object) -> None:
        self.status, self.body = status, json.dumps(body).encode()


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            recorder.requests.append(
                {
                    "method": self.command,
                    "path": self.path,
                    "body": body,
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                }
            )
            self.send_response(recorder.status)
            self.send_header("Content-Length", str(len(recorder.body)))
            self.end_headers()
            self.wfile.write(recorder.body)

        do_GET = do_POST  # noqa: N815 - the name http.server looks for

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        recorder.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield recorder
        server.shutdown()
        thread.join()


async def test_a_message_is_sent_to_the_sandbox_and_its_country_unless_told_otherwise(
    staffetta, recorder: Recorder
) -> None:
    recorder.answer(201, {"data": MESSAGE})
    ended = await staffetta(
        *("send", "+393331234567", "ciao", "--json"),
        STAFFETTA_TOKEN=TOKEN,
        STAFFETTA_URL=recorder.url,
    )
    assert ended.json == MESSAGE
    (request,) = recorder.requests
    assert (request["method"], request["path"]) == ("POST", "/sandbox/v2/IT-messages")
    assert request["headers"]["authorization"] == f"Bearer {TOKEN}"
    assert "idempotency-key" not in request["headers"]
    assert request["body"] == {
        "sender": None,
        "recipient": "+393331234567",
        "message": "ciao",
        "options": {"dryRun": False},
    }


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (("+34612345678",), "/v2/ES-messages"),
        (("+4915112345678",), "/v2/WW-messages"),
        (("+393331234567", "--market", "WW"), "/v2/WW-messages"),
    ],
)
async def test_the_endpoint_follows_the_number_or_the_option(
    staffetta, recorder: Recorder, arguments: tuple[str, ...], path: str
) -> None:
    recorder.answer(201, {"data": MESSAGE})
    ended = await staffetta(
        *("send", arguments[0], "ciao", *arguments[1:], "--environment", "production"),
        *("--token", TOKEN, "--url", recorder.url + "/", "--sender", "ACME", "--dry-run"),
        *("--idempotency-key", "order-1"),
    )
    assert ended.code == 0
    (request,) = recorder.requests
    assert request["path"] == path
    assert request["body"]["sender"] == "ACME"
    assert request["body"]["options"] == {"dryRun": True}
    assert request["headers"]["idempotency-key"] == "order-1"


@pytest.mark.parametrize(
    ("status", "answer", "sentence"),
    [
        (
            402,
            {"code": 2001, "message": "Not enough credit: 0.03 needed"},
            "staffetta: Not enough credit: 0.03 needed (HTTP 402, code 2001)\n",
        ),
        (
            401,
            {"data": None, "success": False, "message": "Wrong Token", "error": 125.22},
            "staffetta: Wrong Token (HTTP 401, code 125.22)\n",
        ),
        (502, "Bad Gateway", "staffetta: the server answered with HTTP 502\n"),
    ],
)
async def test_a_refusal_is_the_servers_own_sentence(
    staffetta, recorder: Recorder, status: int, answer: object, sentence: str
) -> None:
    recorder.answer(status, answer)
    ended = await staffetta("send", "+39", "x", "--token", TOKEN, "--url", recorder.url)
    assert (ended.code, ended.out, ended.err) == (1, "", sentence)


async def test_something_else_behind_the_address_is_recognised(
    staffetta, recorder: Recorder
) -> None:
    recorder.status, recorder.body = 200, b"<html>It works!</html>"
    ended = await staffetta("messages", "--token", TOKEN, "--url", recorder.url)
    assert ended.code == 1
    assert "it is no Staffetta" in ended.err


async def test_a_server_that_is_not_there_is_told_in_one_sentence(staffetta) -> None:
    with socket.socket() as taken:  # bound and not listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        ended = await staffetta("messages", "--token", TOKEN, "--url", url)
    assert ended.code == 1
    assert "is `staffetta serve` running there?" in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("url", ["", "localhost", "ftp://x", "http://", "http://x:y"])
async def test_what_is_no_address_is_refused(staffetta, url: str) -> None:
    ended = await staffetta("messages", "--token", TOKEN, "--url", url)
    assert ended.code == 1
    assert "is no address" in ended.err


async def test_without_a_token_the_command_says_where_to_get_one(staffetta) -> None:
    ended = await staffetta("messages")
    assert ended.code == 1
    assert "staffetta token create" in ended.err


async def test_messages_are_listed_and_cannot_steer_the_terminal(
    staffetta, recorder: Recorder
) -> None:
    recorder.answer(200, {"data": [MESSAGE]})
    ended = await staffetta(
        "messages", "--token", TOKEN, "--url", recorder.url, "--limit", "5", "--skip", "2"
    )
    assert ended.code == 0
    assert recorder.requests[0]["path"] == "/sandbox/v2/messages?skip=2&limit=5"
    assert MESSAGE["id"] in ended.out
    assert "[31mred[/bold] ciao" in ended.out
    assert "\x1b" not in ended.out


async def test_an_operator_reads_an_accounts_messages_from_the_database(staffetta, anna) -> None:
    arguments = ("messages", "--email", "anna@example.com")
    assert (await staffetta(*arguments, "--json")).json == []
    assert "no messages yet" in (await staffetta(*arguments)).out
    missing = await staffetta("messages", "--email", "bob@example.com")
    assert missing.code == 1
