"""A whole story with the log wide open, and then a look at everything that was written down.

Accounts, people, tokens by both OAuth services, sends, one-time passwords, refusals, wrong tokens,
a carrier that hangs up, callbacks that fail, faults of ours, killed processes, a rotated key, wrong
database passwords. None of the story's secrets may stand in a log, an error's body, a metric or a
command line. (The demo account is shown once by the first start, on purpose; it is not looked for.)
"""

import asyncio
import base64
import itertools
import os
import re
import secrets
import signal
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from installation import COMMAND, Installation, free_port, running, wait_for

from staffetta.db.embedded import embedded_server
from staffetta.db.pool import Database

EMAIL = "anna@example.com"
SCOPES = ["*:test.sms.openapi.com/*"]
_NUMBERS = itertools.count(100)


def _number() -> str:
    return f"+39333{next(_NUMBERS)}0001"


@dataclass
class Story:
    """What was used, and what came back."""

    installation: Installation
    used: dict[str, str] = field(default_factory=dict)  # secrets, by what they are
    errors: list[str] = field(default_factory=list)  # bodies and headers of refusals
    commands: list[str] = field(default_factory=list)  # what failing commands said
    command_lines: list[str] = field(default_factory=list)

    def keep(self, name: str, secret: str) -> str:
        assert len(secret) >= 8, f"{name} is too short to be looked for"
        self.used[name] = secret
        return secret

    def call(
        self, method: str, path: str, *, expected: int, body: Any = None, **options: Any
    ) -> Any:
        """A request; refusals are kept."""
        answer = httpx.request(
            method, f"{self.installation.url}{path}", json=body, timeout=30, **options
        )
        assert answer.status_code == expected, (method, path, answer.text)
        if answer.status_code >= 400:
            self.errors.append(f"{answer.headers}\n{answer.text}")
        return answer.json() if answer.content else None

    def fail(self, *arguments: str, **settings: str) -> None:
        """A command that must fail; what it said is kept."""
        other = Installation(
            self.installation.data_dir.with_name(f"other-{secrets.token_hex(4)}"),
            settings={"STAFFETTA_LOG_LEVEL": "debug", **settings},
        )
        done = other.run(*arguments, check=False)
        assert done.returncode != 0, arguments
        self.commands.append(done.stdout + done.stderr)

    def look_at_processes(self) -> None:
        """Note the command line of every process, whoever started it."""
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                self.command_lines.append(path.read_bytes().decode(errors="replace"))
            except OSError:
                continue


@contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _FailingReceiver(BaseHTTPRequestHandler):
    """Takes callbacks, and answers 500 with what it was sent."""

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["content-length"]))
        said = f"{self.headers}".encode() + sent
        self.send_response(500)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_arguments: object) -> None:
        pass


class _CarrierThatHangsUp(socketserver.BaseRequestHandler):
    """Reads the bind, password and all, and closes."""

    def handle(self) -> None:
        self.request.recv(1024)


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


# The story --------------------------------------------------------------------------------------


def _people(story: Story) -> None:
    password = story.keep("person's password", secrets.token_urlsafe(16))
    made = subprocess.run(
        [
            *(COMMAND, "account", "create", "--email", EMAIL, "--owner-email", "olga@example.com"),
            *("--password-stdin", "--json"),
        ],
        env=story.installation.environment,
        input=f"{password}\n",
        capture_output=True,
        text=True,
        check=True,
    )
    for key in re.findall(r"\b[a-z0-9]{32}\b", made.stdout):
        story.keep(f"API key {len(story.used)}", key)
    api_keys = [name for name in story.used if name.startswith("API key")]
    assert len(api_keys) == 2, made.stdout
    whose = (EMAIL, "--environment", "sandbox")
    secret = story.installation.json("callbacks", "secret", "show", *whose)
    story.keep("signing secret", secret["secret"])
    whose = ("--email", EMAIL, "--environment", "production")
    made_token = story.installation.json("token", "create", *whose)
    story.keep("production token", made_token["token"])
    story.installation.run("topup", *whose, "--amount", "5")


