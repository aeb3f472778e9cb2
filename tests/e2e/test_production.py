"""An operator's day: a carrier added without a restart, a restart, a clean stop."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from installation import COMMAND, Installation, free_port, running, wait_for

PASSWORD_VARIABLE = "CARRIER_PASSWORD"


@pytest.fixture
def carrier() -> Iterator[int]:
    """`staffetta smsc` in a process of its own; its port."""
    port = free_port()
    with subprocess.Popen(
        [COMMAND, "smsc", "--port", str(port), "--delay", "0.1", "--quiet"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        yield port
        process.terminate()


def add_carrier(installation: Installation, port: int, name: str = "acme") -> dict[str, object]:
    installation.settings[PASSWORD_VARIABLE] = "secret"
    added: dict[str, object] = installation.json(
        *("connector", "add", "--name", name, "--environment", "production"),
        *("--host", "127.0.0.1", "--port", str(port), "--system-id", "gw"),
        *("--password-env", PASSWORD_VARIABLE, "--window", "100", "--rate", "0"),
        *("--countries", "IT,ES", "--price", "0.03"),
    )
    return added


def post(client: httpx.Client, path: str = "/IT-messages") -> httpx.Response:
    return client.post(path, json={"recipient": "+393331234567", "message": "ciao"})


def delivered(client: httpx.Client, identifier: str) -> bool:
    state: str = client.get(f"/messages/{identifier}").json()["data"]["state"]
    return state == "DELIVERED"


def test_a_carrier_is_added_and_used_without_a_restart(tmp_path: Path, carrier: int) -> None:
    with running(tmp_path / "data") as installation:
        token = installation.make_account()["production"]
        with installation.client(token, "production") as client:
            refused = post(client)
            assert (refused.status_code, refused.json()["code"]) == (503, 2080)
            add_carrier(installation, carrier)
            answer = wait_for(lambda: (sent := post(client)).status_code == 201 and sent)
            identifier = answer.json()["data"]["id"]
            wait_for(lambda: delivered(client, identifier), what="delivered")
            listed = installation.json("connector", "list")
            mine = next(one for one in listed if one["connector"] == "acme")
            assert "secret" not in str(listed)
            assert mine["links"] == ["bound"]
        assert installation.json("ledger", "verify")["exact"] is True


def test_what_waits_for_a_carrier_survives_a_restart_and_is_delivered(
    tmp_path: Path, carrier: int
) -> None:
    with running(tmp_path / "data") as installation:
        token = installation.make_account()["production"]
        unreachable = free_port()
        add_carrier(installation, unreachable)
        with installation.client(token, "production") as client:
            # A route whose link is down is a route: the message waits.
            answer = wait_for(lambda: (sent := post(client)).status_code == 201 and sent)
            identifier = answer.json()["data"]["id"]
            assert installation.stop() == 0
            installation.start()
            assert not delivered(client, identifier)
            with subprocess.Popen(
                [COMMAND, "smsc", "--port", str(unreachable), "--delay", "0.1", "--quiet"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            ) as process:
                wait_for(lambda: delivered(client, identifier), 90, "delivered")
                process.terminate()
        assert installation.stop() == 0
        assert "secret" not in installation.log_path.read_text()
