"""node-smpp as a carrier: what customers send is what it reads, and what it answers is understood.

Its decoding is its own: a text that it shows went through nobody's tables but ours and its.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from carrier_gateway import Gateway, connected
from peer_carrier import PeerCarrier, Told, running_node_carrier
from v1_account import new_number, v1_of

# 3GPP TS 23.038, sections 6.2.1 and 6.2.1.1, in the order of the codes.
DEFAULT_TABLE = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION_TABLE = "\f^{}\\[~]|€"
LONG_GSM = "Il prezzo è 5 € [tutto compreso]. " * 12
LONG_UCS = "Привет, это длинное сообщение 😀. " * 5
TEXTS = {
    "every character of GSM-7": DEFAULT_TABLE + EXTENSION_TABLE,
    "extension characters at both ends": "€" * 80,
    "Cyrillic": "Привет ✓",
    "outside the BMP": "😀 1 𝄞",
}
THROTTLED, INVALID_DESTINATION, WRONG_BIND = 0x58, 0x0B, 0x04
CHATTING = "393331230000"  # who writes when nobody asked


@pytest.fixture(scope="module")
def carrier(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeerCarrier]:
    directory = tmp_path_factory.mktemp("node")
    with (
        running_node_carrier(directory) as node,
        connected(gateway, "node", node, directory, "IT") as carrier,
    ):
        yield carrier


@pytest.fixture(autouse=True)
def usual_ways(carrier: PeerCarrier) -> None:
    carrier.order("reports text")
    carrier.order("statuses")


def submits_to(carrier: PeerCarrier, number: str, count: int = 1) -> list[Told]:
    return carrier.wait_for_pdus(count, "submit_sm", destination_addr=number)


def answers_about(carrier: PeerCarrier, number: str) -> list[Told]:
    """What we answered to what was brought from a number; waits for the first."""

    def found() -> list[Told]:
        said = [one for one in list(carrier.told) if one["told"] == "answered"]
        return [one for one in said if one["number"] == number]

    answers: list[Told] = carrier.wait_for(found, f"an answer about {number}")
    return answers


def text_of(submit: Told) -> str:
    text: str = submit["short_message"]["message"]
    return text


def test_it_binds_us_as_a_transceiver_of_3_4(carrier: PeerCarrier) -> None:
    bind = carrier.pdus("bind_transceiver")[0]
    assert (bind["system_id"], bind["interface_version"]) == ("node", 0x34)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_it_reads_the_text_that_was_sent(gateway: Gateway, carrier: PeerCarrier, text: str) -> None:
    number, message = gateway.send(text)
    (submit,) = submits_to(carrier, number)
    assert text_of(submit) == text
    assert message["state"] == "DELIVERED"


def test_it_reads_addresses_and_what_is_asked_of_it(gateway: Gateway, carrier: PeerCarrier) -> None:
    number, _ = gateway.send("ciao")
    (submit,) = submits_to(carrier, number)
    assert submit["source_addr"] == "ACME"
    assert (submit["source_addr_ton"], submit["source_addr_npi"]) == (5, 0)
    assert (submit["dest_addr_ton"], submit["dest_addr_npi"]) == (1, 1)
    assert submit["registered_delivery"] == 1
    expires = datetime.fromisoformat(submit["validity_period"])
    assert abs(expires - datetime.now(UTC) - timedelta(hours=48)) < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("text", "parts", "data_coding"), [(LONG_GSM, 3, 0), (LONG_UCS, 3, 8)], ids=["GSM-7", "UCS-2"]
)
def test_it_joins_the_parts_of_a_long_text(
    gateway: Gateway, carrier: PeerCarrier, text: str, parts: int, data_coding: int
) -> None:
    number, message = gateway.send(text)
    submits = submits_to(carrier, number, parts)
    headers = [bytes.fromhex(submit["short_message"]["udh"][0]) for submit in submits]
    assert [(header[0], header[3], header[4]) for header in headers] == [
        (0, parts, part) for part in range(1, parts + 1)
    ]
    assert len({header[2] for header in headers}) == 1
    assert "".join(text_of(submit) for submit in submits) == text
    assert {submit["data_coding"] for submit in submits} == {data_coding}
    assert message["state"] == "DELIVERED"


@pytest.mark.parametrize(
    ("text", "data_coding"), [("Codice: 1234 €", 0xF0), ("Код: 1234", 0x18)], ids=["GSM-7", "UCS-2"]
)
def test_it_reads_a_flash_message(
    gateway: Gateway, carrier: PeerCarrier, text: str, data_coding: int
) -> None:
    number = new_number()
    account = v1_of(gateway.customer)
    account.send(sender="ACME", body=text, recipients=number, options={"flash": True})
    (submit,) = submits_to(carrier, number.translate({ord("+"): "", ord("-"): ""}))
    assert text_of(submit) == text
    assert submit["data_coding"] == data_coding


@pytest.mark.parametrize("form", ["tlv", "ucs2", "data_sm", "early", "decimal"])
def test_a_report_in_another_form_is_understood(
    gateway: Gateway, carrier: PeerCarrier, form: str
) -> None:
    carrier.order("reports", form)
    _number, message = gateway.send("ciao")
    assert message["state"] == "DELIVERED"


def test_reports_are_acknowledged(gateway: Gateway, carrier: PeerCarrier) -> None:
    number, _ = gateway.send("ciao")
    (answer,) = answers_about(carrier, number)
    assert (answer["command_status"], answer["message_id"]) == (0, "")


def test_a_throttled_message_goes_again(gateway: Gateway, carrier: PeerCarrier) -> None:
    carrier.order("statuses", THROTTLED, THROTTLED)
    number, message = gateway.send("piano piano")
    submits = submits_to(carrier, number, 3)
    assert {text_of(submit) for submit in submits} == {"piano piano"}
    assert message["state"] == "DELIVERED"


def test_a_refused_message_ends(gateway: Gateway, carrier: PeerCarrier) -> None:
    carrier.order("statuses", INVALID_DESTINATION)
    number, message = gateway.send("nessuno")
    submits_to(carrier, number, 1)
    assert message["state"] == "REJECTED"


def test_each_side_asks_whether_the_other_is_there(carrier: PeerCarrier) -> None:
    asked = len(carrier.pdus("enquire_link"))
    carrier.wait_for(lambda: len(carrier.pdus("enquire_link")) > asked, "an enquiry of ours")
    answered = len(carrier.pdus("enquire_link_resp"))
    carrier.order("enquire")
    carrier.wait_for_pdus(answered + 1, "enquire_link_resp", command_status=0)


def test_what_no_link_needs_is_answered_and_changes_nothing(
    gateway: Gateway, carrier: PeerCarrier
) -> None:
    sessions = carrier.open_sessions
    carrier.order("chat")
    carrier.wait_for_pdus(1, "query_sm_resp", command_status=WRONG_BIND)
    (answer,) = answers_about(carrier, CHATTING)
    assert answer["command_status"] == 0
    _number, message = gateway.send("ciao")
    assert message["state"] == "DELIVERED"
    assert carrier.open_sessions == sessions


def test_we_bind_again_after_it_unbound(gateway: Gateway, carrier: PeerCarrier) -> None:
    answered = len(carrier.pdus("unbind_resp"))
    binds = len(carrier.pdus("bind_transceiver"))
    carrier.order("unbind")
    carrier.wait_for_pdus(answered + 1, "unbind_resp", command_status=0)
    carrier.wait_for(lambda: len(carrier.pdus("bind_transceiver")) > binds, "another bind")
    _number, message = gateway.send("di nuovo")
    assert message["state"] == "DELIVERED"


def test_a_disabled_connector_unbinds(gateway: Gateway, carrier: PeerCarrier) -> None:
    gateway.connect("fleeting", carrier.port, "DE")
    (bind, *_) = carrier.wait_for(
        lambda: carrier.pdus("bind_transceiver", system_id="fleeting"), "the bind"
    )
    gateway.disable("fleeting")
    carrier.wait_for_pdus(1, "unbind", session=bind["session"])


def test_a_wrong_password_is_told_to_the_operator(gateway: Gateway, carrier: PeerCarrier) -> None:
    gateway.connect("stranger", carrier.port, "DE", password="wrong")
    gateway.wait_for_links("stranger", "refused")
    gateway.disable("stranger")


def test_a_certification_learns_what_it_does(gateway: Gateway, carrier: PeerCarrier) -> None:
    carrier.order("reports ucs2")
    found = gateway.site.run(
        *("connector", "check", "node", "--yes", "--wait", "60"),
        *("--to", "+393331239000", "--burst", "50"),
    )
    assert (found["obstacle"], found["binds"][0]["system_id"]) == (None, "NODE-SMPP")
    assert {one["status"] for one in found["messages"]} == {0}
    sent = len(found["messages"]) + 50
    reports = found["reports"]
    assert (reports["count"], reports["matched"], reports["states"]) == (
        sent,
        sent,
        {"DELIVRD": sent},
    )
    assert (found["alphabet"], found["settings"]) == ("as_sent", {})
    assert found["burst"]["accepted"] == 50