def _oauth(story: Story) -> tuple[str, str]:
    """Tokens by both services; answers the sandbox's API key and a live token."""
    for name in [name for name in story.used if name.startswith("API key")]:
        credentials = httpx.BasicAuth(EMAIL, story.used[name])
        whole = base64.b64encode(f"{EMAIL}:{story.used[name]}".encode()).decode()
        story.keep(f"Basic of {name}", whole)
        answer = httpx.get(
            f"{story.installation.url}/sandbox/oauth/v1/scopes", auth=credentials, timeout=30
        )
        if answer.status_code == 200:
            api_key = story.used[name]
    basic = {"auth": httpx.BasicAuth(EMAIL, api_key)}
    first, second = "/sandbox/oauth/v1", "/sandbox/oauth/v2"
    made = story.call("POST", f"{first}/token", body={"scopes": SCOPES}, expected=200, **basic)
    token = story.keep("token by OAuth v1", made["token"])
    story.call("GET", f"{first}/token/{token}", expected=200, **basic)
    made = story.call("POST", f"{second}/tokens", body={"scopes": SCOPES}, expected=200, **basic)
    renewed_from = story.keep("token by OAuth v2", made["token"])
    refresh = story.keep("refresh token", made["refreshToken"])
    renewed = story.call(
        "PATCH",
        f"{second}/tokens/{renewed_from}",
        body={},
        expected=200,
        headers={"Authorization": f"Bearer {refresh}"},
    )
    story.keep("renewed token", renewed["token"])
    story.keep("renewed refresh token", renewed["refreshToken"])
    # The old ones are gone, and everything that is wrong in a path or a header is refused.
    story.call("GET", f"{second}/tokens/{renewed_from}", expected=404, **basic)
    headers = {"Authorization": f"Bearer {refresh}"}
    story.call("PATCH", f"{second}/tokens/{renewed_from}", body={}, expected=401, headers=headers)
    wrong_key = story.keep("wrong API key", "w" + secrets.token_hex(16)[1:])
    wrong = {"auth": httpx.BasicAuth(EMAIL, wrong_key)}
    story.call("GET", f"{first}/token/{token}", expected=401, **wrong)
    story.call("GET", f"{second}/tokens/{token}", expected=401, **wrong)
    story.call("DELETE", f"{first}/token/{story.used['renewed token']}", expected=200, **basic)
    story.call("DELETE", f"{first}/token/{story.used['renewed token']}", expected=404, **basic)
    return api_key, token


def _refusals(story: Story, token: str) -> None:
    wrong = story.keep("wrong token", secrets.token_hex(12))
    headers = {"Authorization": f"Bearer {wrong}"}
    for prefix in ("/v2", "/sandbox/v2", "/sandbox/v1"):
        story.call("GET", f"{prefix}/messages", expected=401, headers=headers)
    for path in ("/tokens", "/v2/tokens", "/sandbox/v1/token", "/x/token"):
        story.call("GET", f"{path}/{token}", expected=404)
        story.call("GET", f"{path}/{wrong}?token={wrong}", expected=404)
    mine = {"Authorization": f"Bearer {token}"}
    story.call("GET", "/v2/messages", expected=401, headers=mine)  # of the other environment
    odd = {"Authorization": token}
    story.call("GET", "/sandbox/v2/messages", expected=401, headers=odd)
    body = {"recipient": "+39", "message": "x", "token": token}
    story.call("POST", "/sandbox/v2/IT-messages", expected=422, body=body, headers=mine)
    address = story.keep("password in a URL", secrets.token_urlsafe(12))
    body = {
        "recipient": _number(),
        "message": "x",
        "callback": {"url": f"http://user:{address}@10.0.0.1/"},
    }
    story.call("POST", "/sandbox/v2/IT-messages", expected=422, body=body, headers=mine)


