"""A carrier whose alphabet is another: wrong characters, one command, and the right ones."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from installation import COMMAND, Installation, free_port, running, wait_for

from staffetta.connectors.simulated.journal import read_journal

LONG = "5 € @ home, " * 30


@pytest.fixture
def carrier(tmp_path: Path) -> Iterator[int]:
    """`staffetta smsc` that takes Latin-1, and keeps a journal; its port."""
    port = free_port()
    options = ("--alphabet", "latin1", "--journal", str(tmp_path / "journal"))
    with subprocess.Popen(
        [COMMAND, "smsc", "--port", str(port), "--delay", "0.1", "--quiet", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        yield port
        process.terminate()


def add_carrier(installation: Installation, port: int) -> None:
    installation.settings["CARRIER_PASSWORD"] = "secret"
    installation.json(
        *("connector", "add", "--name", "acme", "--environment", "production"),
        *("--host", "127.0.0.1", "--port", str(port), "--system-id", "gw"),
        *("--password-env", "CARRIER_PASSWORD", "--countries", "IT", "--price", "0.03"),
    )


def send(client: httpx.Client, text: str) -> httpx.Response:
    return client.post("/IT-messages", json={"recipient": "+393331234567", "message": text})


def deliver(client: httpx.Client, text: str) -> None:
    """Send a text, and wait until its reports say that it arrived."""
    answer = wait_for(lambda: (sent := send(client, text)).status_code == 201 and sent)
    path = f"/messages/{answer.json()['data']['id']}"
    wait_for(lambda: client.get(path).json()["data"]["state"] == "DELIVERED", what="delivered")


def shown(client: httpx.Client, journal: Path, text: str) -> str:
    """What the phone shows of a text."""
    deliver(client, text)
    return read_journal(journal)[-1].text


def test_a_setting_mends_what_phones_show_without_a_restart(tmp_path: Path, carrier: int) -> None:
    with running(tmp_path / "data") as installation:
        token = installation.make_account()["production"]
        with installation.client(token, "production") as client:
            add_carrier(installation, carrier)
            journal, short = tmp_path / "journal", "5$ @ home"
            assert shown(client, journal, short) == "5? ? home"
            installation.json(
                *("connector", "set", "acme", "alphabet=latin1", "long_messages=sar"),
                "registered_delivery_parts=last",
            )
            wait_for(lambda: shown(client, journal, short) == short, what="taken up")
            said = client.post("/explain", json={"recipient": "+393331234567", "message": LONG})
            written = said.json()["data"]["routes"][0]["written"]
            before = len(read_journal(journal))
            deliver(client, LONG)
        parts = read_journal(journal)[before:]
        assert "".join(entry.text for entry in parts) == LONG
        assert written["messageCount"] == len(parts) == 6
        assert {entry.parts for entry in parts} == {6}
        assert installation.json("ledger", "verify")["exact"] is True
