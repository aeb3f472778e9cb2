"""Kannel as a client of our simulated network: each reads what the other sends."""

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from authority import Authority
from carrier import Carrier, running_carrier
from installation import wait_for
from issued_files import write_files
from judges import judged_proxy, pdus_of
from kannel import PENDING_MAX, SYSTEM_ID, Kannel, running_kannel
from libsmpp34 import read_with_libsmpp34
from tcp_proxy import TcpProxy, Way

from staffetta.connectors.simulated.journal import JournalEntry

# Kannel's types of reports: of the handset, and of the network at once.
DELIVERED, UNDELIVERABLE, ACCEPTED, REFUSED = 1, 2, 8, 16
SUBMIT_SM, SUBMIT_SM_RESP = 0x04, 0x8000_0004
ENQUIRE_LINK, ENQUIRE_LINK_RESP, BIND_TRANSCEIVER = 0x15, 0x8000_0015, 0x09
BIND_RECEIVER, BIND_TRANSMITTER = 0x01, 0x02
MANY = 300
LONG_GSM = "Il prezzo è 5 € [tutto compreso]. " * 12
LONG_UCS = "Привет, это длинное сообщение. " * 5
UCS: dict[str, Any] = {"coding": 2}
FLASH: dict[str, Any] = {"mclass": 0}
_COUNT = itertools.count(1000)


@dataclass
class Setting:
    """Kannel, our network, and the proxy between them."""

    directory: Path
    kannel: Kannel
    proxy: TcpProxy
    network: Carrier
    networks: ExitStack

    def restart_network(self) -> None:
        """Stop the network and start another one, which Kannel finds in the same place."""
        self.networks.close()
        self.network = self.networks.enter_context(running_carrier(self.directory / "second"))
        self.proxy.upstream = self.network.port

    def arrived(self, number: str) -> list[JournalEntry]:
        """The segments that the network accepted for a number."""
        return [one for one in self.network.journal() if one.destination == number]

    def requests(self, command: int) -> list[dict[str, str]]:
        """What Kannel asked so far, as libsmpp34 reads it."""
        found = pdus_of_so_far(self.proxy, Way.TO_SERVER)
        readings = (read_with_libsmpp34(pdu).fields for pdu in found)
        return [one for one in readings if int(one["command_id"], 16) == command]

    def submits_to(self, number: str) -> list[dict[str, str]]:
        return [one for one in self.requests(SUBMIT_SM) if one["destination_addr"] == number]


def pdus_of_so_far(proxy: TcpProxy, way: Way) -> list[bytes]:
    return pdus_of(list(proxy.recording), way)


def new_number(ending: str = "0001") -> str:
    return f"3933{next(_COUNT)}{ending}"


@contextmanager
def running_setting(
    directory: Path, network_options: Sequence[str] = (), **kannel_options: Any
) -> Iterator[Setting]:
    with ExitStack() as networks:
        network = networks.enter_context(running_carrier(directory / "first", more=network_options))
        with (
            judged_proxy(network.port, Way.TO_CLIENT, directory) as proxy,
            running_kannel(directory / "esme", proxy.port, **kannel_options) as kannel,
        ):
            yield Setting(directory, kannel, proxy, network, networks)


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    with running_setting(tmp_path_factory.mktemp("kannel")) as setting:
        yield setting


def send(kannel: Kannel, text: str, *types: int, ending: str = "0001", **options: Any) -> str:
    """Send to a new number, and wait for reports of these types, in whatever order they come."""
    number = new_number(ending)
    kannel.send(number, number, text, **options)
    told = kannel.types_of
    wait_for(lambda: set(told(number)) == set(types), what=f"reports {types}")
    return number


def test_it_binds_as_a_transceiver(setting: Setting) -> None:
    (bind, *_) = setting.requests(BIND_TRANSCEIVER)
    assert bind["system_id"] == SYSTEM_ID


@pytest.mark.parametrize(
    ("text", "options"),
    [("Prezzo: 5 € [già] @ _", {}), ("Привет ✓", UCS)],
    ids=["GSM-7", "UCS-2"],
)
def test_its_text_arrives_and_it_gets_its_reports(
    setting: Setting, text: str, options: dict[str, Any]
) -> None:
    number = send(setting.kannel, text, ACCEPTED, DELIVERED, **options)
    (entry,) = setting.arrived(number)
    assert (entry.text, entry.source) == (text, "ACME")


@pytest.mark.parametrize(
    ("text", "options", "parts"),
    [(LONG_GSM, {}, 3), (LONG_UCS, UCS, 3)],
    ids=["GSM-7", "UCS-2"],
)
def test_its_long_text_arrives_in_parts(
    setting: Setting, text: str, options: dict[str, Any], parts: int
) -> None:
    number = send(setting.kannel, text, ACCEPTED, DELIVERED, **options)
    entries = wait_for(lambda: len(got := setting.arrived(number)) == parts and got, what="parts")
    assert "".join(entry.text for entry in entries) == text
    assert [(entry.part, entry.parts) for entry in entries] == [
        (part, parts) for part in range(1, parts + 1)
    ]


