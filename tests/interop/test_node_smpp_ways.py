"""The ways of carriers, as node-smpp reads them: alphabets, long texts, pairs of links, TLS."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from authority import Authority
from carrier_gateway import Gateway, connected
from contract_site import new_number
from issued_files import write_files
from peer_carrier import PeerCarrier, Told, running_node_carrier
from v1_account import v1_of

LONG_GSM = "Il prezzo è 5 € [tutto compreso]. " * 12
LONG_UCS = "Привет, это длинное сообщение 😀. " * 5
DISPLAY = 1  # dest_addr_subunit
NAME = "ways"

# Set the connector's ways, and be back when its link is bound in them.
Speak = Callable[..., None]


@pytest.fixture(scope="module")
def carrier(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeerCarrier]:
    directory = tmp_path_factory.mktemp("ways")
    with (
        running_node_carrier(directory) as node,
        connected(gateway, NAME, node, directory, "GB") as carrier,
    ):
        yield carrier


@pytest.fixture(scope="module")
def speak(gateway: Gateway, carrier: PeerCarrier) -> Speak:
    spoken: dict[str, Any] = {}

    def speak(**settings: Any) -> None:
        nonlocal spoken
        if settings == spoken:
            return
        spoken = settings
        before = carrier.sessions[-1]
        gateway.set(NAME, **settings)
        carrier.wait_for(lambda: carrier.sessions[-1] > before, "a new link")
        gateway.wait_for_links(NAME, "bound")

    return speak


def submits_of(gateway: Gateway, carrier: PeerCarrier, text: str, parts: int = 1) -> list[Told]:
    """What the carrier read of a message to a new number, once that is delivered."""
    number, message = gateway.send(text, "WW", new_number("GB"))
    assert message["state"] == "DELIVERED"
    return carrier.wait_for_pdus(parts, "submit_sm", destination_addr=number)


def text_of(submits: list[Told], field: str = "short_message") -> str:
    return "".join(submit[field]["message"] for submit in submits)


def elements_of(submit: Told) -> dict[int, bytes]:
    """The elements of the user data header, by their identifier."""
    elements = [bytes.fromhex(octets) for octets in submit["short_message"]["udh"]]
    return {octets[0]: octets[2:] for octets in elements}


@pytest.mark.parametrize(
    ("alphabet", "text"),
    [("latin1", "Già @ $ [x] {y} ~ £5 §"), ("ascii", "gia' @ $ [x] {y} ~ _")],
    ids=["latin1", "ascii"],
)
def test_another_default_alphabet_is_read_as_that(
    gateway: Gateway, carrier: PeerCarrier, speak: Speak, alphabet: str, text: str
) -> None:
    speak(alphabet=alphabet)
    carrier.order("alphabet LATIN1")
    try:
        submits = submits_of(gateway, carrier, text)
    finally:
        carrier.order("alphabet ASCII")
    assert text_of(submits) == text
    assert submits[0]["data_coding"] == 0


@pytest.mark.parametrize("text", [LONG_GSM, LONG_UCS], ids=["GSM-7", "UCS-2"])
def test_parts_with_sar_tlvs_are_joined(
    gateway: Gateway, carrier: PeerCarrier, speak: Speak, text: str
) -> None:
    speak(long_messages="sar")
    submits = submits_of(gateway, carrier, text, 3)
    assert text_of(submits) == text
    assert [(one["sar_segment_seqnum"], one["sar_total_segments"]) for one in submits] == [
        (1, 3),
        (2, 3),
        (3, 3),
    ]
    assert len({one["sar_msg_ref_num"] for one in submits}) == 1
    assert {one["esm_class"] & 0x40 for one in submits} == {0}


@pytest.mark.parametrize("text", [LONG_GSM, LONG_UCS], ids=["GSM-7", "UCS-2"])
def test_a_text_in_one_payload_is_read_whole(
    gateway: Gateway, carrier: PeerCarrier, speak: Speak, text: str
) -> None:
    speak(long_messages="payload")
    submits = submits_of(gateway, carrier, text)
    assert text_of(submits, "message_payload") == text
    assert text_of(submits) == ""


def test_references_of_16_bits_are_read(
    gateway: Gateway, carrier: PeerCarrier, speak: Speak
) -> None:
    speak(long_messages="udh16")
    submits = submits_of(gateway, carrier, LONG_GSM, 3)
    assert text_of(submits) == LONG_GSM
    elements = [elements_of(submit)[0x08] for submit in submits]
    assert [tuple(element[2:]) for element in elements] == [(3, 1), (3, 2), (3, 3)]
    assert len({element[:2] for element in elements}) == 1


@pytest.mark.parametrize(
    ("language", "identifier", "text"),
    [
        ("turkish", 1, "Şişe ğ ı İ: 5 € [iki]. " * 4),
        ("spanish", 2, "¿Cuánto? Ahí, razón y más: 5 €. " * 3),
        ("portuguese", 3, "Não, às três, coração: 5 €. " * 4),
    ],
    ids=["turkish", "spanish", "portuguese"],
)
def test_national_tables_are_read(
    gateway: Gateway,
    carrier: PeerCarrier,
    speak: Speak,
    language: str,
    identifier: int,
    text: str,
) -> None:
    speak(shift_tables=[language])
    submits = submits_of(gateway, carrier, text)
    elements = elements_of(submits[0])
    assert set(elements) <= {0x24, 0x25}
    assert set(elements.values()) == {bytes([identifier])}
    assert text_of(submits) == text


def test_a_flash_message_is_marked_for_the_display(
    gateway: Gateway, carrier: PeerCarrier, speak: Speak
) -> None:
    speak(flash="subunit")
    number = new_number("GB")
    v1_of(gateway.customer).send(
        sender="ACME",
        body="subito",
        recipients=f"+44-{number.removeprefix('+44')}",
        options={"flash": True},
    )
    (submit,) = carrier.wait_for_pdus(1, "submit_sm", destination_addr=number.removeprefix("+"))
    assert (submit["dest_addr_subunit"], submit["data_coding"]) == (DISPLAY, 0)
    assert text_of([submit]) == "subito"


def test_a_carriers_own_fields_are_read(
    gateway: Gateway, carrier: PeerCarrier, speak: Speak
) -> None:
    speak(
        service_type="CMT",
        protocol_id=0x41,
        tlvs={"0x1400": "1201159", "0x0204": "0x002a"},
        gsm7_data_coding=0xF1,
        validity="relative",
        short_code_numbering=[3, 0],
        international_numbering=[0, 0],
    )
    (submit,) = submits_of(gateway, carrier, "tutto a modo loro: 5 €")
    assert text_of([submit]) == "tutto a modo loro: 5 €"
    assert (submit["service_type"], submit["protocol_id"]) == ("CMT", 0x41)
    assert submit[str(0x1400)] == b"1201159".hex()
    assert submit["user_message_reference"] == 42
    assert submit["data_coding"] == 0xF1
    assert (submit["dest_addr_ton"], submit["dest_addr_npi"]) == (0, 0)
    expires = datetime.fromisoformat(submit["validity_period"])
    assert abs(expires - datetime.now(UTC) - timedelta(hours=48)) < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("asked", "expected"), [("first", [1, 0, 0]), ("last", [0, 0, 1])], ids=["first", "last"]
)
def test_one_report_for_all_parts_is_enough(
    gateway: Gateway, carrier: PeerCarrier, speak: Speak, asked: str, expected: list[int]
) -> None:
    speak(registered_delivery_parts=asked)
    submits = submits_of(gateway, carrier, LONG_GSM, 3)
    assert [submit["registered_delivery"] for submit in submits] == expected


def test_a_pair_sends_on_one_bind_and_hears_on_the_other(
    gateway: Gateway, carrier: PeerCarrier, speak: Speak
) -> None:
    transceivers = carrier.pdus("bind_transceiver")
    speak(bind="pair")
    (submit,) = submits_of(gateway, carrier, "in due")
    (transmitter,) = carrier.pdus("bind_transmitter")
    (receiver,) = carrier.pdus("bind_receiver")
    assert submit["session"] == transmitter["session"] != receiver["session"]
    carrier.wait_for_pdus(1, "deliver_sm_resp", session=receiver["session"])
    assert carrier.pdus("bind_transceiver") == transceivers


def test_over_tls_a_message_is_sent_and_reported(gateway: Gateway, tmp_path: Path) -> None:
    authority = Authority()
    issued = authority.issue("smsc.example.com", address="127.0.0.1")
    with running_node_carrier(tmp_path, *write_files(issued, tmp_path)) as carrier:
        gateway.connect("tls", carrier.port, "CH", tls=True, tls_ca=authority.certificate)
        carrier.wait_for(lambda: carrier.pdus("bind_transceiver", system_id="tls"), "the bind")
        number, message = gateway.send("segreto: 5 €", "WW", new_number("CH"))
        (submit,) = carrier.wait_for_pdus(1, "submit_sm", destination_addr=number)
        gateway.disable("tls")
        carrier.wait_for_pdus(1, "unbind")
    assert text_of([submit]) == "segreto: 5 €"
    assert message["state"] == "DELIVERED"
    connected_to = [one for one in carrier.told if one["told"] == "connected"]
    assert connected_to[-1]["tls"] == "TLSv1.3"


def test_over_tls_a_stranger_is_not_spoken_to(gateway: Gateway, tmp_path: Path) -> None:
    issued = Authority().issue("smsc.example.com", address="127.0.0.1")
    with running_node_carrier(tmp_path, *write_files(issued, tmp_path)) as carrier:
        gateway.connect("stranger-tls", carrier.port, "DE", tls=True)
        gateway.wait_for_links("stranger-tls", "refused")
        gateway.disable("stranger-tls")
        assert not carrier.pdus("bind_transceiver")
