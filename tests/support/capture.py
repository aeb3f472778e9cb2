"""A capture file of what a proxy recorded, and tshark's reading of it.

The file is a classic pcap of raw IPv4: each connection of the recording becomes a TCP connection
with its handshake, cut into segments as a network would cut it, so that PDUs lie across segments.
"""

import socket
import struct
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from peers import environment, program
from tcp_proxy import Piece, Way

_MAGIC, _VERSION, _SNAP_OCTETS, _RAW_IP = 0xA1B2C3D4, (2, 4), 65_535, 101
_SEGMENT_OCTETS = 1_400
_CLIENT, _SERVER = socket.inet_aton("127.0.0.1"), socket.inet_aton("127.0.0.2")
_FIRST_CLIENT_PORT = 40_000
_TCP = 6
_FIN, _SYN, _PUSH, _ACK = 0x01, 0x02, 0x08, 0x10
Fields = dict[str, list[str]]  # a PDU as tshark shows it; a field may come several times
_OPPOSITE = {Way.TO_SERVER: Way.TO_CLIENT, Way.TO_CLIENT: Way.TO_SERVER}


@dataclass
class _Stream:
    """One TCP connection being written: the next sequence number of each direction."""

    ports: dict[Way, tuple[int, int]]  # source, destination
    sequence: dict[Way, int] = field(default_factory=lambda: dict.fromkeys(Way, 1000))

    def segment(self, way: Way, flags: int, octets: bytes = b"") -> bytes:
        """An IP packet; SYN and FIN count as one octet each."""
        acknowledged = self.sequence[_OPPOSITE[way]] if flags & _ACK else 0
        head = struct.pack(
            ">HHIIBBHHH",
            *(*self.ports[way], self.sequence[way], acknowledged),
            *(5 << 4, flags, 65_535, 0, 0),
        )
        source, target = (_CLIENT, _SERVER) if way is Way.TO_SERVER else (_SERVER, _CLIENT)
        pseudo = source + target + struct.pack(">BBH", 0, _TCP, len(head) + len(octets))
        checksum = _checksum(pseudo + head + octets)
        tcp = head[:16] + struct.pack(">H", checksum) + head[18:] + octets
        self.sequence[way] += len(octets) + bool(flags & (_SYN | _FIN))
        return _ip(source, target, tcp)


def write_capture(path: Path, pieces: Sequence[Piece], server_port: int) -> None:
    """Write everything that was recorded, in the order in which it passed."""
    with path.open("wb") as file:
        file.write(struct.pack(">IHHiIII", _MAGIC, *_VERSION, 0, 0, _SNAP_OCTETS, _RAW_IP))
        for at, packet in _packets(pieces, server_port):
            seconds, microseconds = int(at), int(at % 1 * 1_000_000)
            file.write(struct.pack(">IIII", seconds, microseconds, len(packet), len(packet)))
            file.write(packet)


def _packets(pieces: Sequence[Piece], server_port: int) -> Iterator[tuple[float, bytes]]:
    streams: dict[int, _Stream] = {}
    for piece in pieces:
        stream = streams.get(piece.connection)
        if stream is None:
            client_port = _FIRST_CLIENT_PORT + piece.connection
            stream = streams[piece.connection] = _Stream(
                {
                    Way.TO_SERVER: (client_port, server_port),
                    Way.TO_CLIENT: (server_port, client_port),
                }
            )
            yield piece.at, stream.segment(Way.TO_SERVER, _SYN)
            yield piece.at, stream.segment(Way.TO_CLIENT, _SYN | _ACK)
            yield piece.at, stream.segment(Way.TO_SERVER, _ACK)
        for begin in range(0, len(piece.octets), _SEGMENT_OCTETS):
            octets = piece.octets[begin : begin + _SEGMENT_OCTETS]
            yield piece.at, stream.segment(piece.way, _PUSH | _ACK, octets)
    for stream in streams.values():
        for way in Way:
            yield pieces[-1].at, stream.segment(way, _FIN | _ACK)


def _ip(source: bytes, target: bytes, payload: bytes) -> bytes:
    def head(checksum: int) -> bytes:
        return (
            struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, _TCP, checksum)
            + source
            + target
        )

    return head(_checksum(head(0))) + payload


def _checksum(octets: bytes) -> int:
    """RFC 1071."""
    padded = octets + b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@dataclass(frozen=True)
class Tshark:
    """tshark's view of one capture file."""

    capture: Path
    server_port: int

    def lines(self, *options: str) -> list[str]:
        """What it prints, with these options."""
        return self._run(*options).splitlines()

    def faults(self) -> list[str]:
        """What it finds malformed, or wrong enough to call an error."""
        return self.lines("-Y", "_ws.malformed || _ws.expert.severity >= 8388608")

    def pdus(self) -> list[Fields]:
        """Each SMPP PDU with what it carries, in the order of the wire."""
        # What tshark prints is ours and its own: no foreign document is parsed here.
        packets = ET.fromstring(self._run("-Y", "smpp", "-T", "pdml"))
        found: list[Fields] = []
        for protocol in packets.iterfind("packet/proto"):
            if protocol.get("name") == "smpp":
                found.append({})
            elif protocol.get("name") != "gsm_sms_ud":  # the user data of the PDU before it
                continue
            for one in protocol.iter("field"):
                found[-1].setdefault(one.get("name", ""), []).append(one.get("show", ""))
        return found

    def _run(self, *options: str) -> str:
        done = subprocess.run(
            [
                *(program("tshark"), "-n", "-r", str(self.capture)),
                *("-d", f"tcp.port=={self.server_port},smpp"),
                *("-o", "smpp.decode_sms_over_smpp:GSM 7-bit"),
                *options,
            ],
            env={**environment(), "TZ": "UTC"},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
