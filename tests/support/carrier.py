"""A carrier: `staffetta smsc` in a process of its own, with a journal of what truly reached it."""

import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from installation import COMMAND, START_SECONDS_MAX, Installation, free_port, wait_for

from staffetta.connectors.simulated.journal import JournalEntry, read_journal

PASSWORD_VARIABLE = "CARRIER_PASSWORD"


@dataclass(frozen=True)
class Carrier:
    """A running carrier."""

    port: int
    journal_path: Path

    def journal(self) -> list[JournalEntry]:
        """Every segment it accepted, in the order of the wire."""
        return read_journal(self.journal_path) if self.journal_path.exists() else []


@contextmanager
def running_carrier(
    directory: Path, delay_seconds: float = 0.1, more: Sequence[str] = ()
) -> Iterator[Carrier]:
    """A carrier for as long as the block runs; its journal and its errors stay in `directory`.

    `more` are options of `staffetta smsc`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    carrier = Carrier(free_port(), directory / "carrier.journal")
    options = ("--port", str(carrier.port), "--delay", str(delay_seconds), "--quiet")
    with (
        (directory / "carrier.log").open("ab") as log,
        subprocess.Popen(
            [COMMAND, "smsc", *options, "--journal", str(carrier.journal_path), *more],
            stdout=log,
            stderr=log,
        ) as process,
    ):
        try:
            wait_for(lambda: _listens(carrier.port), START_SECONDS_MAX, "the carrier listens")
            yield carrier
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


def add_carrier(
    installation: Installation,
    port: int,
    *,
    name: str = "acme",
    window: int = 100,
    countries: str = "*",
) -> None:
    """A connector of production to a carrier on this machine, without a limit of rate."""
    installation.settings[PASSWORD_VARIABLE] = "secret"
    installation.json(
        *("connector", "add", "--name", name, "--environment", "production"),
        *("--host", "127.0.0.1", "--port", str(port), "--system-id", "gw"),
        *("--password-env", PASSWORD_VARIABLE, "--window", str(window), "--rate", "0"),
        *("--countries", countries, "--price", "0.03"),
    )


def wait_for_route(client: httpx.Client) -> None:
    """Until the API knows a way to Italy: it looks for what operators changed now and then."""
    body = {"recipient": "+393331234567", "message": "x", "options": {"dryRun": True}}
    wait_for(
        lambda: client.post("/IT-messages", json=body).status_code == 201, what="the route is known"
    )


def links_of(installation: Installation, name: str = "acme") -> list[str]:
    """The states of a connector's links, as `staffetta connector list` shows them."""
    for connector in installation.json("connector", "list"):
        if connector["connector"] == name:
            states: list[str] = connector["links"]
            return states
    return []
