"""The flight recorder of a whole installation: a message of the sandbox, from request to report."""

from collections.abc import Iterator
from typing import Any

import pytest
from installation import Installation, running, wait_for

EMAIL = "alice@example.com"
NUMBER = "+393331230000"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(
        tmp_path_factory.mktemp("trace"),
        STAFFETTA_NETWORK_DELIVERY_SECONDS="0.1",
        STAFFETTA_TRACE_SAMPLE="1",
    ) as started:
        yield started


@pytest.fixture(scope="module")
def message_id(installation: Installation) -> str:
    """A message that was delivered, and all of whose PDUs were recorded."""
    token = installation.make_account(EMAIL)["sandbox"]
    with installation.client(token) as client:
        body = {"recipient": NUMBER, "message": "hello from the sandbox", "sender": "ACME"}
        answer = client.post("/IT-messages", json=body)
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["data"]["id"]
        wait_for(
            lambda: client.get(f"/messages/{found}").json()["data"]["state"] == "DELIVERED",
            what="delivered",
        )
    wait_for(lambda: len(_pdus(installation, found)) >= 3, what="the PDUs are stored")
    return found


def _trace(installation: Installation, *arguments: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = installation.json("trace", *arguments)["events"]
    return events


def _pdus(installation: Installation, message_id: str) -> list[dict[str, Any]]:
    return [one for one in _trace(installation, message_id) if one["what"] == "pdu"]


def test_everything_that_happened_is_in_one_timeline(
    installation: Installation, message_id: str
) -> None:
    events = _trace(installation, message_id, "--text")
    kinds = [event["what"] for event in events]
    for kind in ("request", "text", "quote", "money", "route", "queue", "claim", "segment"):
        assert kind in kinds, kind
    times = [event["at"] for event in events if event["at"] is not None]
    assert times == sorted(times)
    assert kinds.index("request") < kinds.index("claim") < kinds.index("report")
    pdus = [event for event in events if event["what"] == "pdu"]
    assert [(one["pdu"], one["direction"]) for one in pdus] == [
        ("submit_sm", "written"),
        ("submit_sm_resp", "read"),
        ("deliver_sm", "read"),
    ]
    assert '"hello from the sandbox"' in pdus[0]["how"]


def test_people_read_it_line_by_line(installation: Installation, message_id: str) -> None:
    out = installation.run("trace", message_id, "--redact").stdout
    assert "v2 /IT-messages from an account, sender ACME" in out
    assert EMAIL not in out
    assert "hello from the sandbox" not in out
    assert "3331230000" not in out
    assert f"Message {message_id} to +3933******00" in out
    assert max(map(len, out.splitlines())) <= 100


def test_of_a_one_time_password_no_text_is_kept(
    installation: Installation, message_id: str
) -> None:
    token = installation.json(*("token", "create", "--email", EMAIL, "--environment", "sandbox"))[
        "token"
    ]
    with installation.client(token) as client:
        # Of letters, and long: nothing else in the PDUs looks like it.
        asked = {"recipient": "+393331230001", "length": 10, "alphanumeric": True}
        sent = client.post("/otp", json=asked)
        assert sent.status_code == 201, sent.text
    otp_id, code = sent.json()["data"]["id"], sent.json()["data"]["otp"]
    wait_for(lambda: len(_pdus(installation, otp_id)) >= 3, what="the PDUs are stored")
    events = _trace(installation, otp_id, "--text", "--hex")
    pdus = [one for one in events if one["what"] == "pdu"]
    assert [one["text_kept"] for one in pdus] == [False] * 3
    assert not [one for one in pdus if code.encode() in bytes.fromhex(one["octets"])]
    (text,) = [one["how"] for one in events if one["what"] == "text"]
    assert "*****" in text


def test_it_is_found_by_its_number(installation: Installation, message_id: str) -> None:
    found = installation.json("trace", "--number", NUMBER, "--since", "1h")
    assert [one["message"] for one in found] == [message_id]
    out = installation.run("trace", "--number", NUMBER, "--redact", "--json").stdout
    assert (message_id in out, EMAIL in out, NUMBER[1:] in out) == (True, False, False)


def test_the_running_links_show_what_went_over_them(
    installation: Installation, message_id: str
) -> None:
    (connector,) = installation.json("connector", "list")

    def shown() -> list[dict[str, Any]]:
        pdus: list[dict[str, Any]] = installation.json(
            "connector", "pdus", connector["connector"], "--last", "500"
        )
        return pdus

    def names() -> list[str]:
        return [one["pdu"] for one in shown()]

    wait_for(
        lambda: {"submit_sm", "deliver_sm", "deliver_sm_resp"} <= set(names()), what="all PDUs"
    )
    assert names()[:2] == ["bind_transceiver", "bind_transceiver_resp"]
    assert "hello" not in str(shown())


def test_an_account_can_be_recorded_for_a_while(
    installation: Installation, message_id: str
) -> None:
    options = ("account", "trace", EMAIL, "--environment", "sandbox")
    assert installation.json(*options)["recorded_until"] is None
    assert installation.json(*options, "--for", "1h")["recorded_until"] is not None
    assert installation.json(*options, "--off")["recorded_until"] is None
    (last, first) = installation.json("audit", "list", "--action", "account.trace")
    assert (last["details"]["until"], first["details"]["until"] is None) == (None, False)


def test_a_wrong_id_is_answered_with_a_sentence(installation: Installation) -> None:
    done = installation.run("trace", "0" * 24, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("staffetta: there is no message 000000000000000000000000")
