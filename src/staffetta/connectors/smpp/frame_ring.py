"""The newest octets that went over one link, in both directions, as long as there is room.

Owns the ring and its two limits. Keeping costs one append for all that is written or read in one
turn of the loop, and no copy; frames are cut out only when somebody asks for some. What is given to
it holds no password: that is the connection's care.
"""

from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from struct import Struct
from typing import Final, NamedTuple

from staffetta.smpp.constants import HEADER_OCTETS, RESPONSE_BIT
from staffetta.smpp.decode import command_id_of

WRITTEN: Final = True
READ: Final = False
PIECES_MAX: Final = 4096
_NO_STATUS: Final = bytes(4)
_length: Final = Struct(">I")


class KeptFrame(NamedTuple):
    """One PDU as it went over the link."""

    at: float  # in the loop's seconds
    is_written: bool
    octets: bytes


class FrameRing:
    """What went over one link last."""

    __slots__ = ("_octets_count", "_octets_max", "_pieces", "_pieces_max")

    def __init__(self, octets_max: int, pieces_max: int = PIECES_MAX) -> None:
        """Keep `octets_max` octets at most (0: nothing), in `pieces_max` pieces at most."""
        self._octets_max = octets_max
        self._pieces_max = pieces_max
        self._octets_count = 0
        self._pieces: deque[tuple[float, bool, bytes]] = deque()

    def keep(self, at: float, is_written: bool, octets: bytes) -> None:
        """Keep a piece that begins with a frame; the oldest pieces make room for it."""
        pieces = self._pieces
        pieces.append((at, is_written, octets))
        count = self._octets_count + len(octets)
        while count > self._octets_max or len(pieces) > self._pieces_max:
            count -= len(pieces.popleft()[2])
        self._octets_count = count

    def newest(self, count: int) -> list[KeptFrame]:
        """The newest frames, at most so many, the oldest of them first."""
        found: list[KeptFrame] = []
        for at, is_written, octets in reversed(self._pieces):
            newest = _last_frames(octets, count - len(found))
            found.extend(KeptFrame(at, is_written, frame) for frame in newest)
            if len(found) == count:
                break
        return found[::-1]

    def find(
        self, sequence_number: int, command_ids: frozenset[int], *, is_written: bool, since: float
    ) -> KeptFrame | None:
        """The newest frame with this number and one of these commands; None when it is gone.

        Pieces from before `since` are not looked at: each connection counts anew.
        """
        number = sequence_number.to_bytes(4, "big")
        # The header of a request is known but for its length: hardly any piece holds that twice.
        headers = {
            number if each & RESPONSE_BIT else each.to_bytes(4, "big") + _NO_STATUS + number
            for each in command_ids
        }
        for at, written, piece in reversed(self._pieces):
            if at < since:
                return None
            frame = _find_in(piece, headers, command_ids) if written is is_written else None
            if frame is not None:
                return KeptFrame(at, is_written, frame)
        return None


def _find_in(piece: bytes, headers: set[bytes], command_ids: frozenset[int]) -> bytes | None:
    for header in headers:
        for frame in _frames_with(header, piece):
            if command_id_of(frame) in command_ids:
                return frame
    return None


def _last_frames(piece: bytes, count: int) -> list[bytes]:
    """The last frames of a piece that are whole, at most so many, the last one first."""
    starts = [0]
    size = len(piece)
    while starts[-1] + HEADER_OCTETS <= size:
        length = _length.unpack_from(piece, starts[-1])[0]
        if length < HEADER_OCTETS or starts[-1] + length > size:
            break
        starts.append(starts[-1] + length)
    bounds = list(pairwise(starts))[-count:]
    return [piece[start:end] for start, end in reversed(bounds)]


def _frames_with(header: bytes, piece: bytes) -> Iterator[bytes]:
    """The frames of a piece whose header ends with these octets, the last one first.

    Octets are looked for at the speed of memory; only where they are found, frames are counted.
    """
    found = piece.rfind(header)
    while found >= 0:
        frame = _frame_at(piece, found + len(header) - HEADER_OCTETS)
        if frame:
            yield frame
        found = piece.rfind(header, 0, found + len(header) - 1)


def _frame_at(piece: bytes, wanted: int) -> bytes:
    """The frame that begins at `wanted`; nothing where none does."""
    offset = 0
    length_at = _length.unpack_from
    while offset < wanted:
        offset += length_at(piece, offset)[0] or len(piece)
    if offset != wanted:
        return b""
    end = offset + length_at(piece, offset)[0]
    return piece[offset:end] if end <= len(piece) else b""
