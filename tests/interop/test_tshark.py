"""Wireshark's dissector reads our traffic: an independent eye on every octet we send."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from capture import Fields, Tshark, write_capture
from carrier import running_carrier
from carrier_gateway import Gateway
from installation import wait_for
from judges import complaints
from tcp_proxy import Piece, TcpProxy, Way, running_proxy

LONG_GSM = "Il prezzo e 5 € [tutto compreso]. " * 12
LONG_UCS = "Привет, это длинное сообщение. " * 5
TEXTS = {
    "+33612340001": "Prezzo: 5 € [già]",
    "+33612340002": "Привет ✓",
    "+33612340003": LONG_GSM,
    "+33612340004": LONG_UCS,
    "+33612349901": "undeliverable",
    "+33612349902": "refused",
}
REFUSED, UNDELIVERABLE = "+33612349902", "+33612349901"
BIND, UNBIND, ENQUIRE, SUBMIT, DELIVER = 0x09, 0x06, 0x15, 0x04, 0x05
ANSWER = 0x8000_0000
EXPIRES_AFTER = timedelta(hours=48)


@pytest.fixture(scope="module")
def recording(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TcpProxy]:
    """What passed between an installation and its carrier, from the bind to the unbind."""
    directory = tmp_path_factory.mktemp("wire")
    with running_carrier(directory) as carrier, running_proxy(carrier.port) as proxy:
        gateway.connect("gw", proxy.port, "FR")
        gateway.wait_for_links("gw", "bound")
        for recipient, text in TEXTS.items():
            gateway.send(text, "WW", recipient)
        recorded = len(proxy.recording)
        wait_for(lambda: len(proxy.recording) >= recorded + 4, what="two enquiries")
        gateway.disable("gw")
        wait_for(lambda: is_unbound(proxy), what="the unbind")
        yield proxy


@pytest.fixture(scope="module")
def tshark(recording: TcpProxy, tmp_path_factory: pytest.TempPathFactory) -> Tshark:
    path = tmp_path_factory.mktemp("capture") / "link.pcap"
    write_capture(path, recording.recording, recording.port)
    return Tshark(path, recording.port)


@pytest.fixture(scope="module")
def pdus(tshark: Tshark) -> list[Fields]:
    return tshark.pdus()


def is_unbound(proxy: TcpProxy) -> bool:
    """Whether the last connection ended with words."""
    last = [one.octets for one in proxy.recording if one.connection == proxy.connection_count - 1]
    return any((UNBIND | ANSWER).to_bytes(4, "big") in octets for octets in last)


def of(pdus: list[Fields], command: int) -> list[Fields]:
    return [pdu for pdu in pdus if int(pdu["smpp.command_id"][0], 16) == command]


def value(pdu: Fields, name: str) -> str:
    (only,) = pdu[f"smpp.{name}"]
    return only


def submits_to(pdus: list[Fields], recipient: str) -> list[Fields]:
    number = recipient.removeprefix("+")
    return [pdu for pdu in of(pdus, SUBMIT) if value(pdu, "destination_addr") == number]


def test_nothing_is_malformed(tshark: Tshark) -> None:
    assert tshark.faults() == []


@pytest.mark.parametrize("way", Way, ids=[way.value for way in Way])
def test_libsmpp34_finds_no_fault_either(recording: TcpProxy, way: Way, tmp_path: Path) -> None:
    assert complaints(recording.recording, recording.port, way, tmp_path) == []


def test_a_malformed_pdu_would_be_seen(recording: TcpProxy, tmp_path: Path) -> None:
    def overrun(piece: Piece) -> Piece:
        octets = piece.octets.replace(b"\x0dundeliverable", b"\x7fundeliverable")
        return replace(piece, octets=octets)

    path = tmp_path / "broken.pcap"
    write_capture(path, [overrun(piece) for piece in recording.recording], recording.port)
    assert Tshark(path, recording.port).faults()


def test_every_octet_on_the_wire_belongs_to_a_pdu(recording: TcpProxy, pdus: list[Fields]) -> None:
    passed = sum(len(piece.octets) for piece in recording.recording)
    assert sum(int(value(pdu, "command_length")) for pdu in pdus) == passed


@pytest.mark.parametrize("command", [BIND, SUBMIT, DELIVER, ENQUIRE, UNBIND])
def test_each_kind_of_request_is_there_and_every_one_is_answered(
    pdus: list[Fields], command: int
) -> None:
    asked = [value(pdu, "sequence_number") for pdu in of(pdus, command)]
    answered = [value(pdu, "sequence_number") for pdu in of(pdus, command | ANSWER)]
    assert asked
    assert sorted(answered) == sorted(asked)


def test_the_bind_names_us_and_our_version(pdus: list[Fields]) -> None:
    bind = of(pdus, BIND)[-1]
    assert value(bind, "system_id") == "gw"
    assert int(value(bind, "interface_version")) == 0x34


@pytest.mark.parametrize("recipient", ["+33612340001", "+33612340002", REFUSED])
def test_a_short_text_is_read_as_it_was_sent(pdus: list[Fields], recipient: str) -> None:
    (submit,) = submits_to(pdus, recipient)
    assert value(submit, "message_text") == TEXTS[recipient]
    assert value(submit, "source_addr") == "ACME"
    numbering = [int(value(submit, f"{end}_addr_ton"), 16) for end in ("source", "dest")]
    assert numbering == [5, 1]  # alphanumeric, international
    plans = [int(value(submit, f"{end}_addr_npi"), 16) for end in ("source", "dest")]
    assert plans == [0, 1]
    assert int(value(submit, "regdel.receipt"), 16) == 1


@pytest.mark.parametrize(
    ("recipient", "data_coding", "octets_max"),
    [("+33612340003", 0, 159), ("+33612340004", 8, 140)],
)
def test_a_long_text_is_joined_from_its_parts(
    pdus: list[Fields], recipient: str, data_coding: int, octets_max: int
) -> None:
    submits = submits_to(pdus, recipient)
    total = len(submits)
    assert total > 1
    assert "".join(value(submit, "message_text") for submit in submits) == TEXTS[recipient]
    headers = [
        [submit[f"gsm_sms.udh.mm.{name}"][0] for name in ("msg_part", "msg_parts")]
        for submit in submits
    ]
    assert headers == [[str(number), str(total)] for number in range(1, total + 1)]
    assert len({submit["gsm_sms.udh.mm.msg_id"][0] for submit in submits}) == 1
    for submit in submits:
        assert int(value(submit, "esm.submit.features"), 16) == 1  # a user data header
        assert int(value(submit, "data_coding"), 16) == data_coding
        assert int(value(submit, "sm_length")) <= octets_max
    # tshark joined them too, and found nothing missing.
    assert submits[-1]["gsm_sms_ud.fragment.count"] == [str(total)]


def test_the_validity_is_the_time_to_live(recording: TcpProxy, pdus: list[Fields]) -> None:
    submitted = datetime.fromtimestamp(recording.recording[0].at, UTC)
    for submit in of(pdus, SUBMIT):
        shown = value(submit, "validity_period").partition(".")[0]
        expires = datetime.strptime(shown, "%b %d, %Y %H:%M:%S").replace(tzinfo=UTC)
        assert abs(expires - submitted - EXPIRES_AFTER) < timedelta(minutes=5)


def test_a_report_names_its_submit_and_says_how_it_ended(pdus: list[Fields]) -> None:
    answers = {value(pdu, "sequence_number"): pdu for pdu in of(pdus, SUBMIT | ANSWER)}
    reports = {value(pdu, "receipted_message_id"): pdu for pdu in of(pdus, DELIVER)}
    for submit in of(pdus, SUBMIT):
        answer = answers[value(submit, "sequence_number")]
        recipient = value(submit, "destination_addr")
        if f"+{recipient}" == REFUSED:
            assert int(value(answer, "command_status"), 16) == 0x0B
            continue
        message_id = value(answer, "message_id")
        report = reports.pop(message_id)
        state, word = (5, "UNDELIV") if f"+{recipient}" == UNDELIVERABLE else (2, "DELIVRD")
        assert int(value(report, "message_state")) == state
        assert value(report, "message_text").startswith(f"id:{message_id} sub:001 ")
        assert f" stat:{word} " in value(report, "message_text")
        assert value(report, "source_addr") == recipient
        assert value(report, "destination_addr") == "ACME"
        assert int(value(report, "esm.submit.msg_type"), 16) == 1  # a delivery receipt
    assert reports == {}


def test_both_directions_were_recorded(recording: TcpProxy) -> None:
    assert {piece.way for piece in recording.recording} == set(Way)