def _traffic(story: Story, token: str, api_key: str, receiver_port: int) -> None:
    mine = {"Authorization": f"Bearer {token}"}
    header = story.keep("callback header", secrets.token_urlsafe(24))
    callback = {
        "url": f"http://127.0.0.1:{receiver_port}/sms",
        "headers": {"X-Shared-Secret": header, "Authorization": f"Bearer {header}"},
        "retry": 1,
    }
    body = {"recipient": _number(), "message": "ciao", "callback": callback}
    sent = story.call("POST", "/sandbox/v2/IT-messages", expected=201, body=body, headers=mine)
    for number in range(3):
        body = {"recipient": _number(), "alphanumeric": True, "length": 10, "cacheSeconds": 60}
        made = story.call("POST", "/sandbox/v2/otp", expected=201, body=body, headers=mine)["data"]
        code = story.keep(f"code {number}", made["otp"])
        check = "POST", f"/sandbox/v2/otp/{made['id']}/verify"
        story.call(*check, expected=200, body={"code": "WRONGCODE1"}, headers=mine)
        story.call(*check, expected=200, body={"code": code}, headers=mine)
        story.call(*check, expected=422, body={"code": code}, headers=mine)
    attempted = "GET", f"/sandbox/v2/messages/{sent['data']['id']}"
    wait_for(
        lambda: story.call(*attempted, expected=200, headers=mine)["data"]["state"] == "DELIVERED"
    )
    basic = {"auth": httpx.BasicAuth(EMAIL, api_key)}

    def failed() -> bool:
        told = story.call("GET", "/sandbox/oauth/v2/callbacks", expected=200, **basic)["data"]
        return any(str(one["httpResponseCode"]) == "500" for one in told)

    wait_for(failed, what="a failed callback")


def _carrier(story: Story, port: int) -> None:
    """A link that fails, again and again."""
    password = story.keep("carrier's password", "pw" + secrets.token_hex(3))
    story.installation.settings["CARRIER_PASSWORD"] = password
    story.installation.json(
        *("connector", "add", "--name", "acme", "--environment", "production"),
        *("--host", "127.0.0.1", "--port", str(port), "--system-id", "gw"),
        *("--password-env", "CARRIER_PASSWORD", "--countries", "IT", "--price", "0.03"),
    )
    log = story.installation.log_path
    wait_for(lambda: "acme" in log.read_text(), what="the link's failure in the log")
    token = {"Authorization": f"Bearer {story.used['production token']}"}
    body = {"recipient": _number(), "message": "ciao"}
    explain = f"{story.installation.url}/v2/explain"
    wait_for(
        lambda: httpx.post(explain, json=body, headers=token, timeout=30).json()["data"]["routes"],
        what="the API knows of the new route",
    )
    story.call("POST", "/v2/IT-messages", expected=201, body=body, headers=token)


async def _break(story: Story, statement: str) -> None:
    async with embedded_server(story.installation.data_dir) as server:
        database = await Database.connect(server.url())
        async with database.acquire() as connection:
            await connection.execute(statement)
        await database.close()


def _faults(story: Story, token: str, api_key: str) -> None:
    """Statements that fail with secrets among their parameters."""
    mine = {"Authorization": f"Bearer {token}"}
    basic = {"auth": httpx.BasicAuth(EMAIL, api_key)}
    for table, method, path, body, how in (
        ("otp_code", "POST", "/sandbox/v2/otp", {"recipient": _number()}, {"headers": mine}),
        ("token_use", "POST", "/sandbox/oauth/v2/tokens", {"scopes": SCOPES}, basic),
        ("api_key", "GET", "/sandbox/oauth/v1/token", None, basic),
    ):
        asyncio.run(_break(story, f"ALTER TABLE {table} RENAME TO {table}_away"))
        answer = httpx.request(
            method, f"{story.installation.url}{path}", json=body, timeout=30, **how
        )
        if answer.status_code >= 400:
            story.errors.append(answer.text)
        asyncio.run(_break(story, f"ALTER TABLE {table}_away RENAME TO {table}"))
    assert any("a fault on our side" in body for body in story.errors)


def _deaths(story: Story, token: str) -> None:
    for role in ("api", "dispatch", "callbacks"):
        os.kill(story.installation.pid_of(role), signal.SIGKILL)
        wait_for(story.installation.is_healthy)
    mine = {"Authorization": f"Bearer {token}"}
    body = {"recipient": _number(), "message": "still here"}
    wait_for(
        lambda: (
            httpx.post(
                f"{story.installation.url}/sandbox/v2/IT-messages",
                json=body,
                headers=mine,
                timeout=30,
            ).status_code
            == 201
        )
    )


