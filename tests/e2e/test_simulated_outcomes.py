"""Every outcome of the simulated network: sent over HTTP, read back, by the installed command."""

from collections.abc import Iterator

import httpx
import pytest
from installation import Installation, running, wait_for

OUTCOMES = {
    "9900": ("DELIVERED", False),
    "9901": ("UNDELIVERABLE", False),
    "9902": ("REJECTED", False),
    "9903": ("EXPIRED", False),
    "9905": ("DELIVERED", False),  # throttled for a while
    "9906": ("DELIVERED", False),  # its report comes late
    "9907": ("DELIVERED", False),  # its report comes before the answer
    "9908": ("DELIVERED", False),  # its report comes twice
    "9909": ("DELIVERED", True),  # the first submit is never answered
}
UNPAID = {"9902"}  # no carrier took it
FAST = {
    "STAFFETTA_NETWORK_DELIVERY_SECONDS": "0.1",
    "STAFFETTA_NETWORK_LATE_SECONDS": "2",
    "STAFFETTA_NETWORK_THROTTLE_SECONDS": "1",
    # No answer is so late, however slow the machine is: it would make a duplicate of its message.
    "STAFFETTA_RESPONSE_SECONDS": "6",
}


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(tmp_path_factory.mktemp("e2e") / "data", **FAST) as installation:
        yield installation


@pytest.fixture(scope="module")
def sandbox(installation: Installation) -> Iterator[httpx.Client]:
    tokens = installation.make_account()
    with installation.client(tokens["sandbox"]) as client:
        yield client


def send(client: httpx.Client, market: str, recipient: str, text: str = "ciao") -> str:
    answer = client.post(f"/{market}-messages", json={"recipient": recipient, "message": text})
    assert answer.status_code == 201, answer.text
    identifier: str = answer.json()["data"]["id"]
    return identifier


def read(client: httpx.Client, identifier: str) -> dict[str, object]:
    answer = client.get(f"/messages/{identifier}")
    assert answer.status_code == 200, answer.text
    message: dict[str, object] = answer.json()["data"]
    return message


@pytest.mark.parametrize(("market", "prefix"), [("IT", "+39333123"), ("WW", "+3361234")])
def test_each_outcome_ends_as_documented(sandbox: httpx.Client, market: str, prefix: str) -> None:
    texts = {"9900": "x" * 400}  # three segments
    sent = {
        digits: send(sandbox, market, prefix + digits, texts.get(digits, "ciao"))
        for digits in OUTCOMES
    }

    def ends() -> bool:
        return all(
            read(sandbox, identifier)["state"] not in {"NEW", "PENDING"}
            for identifier in sent.values()
        )

    try:
        wait_for(ends, 120, "every message final")
    finally:
        final = {digits: read(sandbox, identifier) for digits, identifier in sent.items()}
        print({digits: message["state"] for digits, message in final.items()})
    for digits, (state, flagged) in OUTCOMES.items():
        message = final[digits]
        assert message["state"] == state, (digits, message)
        assert message.get("possiblyDuplicate", False) is flagged, (digits, message)
        assert (message["totalPrice"] == 0) is (digits in UNPAID), (digits, message)
        assert (message["sentAt"] is None) is (digits in UNPAID), (digits, message)
        assert (message["deliveredAt"] is not None) is (state == "DELIVERED"), (digits, message)


def test_without_a_report_a_message_stays_pending(sandbox: httpx.Client) -> None:
    identifier = send(sandbox, "IT", "+393331239904")
    message = wait_for(
        lambda: (found := read(sandbox, identifier))["state"] == "PENDING" and found, 20
    )
    assert message["sentAt"] is not None
    assert message["deliveredAt"] is None


def test_the_books_are_exact_afterwards(installation: Installation) -> None:
    assert installation.json("ledger", "verify")["exact"] is True
