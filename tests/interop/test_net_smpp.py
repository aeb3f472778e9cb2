"""Net::SMPP as a carrier: an old and simple library, which shows octets as they came."""

from collections.abc import Iterator

import pytest
from carrier_gateway import Gateway, connected
from peer_carrier import PeerCarrier, Told, running_net_smpp_carrier

# As 3GPP TS 23.038 codes them; Net::SMPP leaves octets as they are.
OCTETS = {
    "Prezzo: 5 € [già]": "5072657a7a6f3a2035201b65201b3c67697f1b3e",
    "Привет ✓": "041f0440043804320435044200202713",
}
LONG = "Questo testo non entra in un solo segmento. " * 5


@pytest.fixture(scope="module")
def carrier(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeerCarrier]:
    directory = tmp_path_factory.mktemp("net_smpp")
    with (
        running_net_smpp_carrier(directory) as perl,
        connected(gateway, "perl", perl, directory, "ES") as carrier,
    ):
        yield carrier


def submits_to(carrier: PeerCarrier, number: str, count: int = 1) -> list[Told]:
    return carrier.wait_for_pdus(count, "submit_sm", destination_addr=number)


def test_it_binds_us_as_a_transceiver_of_3_4(carrier: PeerCarrier) -> None:
    bind = carrier.pdus("bind_transceiver")[0]
    assert (bind["system_id"], bind["interface_version"]) == ("perl", 0x34)


@pytest.mark.parametrize("text", OCTETS, ids=["GSM-7", "UCS-2"])
def test_it_reads_the_octets_of_a_text_and_its_report_is_understood(
    gateway: Gateway, carrier: PeerCarrier, text: str
) -> None:
    number, message = gateway.send(text, "ES")
    (submit,) = submits_to(carrier, number)
    assert submit["short_message"] == f"x{OCTETS[text]}"
    assert submit["source_addr"] == "ACME"
    assert message["state"] == "DELIVERED"


def test_it_reads_the_parts_of_a_long_text(gateway: Gateway, carrier: PeerCarrier) -> None:
    number, message = gateway.send(LONG, "ES")
    submits = submits_to(carrier, number, 2)
    parts = [bytes.fromhex(submit["short_message"][1:]) for submit in submits]
    assert [part[:3] + part[4:6] for part in parts] == [
        b"\x05\0\x03\x02\x01",
        b"\x05\0\x03\x02\x02",
    ]
    assert b"".join(part[6:] for part in parts).decode("ascii") == LONG
    assert {submit["esm_class"] for submit in submits} == {0x40}
    assert message["state"] == "DELIVERED"


def test_each_side_asks_whether_the_other_is_there(carrier: PeerCarrier) -> None:
    asked = len(carrier.pdus("enquire_link"))
    carrier.wait_for(lambda: len(carrier.pdus("enquire_link")) > asked, "an enquiry of ours")
    answered = len(carrier.pdus("enquire_link_resp"))
    carrier.order("enquire_link")
    carrier.wait_for_pdus(answered + 1, "enquire_link_resp", command_status=0)


def test_we_bind_again_after_it_unbound(gateway: Gateway, carrier: PeerCarrier) -> None:
    binds = len(carrier.pdus("bind_transceiver"))
    carrier.order("unbind")
    carrier.wait_for_pdus(1, "unbind_resp", command_status=0)
    carrier.wait_for(lambda: len(carrier.pdus("bind_transceiver")) > binds, "another bind")
    _number, message = gateway.send("di nuovo", "ES")
    assert message["state"] == "DELIVERED"


def test_a_pair_sends_on_one_bind_and_hears_on_the_other(
    gateway: Gateway, carrier: PeerCarrier
) -> None:
    gateway.set("perl", bind="pair")
    (receiver,) = carrier.wait_for_pdus(1, "bind_receiver")
    gateway.wait_for_links("perl", "bound")
    number, message = gateway.send("in due", "ES")
    (submit,) = submits_to(carrier, number)
    (transmitter,) = carrier.pdus("bind_transmitter")
    assert submit["session"] == transmitter["session"] != receiver["session"]
    carrier.wait_for_pdus(1, "deliver_sm_resp", session=receiver["session"])
    assert message["state"] == "DELIVERED"
