"""Cuts a stream of octets into PDUs.

Owns the octets of a PDU that has not come whole. A length that cannot be is the one thing that
ends a session: where the next PDU begins is then unknown.
"""

from collections.abc import Iterator

from staffetta.smpp.constants import HEADER_OCTETS, UNBOUND_FRAME_OCTETS_MAX
from staffetta.smpp.errors import BadFraming

_LENGTH_OCTETS = 4


class FrameReader:
    """Takes octets as they come, gives frames, each one PDU from header to end."""

    __slots__ = ("_missing", "_rest", "frame_octets_max", "piece")

    def __init__(self, frame_octets_max: int = UNBOUND_FRAME_OCTETS_MAX) -> None:
        self.frame_octets_max = frame_octets_max
        # What was read last, from the beginning of a frame: whoever keeps it copies nothing.
        self.piece = b""
        self._rest = bytearray()
        self._missing = 0

    def frames(self, data: bytes) -> Iterator[bytes]:
        """The frames that `data` completes; raises BadFraming.

        The limit is read again for each frame, so that a bind and what follows it may come in one
        piece. A frame is checked by its first four octets, before anything is awaited.
        """
        if self._rest:
            self._rest += data
            if len(self._rest) < self._missing:
                self.piece = b""
                return
            data = bytes(self._rest)
            self._rest.clear()
        self.piece = data
        offset = 0
        size = len(data)
        while offset + _LENGTH_OCTETS <= size:
            length = int.from_bytes(data[offset : offset + _LENGTH_OCTETS], "big")
            if not HEADER_OCTETS <= length <= self.frame_octets_max:
                raise BadFraming(
                    f"command_length {length} is outside {HEADER_OCTETS} to {self.frame_octets_max}"
                )
            end = offset + length
            if end > size:
                break
            yield data[offset:end]
            offset = end
        self._keep(data, offset)

    def _keep(self, data: bytes, offset: int) -> None:
        if offset == len(data):
            return
        self._rest += data[offset:]
        length_is_here = len(self._rest) >= _LENGTH_OCTETS
        self._missing = (
            int.from_bytes(self._rest[:_LENGTH_OCTETS], "big") if length_is_here else _LENGTH_OCTETS
        )


def whole_frames(octets: bytes) -> Iterator[bytes]:
    """The frames in a piece that begins with one; ends where one is not whole, or cannot be."""
    offset, size = 0, len(octets)
    while offset + HEADER_OCTETS <= size:
        length = int.from_bytes(octets[offset : offset + _LENGTH_OCTETS], "big")
        if length < HEADER_OCTETS or offset + length > size:
            return
        yield octets[offset : offset + length]
        offset += length
