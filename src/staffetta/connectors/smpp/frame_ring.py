"""The newest octets that went over one link, in both directions, as long as there is room.

Owns the ring and its two limits. Keeping costs one append for all that is written or read in one
turn of the loop, and no copy; frames are cut out only when somebody asks for some. What is given to
it holds no password: that is the connection's care.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Collection, Iterator
from operator import itemgetter
from struct import Struct
from typing import Final, NamedTuple

from staffetta.smpp.constants import HEADER_OCTETS

WRITTEN: Final = True
READ: Final = False
PIECES_MAX: Final = 4096
_INDEXES_MAX: Final = 4  # what is asked for in one turn is in the same few pieces
_header: Final = Struct(">IIII")  # length, command_id, command_status, sequence_number
_moment: Final = itemgetter(0)

# When it was kept, whether it was written, and its octets: it begins with a frame.
_Piece = tuple[float, bool, bytes]


class KeptFrame(NamedTuple):
    """One PDU as it went over the link."""

    at: float  # in the loop's seconds
    is_written: bool
    octets: bytes


class FrameRing:
    """What went over one link last."""

    __slots__ = ("_indexes", "_octets_count", "_octets_max", "_pieces", "_pieces_max")

    def __init__(self, octets_max: int, pieces_max: int = PIECES_MAX) -> None:
        """Keep `octets_max` octets at most (0: nothing), in `pieces_max` pieces at most."""
        self._octets_max = octets_max
        self._pieces_max = pieces_max
        self._octets_count = 0
        self._pieces: deque[_Piece] = deque()  # in the order of time
        self._indexes: deque[_Index] = deque(maxlen=_INDEXES_MAX)

    def keep(self, at: float, is_written: bool, octets: bytes) -> None:
        """Keep a piece that begins with a frame; the oldest pieces make room for it."""
        pieces = self._pieces
        pieces.append((at, is_written, octets))
        count = self._octets_count + len(octets)
        while count > self._octets_max or len(pieces) > self._pieces_max:
            count -= len(pieces.popleft()[2])
        self._octets_count = count

    @property
    def end(self) -> object:
        """What was kept last: the same object until something more is kept; None: nothing was."""
        return self._pieces[-1] if self._pieces else None

    def newest(self, count: int) -> list[KeptFrame]:
        """The newest frames, at most so many, the oldest of them first."""
        found: list[KeptFrame] = []
        for piece in reversed(self._pieces):
            bounds = self._index_of(piece).bounds
            for start, end in bounds[: -(count - len(found)) - 1 : -1]:
                found.append(_kept(piece, start, end))
            if len(found) == count:
                break
        return found[::-1]

    def find_written(
        self, sequence_number: int, command_ids: Collection[int], at: float
    ) -> KeptFrame | None:
        """The frame with this number and one of these commands that was made at this moment.

        None when it is gone. Whatever is made in a turn of the loop is written at its end, in one
        piece: what is searched is the first one that was kept then or later.
        """
        pieces = self._pieces
        for place in range(bisect_left(pieces, at, key=_moment), len(pieces)):
            piece = pieces[place]
            if piece[1] is not WRITTEN:
                continue
            found = self._find_in(piece, sequence_number, command_ids)
            if found is not None or piece[0] > at:
                return found
        return None

    def find_read(self, sequence_number: int, command_ids: Collection[int]) -> KeptFrame | None:
        """The frame with this number and one of these commands, in what was read last."""
        for piece in reversed(self._pieces):
            if piece[1] is READ:
                return self._find_in(piece, sequence_number, command_ids)
        return None

    def _find_in(
        self, piece: _Piece, sequence_number: int, command_ids: Collection[int]
    ) -> KeptFrame | None:
        by_header = self._index_of(piece).by_header
        for command_id in command_ids:
            bounds = by_header.get((command_id, sequence_number))
            if bounds is not None:
                return _kept(piece, *bounds)
        return None

    def _index_of(self, piece: _Piece) -> "_Index":
        for index in self._indexes:
            if index.piece is piece:
                return index
        index = _Index(piece)
        self._indexes.append(index)
        return index


class _Index:
    """Where the frames of a piece stand that are whole."""

    __slots__ = ("bounds", "by_header", "piece")

    def __init__(self, piece: _Piece) -> None:
        self.piece = piece
        self.bounds: list[tuple[int, int]] = []
        self.by_header: dict[tuple[int, int], tuple[int, int]] = {}  # the last one of its number
        for header, bounds in _frames_of(piece[2]):
            self.bounds.append(bounds)
            self.by_header[header] = bounds


def _frames_of(octets: bytes) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Command and number of each whole frame, and where it begins and ends."""
    start, size = 0, len(octets)
    while start + HEADER_OCTETS <= size:
        length, command_id, _, number = _header.unpack_from(octets, start)
        end = start + length
        if length < HEADER_OCTETS or end > size:
            return
        yield (command_id, number), (start, end)
        start = end


def _kept(piece: _Piece, start: int, end: int) -> KeptFrame:
    at, is_written, octets = piece
    return KeptFrame(at, is_written, octets[start:end])
