"""A stream is cut into the same PDUs however it comes in."""

import pytest

from staffetta.smpp import pdus
from staffetta.smpp.constants import FRAME_OCTETS_MAX
from staffetta.smpp.encode import encode
from staffetta.smpp.errors import BadFraming
from staffetta.smpp.framing import FrameReader

FRAMES = [
    encode(pdus.EnquireLink(1)),
    encode(pdus.SubmitSm(2, source_addr=b"ACME", short_message=b"hello")),
    encode(pdus.SubmitSmResp(3, 0, b"id")),
    encode(pdus.Unbind(4)),
]
STREAM = b"".join(FRAMES)


def test_everything_in_one_piece_gives_every_frame():
    assert list(FrameReader().frames(STREAM)) == FRAMES


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_a_cut_at_any_octet_changes_nothing(cut):
    reader = FrameReader()
    assert [*reader.frames(STREAM[:cut]), *reader.frames(STREAM[cut:])] == FRAMES


@pytest.mark.parametrize("size", range(1, 40))
def test_pieces_of_any_size_give_every_frame(size):
    reader = FrameReader()
    pieces = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
    assert [frame for piece in pieces for frame in reader.frames(piece)] == FRAMES


@pytest.mark.parametrize("length", [0, 15, 1025, 0xFFFFFFFF])
def test_an_impossible_length_is_found_before_anything_is_awaited(length):
    with pytest.raises(BadFraming):
        list(FrameReader(1024).frames(length.to_bytes(4, "big")))


def test_frames_before_an_impossible_length_are_given():
    frames = FrameReader().frames(FRAMES[0] + bytes(16))
    assert next(frames) == FRAMES[0]
    with pytest.raises(BadFraming):
        next(frames)


def test_the_longest_allowed_frame_is_taken():
    frame = FRAME_OCTETS_MAX.to_bytes(4, "big") + bytes(FRAME_OCTETS_MAX - 4)
    reader = FrameReader(FRAME_OCTETS_MAX)
    assert list(reader.frames(frame[:-1])) == []
    assert list(reader.frames(frame[-1:])) == [frame]


def test_the_limit_may_rise_between_two_frames_of_one_piece():
    long_frame = encode(pdus.DeliverSm(tlvs=((0x0424, bytes(5000)),)))
    reader = FrameReader()
    frames = reader.frames(FRAMES[0] + long_frame)
    assert next(frames) == FRAMES[0]
    reader.frame_octets_max = FRAME_OCTETS_MAX
    assert next(frames) == long_frame
