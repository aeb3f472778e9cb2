"""The judges themselves: they see what is wrong, and find nothing in vectors of others' making."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from capture import Tshark, write_capture
from installation import wait_for
from judges import CutShort, complaints, judged_proxy, pdus_in
from libsmpp34 import read_with_libsmpp34
from tcp_proxy import Piece, TcpProxy, Way

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "data" / "pdus.json").read_text()
)["pdus"]
PORT = 2775


def vector(name: str) -> bytes:
    (found,) = [bytes.fromhex(one["hex"]) for one in VECTORS if one["name"] == name]
    return found


SUBMIT = vector("submit_sm alphanumeric GSM default")


def with_length(pdu: bytes) -> bytes:
    """The same octets under a command_length that agrees with them."""
    return len(pdu).to_bytes(4, "big") + pdu[4:]


def recorded(*pdus: bytes) -> list[Piece]:
    return [Piece(0.0, 0, Way.TO_SERVER, b"".join(pdus))]


@pytest.mark.parametrize("name", [one["name"] for one in VECTORS])
def test_libsmpp34_reads_every_vector(name: str) -> None:
    reading = read_with_libsmpp34(vector(name))
    assert reading.complaint == ""
    (expected,) = [one["params"] for one in VECTORS if one["name"] == name]
    for field in ("system_id", "source_addr", "destination_addr", "message_id"):
        assert reading.fields.get(field, "") == expected.get(field, "")
    assert int(reading.fields["sequence_number"], 16) == expected["sequence_number"]


def test_neither_judge_finds_fault_with_the_vectors(tmp_path: Path) -> None:
    pdus = [bytes.fromhex(one["hex"]) for one in VECTORS]
    assert complaints(recorded(*pdus), PORT, Way.TO_SERVER, tmp_path) == []


BROKEN = {
    "a source_addr of 21 characters": (SUBMIT.replace(b"ACME", b"A" * 21), "source_addr"),
    "a time of 17 characters": (SUBMIT.replace(b"0R\0", b"00R\0"), "validity_period"),
    "an octet that belongs to nothing": (SUBMIT + b"\0", "tag"),
    "a text that runs over the end": (SUBMIT.replace(b"\x0aHello", b"\x0bHello"), "short_message"),
    "a request that is not in 3.4": (SUBMIT[:4] + b"\0\0\1\x11" + SUBMIT[8:], "command_id"),
    "a sequence_number of 0": (SUBMIT[:12] + bytes(4) + SUBMIT[16:], "sequence_number"),
}


@pytest.mark.parametrize(("pdu", "fault"), BROKEN.values(), ids=BROKEN.keys())
def test_libsmpp34_names_what_is_wrong(pdu: bytes, fault: str) -> None:
    assert fault in read_with_libsmpp34(with_length(pdu)).complaint


@pytest.mark.parametrize(
    "pdu",
    [SUBMIT + b"\0\0\0", SUBMIT.replace(b"\x0aHello", b"\x7fHello"), SUBMIT[:40]],
    ids=["stray octets", "a text that runs over the end", "cut"],
)
def test_tshark_sees_what_is_malformed(pdu: bytes, tmp_path: Path) -> None:
    capture = tmp_path / "broken.pcap"
    write_capture(capture, recorded(with_length(pdu)), PORT)
    assert Tshark(capture, PORT).faults()


@pytest.mark.parametrize("name", ["a source_addr of 21 characters", "a sequence_number of 0"])
def test_tshark_lets_pass_what_libsmpp34_names(name: str, tmp_path: Path) -> None:
    found = complaints(recorded(with_length(BROKEN[name][0])), PORT, Way.TO_SERVER, tmp_path)
    assert [line.partition(":")[0] for line in found] == ["libsmpp34"]


def test_what_is_no_smpp_at_all_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(CutShort):
        complaints(recorded(SUBMIT, b"GET / HTTP/1.1\r\n\r\n"), PORT, Way.TO_SERVER, tmp_path)


def test_one_broken_pdu_among_good_ones_is_found_by_both(tmp_path: Path) -> None:
    broken = with_length(SUBMIT.replace(b"\x0aHello", b"\x7fHello"))
    found = complaints(recorded(SUBMIT, broken, SUBMIT), PORT, Way.TO_SERVER, tmp_path)
    assert {line.partition(":")[0] for line in found} == {"libsmpp34", "tshark"}


@pytest.fixture
def upstream() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def write_through(proxy: TcpProxy, octets: bytes) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        client.sendall(octets)
        wait_for(lambda: sum(len(piece.octets) for piece in proxy.recording) == len(octets))


def test_a_test_fails_whose_side_wrote_what_a_judge_faults(upstream: int, tmp_path: Path) -> None:
    judging = judged_proxy(upstream, Way.TO_SERVER, tmp_path)
    broken = with_length(SUBMIT.replace(b"ACME", b"A" * 21))
    write_through(judging.__enter__(), SUBMIT + broken)
    with pytest.raises(AssertionError, match="libsmpp34: source_addr"):
        judging.__exit__(None, None, None)


def test_a_test_fails_whose_side_wrote_nothing(upstream: int, tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match="wrote nothing"),
        judged_proxy(upstream, Way.TO_SERVER, tmp_path),
    ):
        pass


def test_pdus_are_cut_by_their_length_alone() -> None:
    assert pdus_in(SUBMIT + SUBMIT) == [SUBMIT, SUBMIT]
    with pytest.raises(CutShort):
        pdus_in(SUBMIT + SUBMIT[:-1])
