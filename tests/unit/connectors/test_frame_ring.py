"""The ring of a link keeps what went over it last, within two limits."""

import pytest

from staffetta.connectors.smpp.frame_ring import READ, WRITTEN, FrameRing
from staffetta.smpp import pdus
from staffetta.smpp.constants import CommandId
from staffetta.smpp.encode import encode
from staffetta.smpp.framing import FrameReader

SUBMITS = frozenset({int(CommandId.SUBMIT_SM)})


def submit(number: int) -> bytes:
    return encode(pdus.SubmitSm(number, source_addr=b"ACME", destination_addr=b"393331234567"))


def enquire(number: int) -> bytes:
    return encode(pdus.EnquireLink(number))


def test_frames_come_back_in_their_order_with_time_and_direction() -> None:
    ring = FrameRing(10_000)
    ring.keep(1.0, WRITTEN, submit(1) + submit(2))
    ring.keep(2.0, READ, enquire(9))
    newest = ring.newest(10)
    assert [(one.at, one.is_written) for one in newest] == [(1.0, True), (1.0, True), (2.0, False)]
    assert [one.octets for one in newest] == [submit(1), submit(2), enquire(9)]
    assert [one.octets for one in ring.newest(2)] == [submit(2), enquire(9)]


def test_the_oldest_pieces_make_room_for_new_octets() -> None:
    ring = FrameRing(len(submit(1)) * 3)
    for number in range(1, 8):
        ring.keep(float(number), WRITTEN, submit(number))
    assert [one.at for one in ring.newest(100)] == [5.0, 6.0, 7.0]


def test_the_oldest_pieces_make_room_for_new_pieces() -> None:
    ring = FrameRing(10_000, pieces_max=2)
    for number in range(1, 8):
        ring.keep(float(number), WRITTEN, submit(number))
    assert [one.at for one in ring.newest(100)] == [6.0, 7.0]


def test_a_ring_of_no_octets_keeps_nothing() -> None:
    ring = FrameRing(0)
    ring.keep(1.0, WRITTEN, submit(1))
    assert ring.newest(10) == []


def test_what_is_larger_than_the_ring_is_not_kept() -> None:
    ring = FrameRing(20)
    ring.keep(1.0, WRITTEN, submit(1))
    assert ring.newest(10) == []


def test_a_written_frame_is_found_by_number_command_and_moment() -> None:
    ring = FrameRing(10_000)
    ring.keep(1.0, WRITTEN, enquire(9))
    ring.keep(1.0, READ, submit(2))
    ring.keep(1.0, WRITTEN, submit(1))  # the clock did not move between two turns
    ring.keep(1.5, WRITTEN, submit(2) + enquire(3))
    found = ring.find_written(2, SUBMITS, 1.0)
    assert found is not None
    assert (found.at, found.is_written, found.octets) == (1.5, True, submit(2))
    assert ring.find_written(1, SUBMITS, 1.0) is not None
    assert ring.find_written(3, SUBMITS, 1.0) is None
    assert ring.find_written(1, SUBMITS, 1.2) is None
    assert ring.find_written(1, SUBMITS, 1.6) is None


def test_what_was_read_last_is_searched_alone() -> None:
    ring = FrameRing(10_000)
    ring.keep(1.0, READ, submit(1))
    ring.keep(2.0, READ, submit(2) + submit(3))
    ring.keep(2.0, WRITTEN, submit(4))
    found = ring.find_read(2, SUBMITS)
    assert found is not None
    assert (found.at, found.is_written, found.octets) == (2.0, False, submit(2))
    assert ring.find_read(1, SUBMITS) is None
    assert ring.find_read(4, SUBMITS) is None
    assert FrameRing(10_000).find_read(1, SUBMITS) is None


def test_of_a_number_that_came_twice_the_newest_is_found() -> None:
    ring = FrameRing(10_000)
    again = encode(pdus.SubmitSm(1, source_addr=b"AGAIN"))
    ring.keep(1.0, READ, submit(1) + again)
    found = ring.find_read(1, SUBMITS)
    assert found is not None
    assert found.octets == again


class Counting(bytes):
    """Octets that tell when frames are looked for in them."""

    lengths_asked = 0

    def __len__(self) -> int:
        Counting.lengths_asked += 1
        return super().__len__()


def test_however_full_the_ring_a_look_for_what_is_gone_is_short() -> None:
    ring = FrameRing(1 << 20)
    for number in range(1000, 2000):
        ring.keep(float(number), WRITTEN, Counting(submit(number)))
        ring.keep(float(number), READ, Counting(submit(number)))
    Counting.lengths_asked = 0
    for number in range(100):
        assert ring.find_written(number, SUBMITS, float(number)) is None
        assert ring.find_read(number, SUBMITS) is None
    assert Counting.lengths_asked <= 4, "one piece each way, and that once"


def test_the_end_of_a_ring_is_the_same_until_more_is_kept() -> None:
    ring = FrameRing(10_000)
    assert ring.end is None
    ring.keep(1.0, WRITTEN, submit(1))
    end = ring.end
    assert ring.end is end
    ring.keep(1.0, WRITTEN, submit(1))
    assert ring.end is not end


def test_a_frame_that_is_not_whole_yet_is_left_out() -> None:
    ring = FrameRing(10_000)
    ring.keep(1.0, READ, submit(1) + submit(2)[:-1])
    assert [one.octets for one in ring.newest(10)] == [submit(1)]


@pytest.mark.parametrize("size", [1, 3, 7, 50, 1000])
def test_however_octets_come_every_piece_begins_with_a_frame(size: int) -> None:
    wire = submit(1) + enquire(2) + submit(3) + enquire(4)
    reader, ring, read = FrameReader(), FrameRing(10_000), 0
    for start in range(0, len(wire), size):
        read += len(list(reader.frames(wire[start : start + size])))
        if reader.piece:
            ring.keep(float(start), READ, reader.piece)
    assert read == 4
    assert [one.octets for one in ring.newest(10)] == [submit(1), enquire(2), submit(3), enquire(4)]