def _databases(story: Story) -> None:
    password = story.keep("database password", secrets.token_urlsafe(12))
    port = free_port()
    urls = (
        f"postgresql://staffetta:{password}@127.0.0.1:{port}/staffetta",
        f"postgresql://staffetta:{password}@127.0.0.1:port/staffetta",
        f"postgresql://staffetta:{password}@127.0.0.1/staffetta?sslmode=perhaps",
        f"postgresql://staffetta:{password}@[::1/staffetta",
        f"postgresql://staffetta:{password}/more@127.0.0.1/staffetta",
        f"mysql://staffetta:{password}@127.0.0.1/staffetta",
    )
    key = story.keep("half a server key", secrets.token_hex(31))
    command = ("account", "list")
    with ThreadPoolExecutor(4) as pool:
        tries = [pool.submit(story.fail, *command, STAFFETTA_DATABASE_URL=url) for url in urls]
        tries.append(pool.submit(story.fail, *command, STAFFETTA_SERVER_KEY=key))
        for role in ((), ("--role", "api")):
            settings = {"STAFFETTA_DATABASE_URL": urls[2]}
            tries.append(pool.submit(story.fail, "serve", *role, **settings))
    for one in tries:
        one.result()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    directory = tmp_path_factory.mktemp("secrets")
    with (
        _serving(ThreadingHTTPServer(("127.0.0.1", 0), _FailingReceiver)) as receiver_port,
        _serving(_Listener(("127.0.0.1", 0), _CarrierThatHangsUp)) as carrier_port,
        running(
            directory / "data",
            STAFFETTA_API_PROCESSES="1",
            STAFFETTA_LOG_LEVEL="debug",
            STAFFETTA_NETWORK_DELIVERY_SECONDS="0.1",
        ) as installation,
    ):
        story = Story(installation)
        _people(story)
        api_key, token = _oauth(story)
        _refusals(story, token)
        _traffic(story, token, api_key, receiver_port)
        _carrier(story, carrier_port)
        story.look_at_processes()
        _faults(story, token, api_key)
        _deaths(story, token)
        installation.json("key", "rotate")
        for line in (installation.data_dir / "server.key").read_text().splitlines():
            if not line.startswith("#"):
                story.keep(f"server key {len(story.used)}", line)
        _databases(story)
        story.look_at_processes()
        yield story


def _absent(story: Story, text: str, where: str) -> None:
    found = [name for name, secret in story.used.items() if secret in text]
    assert not found, f"{where} shows: {', '.join(found)}"


# What was written down --------------------------------------------------------------------------


def test_the_story_used_every_kind_of_secret(story: Story) -> None:
    assert len(story.used) >= 20
    assert len(story.errors) >= 15


def test_no_log_of_any_process_shows_a_secret(story: Story) -> None:
    path = story.installation.log_path
    for event in ("child_died", "request_failed", "server_key_changed", "acme"):
        wait_for(lambda: event in path.read_text(), what=event)  # noqa: B023 - at once
    _absent(story, path.read_text(), "the log")


def test_no_refusal_shows_a_secret(story: Story) -> None:
    for body in story.errors:
        _absent(story, body, body)


def test_no_failing_command_shows_a_secret(story: Story) -> None:
    for said in story.commands:
        _absent(story, said, said)


def test_the_metrics_show_no_secret(story: Story) -> None:
    metrics = httpx.get(f"{story.installation.url}/metrics", timeout=30)
    assert metrics.status_code == 200
    _absent(story, metrics.text, "/metrics")


def test_no_command_line_shows_a_secret(story: Story) -> None:
    assert any("staffetta.app.child" in line for line in story.command_lines)
    assert any("postgres" in line for line in story.command_lines)
    for line in story.command_lines:
        _absent(story, line, line)


def test_postgresql_has_nothing_of_ours_in_its_environment(story: Story) -> None:
    pid = (story.installation.data_dir / "postgresql" / "postmaster.pid").read_text().split()[0]
    environment = Path(f"/proc/{pid}/environ").read_bytes().decode()
    assert "STAFFETTA" not in environment
    _absent(story, environment, "the environment")


def test_the_logs_of_postgresql_show_no_secret(story: Story) -> None:
    logs = list((story.installation.data_dir / "postgresql" / "log").iterdir())
    text = "".join(path.read_text() for path in logs)
    assert "STATEMENT" in text  # statements failed
    assert "parameters" not in text.lower().replace("parameters: ", "parameters ")
    _absent(story, text, "PostgreSQL's log")


def test_no_file_of_the_data_directory_is_readable_by_others(story: Story) -> None:
    data_dir = story.installation.data_dir
    private = [data_dir / "server.key", data_dir / "locks", data_dir / "metrics"]
    private += [data_dir / "postgresql"]
    assert not [path for path in private if path.stat().st_mode & 0o077]
