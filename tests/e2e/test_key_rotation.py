"""The server's key is rotated while everything works; nobody notices."""

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from carrier import running_carrier
from installation import Installation, running, wait_for

_NUMBERS = itertools.count(33_000)  # none twice: a code that was sent lately is sent again


@dataclass
class Load:
    """One-time passwords, sent and checked until told to stop: each is sealed and opened again."""

    client: httpx.Client
    stop: threading.Event = field(default_factory=threading.Event)
    sent: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    verified_count: int = 0

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self._once()
            except (httpx.HTTPError, KeyError, ValueError) as error:
                self.faults.append(repr(error))

    def _once(self) -> None:
        number = f"+393{next(_NUMBERS)}0001"
        body = {"recipient": number, "cacheSeconds": 600}
        made = self.client.post("/otp", json=body)
        if made.status_code != 201:
            self.faults.append(made.text)
            return
        data: dict[str, Any] = made.json()["data"]
        self.sent.append(data["id"])
        again = self.client.post("/otp", json=body)  # out of the cache: it is opened
        if again.status_code != 201 or again.json()["data"]["otp"] != data["otp"]:
            self.faults.append(again.text)
        checked = self.client.post(f"/otp/{data['id']}/verify", json={"code": data["otp"]})
        if checked.json() != {"data": {"verified": True}}:
            self.faults.append(checked.text)
        self.verified_count += 1


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    directory = tmp_path_factory.mktemp("rotation")
    with running(
        directory / "data",
        STAFFETTA_API_PROCESSES="2",
        STAFFETTA_NETWORK_DELIVERY_SECONDS="0.1",
        STAFFETTA_RATE_LIMIT_PER_MINUTE="0",
    ) as installation:
        yield installation


def _open_guards(installation: Installation, email: str) -> None:
    off = ("--otp-per-recipient", "none", "--otp-per-prefix", "none", "--otp-per-account", "none")
    installation.run("guard", "set", email, "--environment", "sandbox", *off)


def test_nobody_notices_that_the_key_is_rotated(installation: Installation) -> None:
    email = "load@example.com"
    token = installation.make_account(email)["sandbox"]
    _open_guards(installation, email)
    pids = [installation.pid_of(role) for role in ("api", "dispatch", "callbacks")]
    with installation.client(token) as client, installation.client(token) as other:
        loads = [Load(client), Load(other)]
        threads = [threading.Thread(target=load.run) for load in loads]
        for thread in threads:
            thread.start()
        for _ in range(2):
            before = sum(load.verified_count for load in loads)
            installation.json("key", "rotate")
            wait_for(lambda: sum(load.verified_count for load in loads) > before + 10)  # noqa: B023
        for load in loads:
            load.stop.set()
        for thread in threads:
            thread.join()
        assert not [fault for load in loads for fault in load.faults]
        for load in loads:
            for identifier in load.sent[-3:]:
                wait_for(lambda: _state(client, identifier) == "DELIVERED")  # noqa: B023
    assert [installation.pid_of(role) for role in ("api", "dispatch", "callbacks")] == pids
    log = installation.log_path.read_text()
    assert '"event": "server_key_changed"' in log
    assert "step_failed" not in log


def _state(client: httpx.Client, identifier: str) -> str:
    state: str = client.get(f"/messages/{identifier}").json()["data"]["state"]
    return state


def test_every_process_takes_up_a_new_key_by_itself(installation: Installation) -> None:
    looked = installation.log_path.read_text().count('"event": "server_key_changed"')
    installation.json("key", "rotate")
    newest = installation.json("key", "list")["keys"][0]["key"]
    processes = 4  # two for HTTP, one for dispatch, one for callbacks; the network holds it too
    wait_for(lambda: installation.log_path.read_text().count(f'"newest": "{newest}"') >= processes)
    assert installation.log_path.read_text().count('"event": "server_key_changed"') > looked


def test_links_to_carriers_stay_up(installation: Installation, tmp_path: Path) -> None:
    with running_carrier(tmp_path) as carrier:
        _add_carrier(installation, "acme", carrier.port)
        resealed = installation.json("key", "rotate")
        assert {"column": "connector.password", "resealed": 1, "unreadable": 0} in resealed
        # Whoever brings up the second link has looked at the first one's new row.
        _add_carrier(installation, "second", carrier.port)
        log = installation.log_path.read_text()
        for event in ("link_draining", "link_down", "link_lost", "connector_not_started"):
            assert f'"event": "{event}", "connector": "acme"' not in log


def _add_carrier(installation: Installation, name: str, port: int) -> None:
    installation.settings["CARRIER_PASSWORD"] = "secret"
    installation.json(
        *("connector", "add", "--name", name, "--environment", "production"),
        *("--host", "127.0.0.1", "--port", str(port), "--system-id", "gw"),
        *("--password-env", "CARRIER_PASSWORD", "--countries", "IT", "--price", "0.03"),
    )
    bound = f'"event": "link_bound", "connector": "{name}"'
    wait_for(lambda: bound in installation.log_path.read_text(), what=bound)


@pytest.mark.parametrize("role", [(), ("--role", "api"), ("--role", "dispatch")], ids=str)
def test_a_machine_with_another_key_does_not_start(
    database_url: str, tmp_path: Path, role: tuple[str, ...]
) -> None:
    def machine(name: str, key: str) -> Installation:
        settings = {"STAFFETTA_DATABASE_URL": database_url, "STAFFETTA_SERVER_KEY": key}
        return Installation(tmp_path / name, settings=settings)

    machine("first", "11" * 32).json("account", "create", "--email", "anna@example.com")
    done = machine("second", "22" * 32).run("serve", *role, check=False)
    assert done.returncode == 1
    assert "STAFFETTA_SERVER_KEY must be the same on all machines" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
