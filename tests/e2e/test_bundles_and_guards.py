"""A bundle and the guards, from the operator's commands to the answers of the API."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from installation import Installation, running, wait_for

ALICE = "alice@example.com"
SANDBOX = ("--environment", "sandbox")
TWO_SEGMENTS = "x" * 200
REJECTED = "+393331239902"  # by the simulated network: no carrier takes it


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    data_dir = tmp_path_factory.mktemp("e2e") / "data"
    with running(data_dir, STAFFETTA_NETWORK_DELIVERY_SECONDS="0.1") as installation:
        yield installation


@pytest.fixture(scope="module")
def sandbox(installation: Installation) -> Iterator[httpx.Client]:
    with installation.client(installation.make_account(ALICE)["sandbox"]) as client:
        yield client


def send(client: httpx.Client, recipient: str, market: str = "IT") -> httpx.Response:
    message = {"recipient": recipient, "message": TWO_SEGMENTS}
    return client.post(f"/{market}-messages", json=message)


def left(installation: Installation) -> int:
    (bundle,) = installation.json("bundle", "list", ALICE, *SANDBOX)
    remaining: int = bundle["available"]
    return remaining


def guards(installation: Installation) -> Any:
    return installation.json("guard", "show", ALICE, *SANDBOX)


def test_a_bundle_pays_first_and_gets_back_what_no_carrier_took(
    installation: Installation, sandbox: httpx.Client
) -> None:
    installation.json("bundle", "add", ALICE, *SANDBOX, "--segments", "5", "--price", "2")
    assert send(sandbox, REJECTED).status_code == 201
    wait_for(lambda: left(installation) == 5, what="the rejected message's segments are back")
    for last_digit in (1, 2):
        assert send(sandbox, f"+39333123000{last_digit}").status_code == 201
    assert left(installation) == 1
    assert guards(installation)["available"] == 998  # nothing but the bundle was paid
    assert send(sandbox, "+393331230003").status_code == 201  # the wallet pays for the second half
    assert left(installation) == 0
    assert 0 < 998 - guards(installation)["available"] < 0.1
    assert "exact" in installation.run("ledger", "verify").stdout


def test_guards_refuse_and_say_which(installation: Installation, sandbox: httpx.Client) -> None:
    guarded = ("guard", "set", ALICE, *SANDBOX)
    installation.json(*guarded, "--countries", "IT,ES", "--day-spend-max", "0")

    def refusal(recipient: str, market: str) -> str:
        answer = send(sandbox, recipient, market)
        if answer.status_code == 201:
            return ""
        assert (answer.status_code, answer.json()["code"]) == (422, 2040)
        message: str = answer.json()["message"]
        return message

    # The cap stands under the wallet's lock, and is obeyed at once; the terms within a second.
    assert "daily spending cap" in refusal("+393331230004", "IT")
    wait_for(lambda: "FR" in refusal("+33612345678", "WW"), what="the countries are obeyed")
    installation.json("guard", "reset", ALICE, *SANDBOX)
    assert send(sandbox, "+393331230004").status_code == 201
