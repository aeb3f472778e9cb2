"""Strangers read every octet that our side wrote: Wireshark's dissector and libsmpp34.

A test that speaks with a peer does so through `judged_proxy`; when it ends, both have read all
that our side wrote on every connection, and the test fails when either finds fault.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from capture import Tshark, write_capture
from libsmpp34 import read_with_libsmpp34
from tcp_proxy import Piece, TcpProxy, Way, running_proxy

_HEADER_OCTETS = 16


class CutShort(Exception):
    """What was recorded of a connection does not end where a PDU ends."""


def pdus_in(octets: bytes) -> list[bytes]:
    """The PDUs of a stream, by their command_length alone."""
    found = []
    begin = 0
    while begin < len(octets):
        end = begin + int.from_bytes(octets[begin : begin + 4], "big")
        if end < begin + _HEADER_OCTETS or end > len(octets):
            raise CutShort(octets[begin : begin + 64].hex())
        found.append(octets[begin:end])
        begin = end
    return found


def pdus_of(recording: Sequence[Piece], way: Way) -> list[bytes]:
    """All PDUs of one direction, connection by connection."""
    streams: dict[int, bytearray] = defaultdict(bytearray)
    for piece in recording:
        if piece.way is way:
            streams[piece.connection] += piece.octets
    return [pdu for _number, octets in sorted(streams.items()) for pdu in pdus_in(bytes(octets))]


def complaints(recording: Sequence[Piece], port: int, ours: Way, directory: Path) -> list[str]:
    """What either judge finds wrong with what our side wrote; empty when both read all of it."""
    pdus = pdus_of(recording, ours)
    found = [
        f"libsmpp34: {complaint}: {pdu.hex()}"
        for pdu in pdus
        if (complaint := read_with_libsmpp34(pdu).complaint)
    ]
    capture = directory / f"{port}.pcap"
    write_capture(capture, [piece for piece in recording if piece.way is ours], port)
    tshark = Tshark(capture, port)
    found += [f"tshark: {line}" for line in tshark.faults()]
    lines = tshark.lines("-Y", "smpp", "-T", "fields", "-e", "smpp.command_length")
    read = [int(length, 0) for line in lines for length in line.split(",")]
    if sum(read) != sum(map(len, pdus)):
        found.append(f"tshark read {len(read)} of {len(pdus)} PDUs")
    return found


@contextmanager
def judged_proxy(upstream: int, ours: Way, directory: Path) -> Iterator[TcpProxy]:
    """A proxy in front of a peer or of us; what our side wrote is judged when the block ends."""
    directory.mkdir(parents=True, exist_ok=True)
    with running_proxy(upstream) as proxy:
        yield proxy
    recording = [piece for piece in proxy.recording if piece.octets]
    assert any(piece.way is ours for piece in recording), "our side wrote nothing"
    found = complaints(recording, proxy.port, ours, directory)
    if found:
        raise AssertionError("\n".join(found))
