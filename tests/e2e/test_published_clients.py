"""Published clients, unmodified, against a whole installation over HTTPS (contract section 8).

Each runs in an environment and a process of its own (`make test-clients` makes them). Host names
and `https://` are built into them: a forward proxy leads every name here, and the certificate is
that of `staffetta tls dev`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from connect_proxy import ConnectProxy, running_connect_proxy
from contract_site import Customer, Site, serving
from installation import free_port, wait_for

CLIENTS = Path(__file__).parents[2] / ".venv" / "clients"
STAFFETTA = Path(sys.executable).with_name("staffetta")
PYTHON_SDK = """
import json, sys
from openapi_python_sdk.client import Client, OauthClient
asked = json.load(sys.stdin)
oauth = OauthClient(asked["username"], asked["key"], test=asked["test"])
said = {"scopes": oauth.get_scopes(), "some": oauth.get_scopes(limit=True)}
said["token"] = oauth.create_token(asked["scopes"], ttl=asked["ttl"])
client = Client(said["token"]["token"])
said["sent"] = [client.request("POST", url, payload) for url, payload in asked["posts"]]
said["listed"] = [client.request("GET", url) for url in asked["gets"]]
said["tokens"] = oauth.get_token()
said["found"] = oauth.get_token(scope=said["token"]["scopes"][0])
said["counters"] = oauth.get_counters("year", asked["year"])
said["deleted"] = oauth.delete_token(said["token"]["token"])
said["after"] = client.request("GET", asked["gets"][0])
json.dump(said, sys.stdout)
"""
MCP_SDK = """
import asyncio, json, sys
from types import SimpleNamespace
from openapi_mcp_sdk.apis import sms
asked = json.load(sys.stdin)
request = SimpleNamespace(
    headers={"authorization": f"Bearer {asked['token']}"}, client=SimpleNamespace(host="127.0.0.1")
)
context = SimpleNamespace(request_context=SimpleNamespace(request=request))
send = getattr(sms.send_sms, "fn", sms.send_sms)
json.dump([asyncio.run(send(*one, context)) for one in asked["sends"]], sys.stdout)
"""


@dataclass(frozen=True)
class Stage:
    """An installation that answers under the published names."""

    site: Site
    proxy: ConnectProxy
    authority: Path

    def run(self, client: str, script: str, asked: object, **environment: str) -> Any:
        """What a script of a client said, which was asked this; the secrets come by its input."""
        python = CLIENTS / client / "bin" / "python"
        if not python.exists():
            pytest.skip(f"{python} is missing: make test-clients")
        answer = subprocess.run(
            [python, "-c", script],
            input=json.dumps(asked),
            env={
                "PATH": os.environ["PATH"],
                "HTTPS_PROXY": self.proxy.url,
                "SSL_CERT_FILE": str(self.authority),
                "REQUESTS_CA_BUNDLE": str(self.authority),
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    directory = tmp_path_factory.mktemp("clients")
    tls = directory / "tls"
    made = json.loads(
        subprocess.run(
            [STAFFETTA, "tls", "dev", "--directory", str(tls), "--json"],
            env={**os.environ, "STAFFETTA_DATA_DIR": str(directory / "data")},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    port = free_port()
    with (
        serving(
            directory / "site",
            STAFFETTA_TLS_CERT=made["certificate"],
            STAFFETTA_TLS_KEY=made["key"],
            STAFFETTA_TLS_PORT=str(port),
        ) as site,
        running_connect_proxy(port) as proxy,
    ):
        yield Stage(site, proxy, Path(made["authority"]))


@pytest.fixture(scope="module")
def customer(stage: Stage) -> Customer:
    return stage.site.customer("alice")


def api_key(stage: Stage, customer: Customer) -> str:
    """A key that was made for this test: the account's first was shown to nobody here."""
    said = stage.site.run("apikey", "rotate", customer.email, "--environment", "sandbox")
    key: str = said["api_key"]
    return key


def test_the_python_sdk_makes_tokens_and_sends_through_both_generations(
    stage: Stage, customer: Customer
) -> None:
    v2, v1 = "https://test.sms.openapi.com", "https://test.ws.messaggisms.com"
    said = stage.run(
        "python",
        PYTHON_SDK,
        {
            "username": customer.email,
            "key": api_key(stage, customer),
            "test": True,
            "ttl": 0,
            "year": "2026",
            "scopes": ["*:test.sms.openapi.com/*", "*:test.ws.messaggisms.com/*"],
            "posts": [
                [f"{v2}/IT-messages", {"recipient": "+393331230001", "message": "two"}],
                [
                    f"{v1}/messages/",
                    {"sender": "Anna", "body": "one", "recipients": "+39-3331230002"},
                ],
            ],
            "gets": [f"{v2}/messages", f"{v1}/messages/"],
        },
    )
    assert "POST:test.sms.openapi.com/IT-messages" in said["scopes"]["data"]
    assert said["scopes"]["success"] is True
    assert said["token"]["success"] is True
    assert len(said["token"]["scopes"]) > 2  # expanded
    second, first = said["sent"]
    assert second["data"]["recipient"] == "+393331230001"
    assert first["data"][0]["recipients"]["valid"]["count"] == 1
    assert [message["id"] for message in said["listed"][0]["data"]] == [second["data"]["id"]]
    assert [message["id"] for message in said["listed"][1]["data"]] == [first["data"][0]["id"]]
    assert said["token"]["token"] in {one["token"] for one in said["tokens"]["data"]}
    assert said["token"]["token"] in {one["token"] for one in said["found"]["data"]}
    assert said["counters"]["success"] is True
    assert said["deleted"]["success"] is True
    customer.final(second["data"]["id"])
    assert "test.oauth.openapi.it:443" in stage.proxy.asked_for


def test_a_token_that_the_sdk_deleted_is_refused(stage: Stage, customer: Customer) -> None:
    url = "https://test.sms.openapi.com/messages"
    said = stage.run(
        "python",
        PYTHON_SDK,
        {
            "username": customer.email,
            "key": api_key(stage, customer),
            "test": True,
            "ttl": 3600,
            "year": "2026",
            "scopes": ["GET:test.sms.openapi.com/messages"],
            "posts": [],
            "gets": [url],
        },
    )
    token = said["token"]["token"]

    def refused() -> bool:
        headers = {"Host": "test.sms.openapi.com", "Authorization": f"Bearer {token}"}
        answer = customer.client.get(f"{stage.site.installation.url}/messages", headers=headers)
        return answer.status_code == 401

    wait_for(refused, what="the deleted token is refused")


def test_the_mcp_sdk_sends_an_sms(stage: Stage, customer: Customer) -> None:
    said = stage.run(
        "mcp",
        MCP_SDK,
        {
            "token": customer.token,
            "sends": [
                ["Anna", "hello", "+39-3331230003"],
                ["Anna", "hello", "nobody"],
                ["Anna", "hello", "+393331230003"],
            ],
        },
        MCP_OPENAPI_ENV="test",
    )
    sent, refused, not_asked = said
    assert sent[0]["recipients"]["valid"]["count"] == 1
    assert (refused["success"], refused["error"]) == (False, 303)
    assert not_asked["error"] == 111  # its own check: it never called
    assert "test.ws.messaggisms.com:443" in stage.proxy.asked_for