def test_its_flash_message_arrives(setting: Setting) -> None:
    number = send(setting.kannel, "Codice: 1234", ACCEPTED, DELIVERED, **FLASH)
    (entry,) = setting.arrived(number)
    (submit,) = setting.submits_to(number)
    assert (entry.text, submit["data_coding"]) == ("Codice: 1234", "F0")


def test_it_is_told_what_cannot_be_delivered(setting: Setting) -> None:
    number = send(setting.kannel, "hello", ACCEPTED, UNDELIVERABLE, ending="9901")
    assert len(setting.arrived(number)) == 1


def test_it_is_told_what_is_refused(setting: Setting) -> None:
    number = send(setting.kannel, "hello", REFUSED, ending="9902")
    assert setting.arrived(number) == []


def test_it_waits_where_it_is_throttled(setting: Setting) -> None:
    number = send(setting.kannel, "piano", ACCEPTED, DELIVERED, ending="9905")
    assert len(setting.arrived(number)) == 1
    assert len(setting.submits_to(number)) > 1


def test_a_full_window_of_its_own_is_answered_to_the_last(setting: Setting) -> None:
    numbers = [new_number() for _ in range(MANY)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: setting.kannel.send(number, number, "hello"), numbers))
    types = setting.kannel.types_of
    both = [DELIVERED, ACCEPTED]
    wait_for(lambda: all(sorted(types(number)) == both for number in numbers), 120, "every report")
    counts = {number: len(setting.arrived(number)) for number in numbers}
    assert set(counts.values()) == {1}
    assert 1 < most_pending(setting.proxy) <= PENDING_MAX


def most_pending(proxy: TcpProxy) -> int:
    """The most submits without an answer at any time, as the proxy saw them pass."""
    pending = most = 0
    left: dict[tuple[int, Way], bytes] = {}
    for piece in list(proxy.recording):
        stream = piece.connection, piece.way
        octets = left.get(stream, b"") + piece.octets
        while len(octets) >= int.from_bytes(octets[:4], "big") > 0:
            command = int.from_bytes(octets[4:8], "big")
            pending += (command == SUBMIT_SM) - (command == SUBMIT_SM_RESP)
            octets = octets[int.from_bytes(octets[:4], "big") :]
        left[stream] = octets
        most = max(most, pending)
    return most


def test_its_enquiries_are_answered(setting: Setting) -> None:
    def answers() -> list[bytes]:
        pdus = pdus_of_so_far(setting.proxy, Way.TO_CLIENT)
        return [pdu for pdu in pdus if pdu[4:8] == ENQUIRE_LINK_RESP.to_bytes(4, "big")]

    wait_for(lambda: len(answers()) >= 2, what="two answers")
    assert len(setting.requests(ENQUIRE_LINK)) >= 2


def test_it_finds_our_network_again_after_a_restart(setting: Setting) -> None:
    binds = len(setting.requests(BIND_TRANSCEIVER))
    setting.networks.close()
    wait_for(lambda: not setting.kannel.is_online, what="Kannel lost us")
    number = new_number()
    setting.kannel.send(number, number, "still here?")
    setting.restart_network()
    wait_for(lambda: DELIVERED in setting.kannel.types_of(number), 120, "delivered")
    assert [entry.text for entry in setting.arrived(number)] == ["still here?"]
    assert len(setting.requests(BIND_TRANSCEIVER)) == binds + 1


def test_bound_as_a_pair_it_gets_its_reports(tmp_path: Path) -> None:
    # Answers spell ids in hexadecimal digits, reports in decimal ones: Kannel's type 1.
    spelling = ("--ids", "hex-decimal")
    with running_setting(tmp_path, spelling, is_paired=True, msg_id_type="0x01") as setting:
        number = send(setting.kannel, "in due", ACCEPTED, DELIVERED)
        assert [entry.text for entry in setting.arrived(number)] == ["in due"]
        binds = [setting.requests(kind) for kind in (BIND_TRANSMITTER, BIND_RECEIVER)]
        assert [len(kind) for kind in binds] == [1, 1]
        assert setting.requests(BIND_TRANSCEIVER) == []


def test_over_tls_it_gets_its_reports(tmp_path: Path) -> None:
    issued = Authority().issue("smsc.example.com", address="127.0.0.1")
    certificate, key = write_files(issued, tmp_path)
    options = ("--tls-certificate", str(certificate), "--tls-key", str(key))
    with (
        running_carrier(tmp_path / "network", more=options) as network,
        running_kannel(tmp_path / "esme", network.port, use_ssl="true") as kannel,
    ):
        send(kannel, "segreto", ACCEPTED, DELIVERED)
        assert [entry.text for entry in network.journal()] == ["segreto"]
