"""What a phone shows of the segments that came: alphabets, flash, long messages."""

import pytest

from staffetta.connectors.simulated.decoding import decode_text
from staffetta.connectors.simulated.handset import Handset, concatenation_of, is_flash
from staffetta.smpp.pdus import SubmitSm
from staffetta.smpp.tlvs import Tag, octet_tlv


def segment(text: bytes = b"hi", **fields) -> SubmitSm:
    given = {"source_addr": b"ACME", "destination_addr": b"393331234567", "short_message": text}
    return SubmitSm(**(given | fields))


def part(number: int, total: int, text: bytes, reference: int = 7, **fields) -> SubmitSm:
    header = bytes((5, 0, 3, reference, total, number))
    return segment(header + text, **({"esm_class": 0x40} | fields))


def shown(*segments: SubmitSm, segments_max: int = 100):
    handset = Handset(segments_max)
    for at, pdu in enumerate(segments):
        handset.receive(pdu, float(at))
    return handset.read()


def texts(*segments: SubmitSm, segments_max: int = 100) -> list[str]:
    return [message.text for message in shown(*segments, segments_max=segments_max)]


@pytest.mark.parametrize(
    ("octets", "data_coding", "text"),
    [
        (b"\x00\x02\x1b\x65", 0x00, "@$€"),
        (b"plain", 0x01, "plain"),
        (b"caf\xe9", 0x03, "café"),
        ("però €😀".encode("utf-16-be"), 0x08, "però €😀"),
        (b"\x00a\x00", 0x08, "a\ufffd"),
        ("Привет".encode("iso8859-5"), 0x06, "Привет"),
        (b"\x01\xff", 0x04, "01 ff"),
        (b"\x00", 0xF0, "@"),
        (b"\x01", 0xF5, "01"),
        (b"\x00a", 0x18, "a"),
        (b"\x00", 0x11, "@"),
        (b"\xff\xfe", 0x63, "\ufffd\ufffd"),
        (b"", 0x00, ""),
    ],
)
def test_texts_are_read_in_their_alphabet(octets, data_coding, text):
    assert decode_text(octets, data_coding) == text


@pytest.mark.parametrize("data_coding", range(256))
def test_no_text_is_unreadable(data_coding):
    for octets in (b"", b"\x1b", b"\xd8\x00", bytes(range(256))):
        decode_text(octets, data_coding)


@pytest.mark.parametrize(
    ("fields", "flash"),
    [
        ({}, False),
        ({"data_coding": 0xF0}, True),
        ({"data_coding": 0x10}, True),
        ({"data_coding": 0x18}, True),
        ({"data_coding": 0xF1}, False),
        ({"data_coding": 0x11}, False),
        ({"data_coding": 0x08}, False),
        ({"data_coding": 0xD0}, False),
        ({"tlvs": (octet_tlv(Tag.DEST_ADDR_SUBUNIT, 1),)}, True),
        ({"tlvs": (octet_tlv(Tag.DEST_ADDR_SUBUNIT, 3),)}, False),
    ],
)
def test_class_0_is_flash(fields, flash):
    assert is_flash(segment(**fields)) is flash


def test_segments_are_joined_in_their_order_whatever_order_they_came_in():
    (message,) = shown(part(3, 3, b"c"), part(1, 3, b"a"), part(2, 3, b"b"))
    assert (message.text, message.segment_count) == ("abc", 3)
    assert message.received_at.timestamp() == 2.0


def test_a_surrogate_pair_cut_in_two_is_whole_again():
    octets = "😀".encode("utf-16-be")
    assert texts(part(1, 2, octets[:2], data_coding=8), part(2, 2, octets[2:], data_coding=8)) == [
        "😀"
    ]


def test_an_incomplete_message_is_not_shown():
    assert texts(part(1, 2, b"half"), segment(b"whole")) == ["whole"]


def test_the_same_reference_may_be_used_again():
    parts = [part(1, 2, b"lost"), part(1, 2, b"a"), part(2, 2, b"b"), part(2, 2, b"d")]
    assert texts(*parts, part(1, 2, b"c")) == ["ab", "cd"]


def test_messages_to_different_phones_are_not_mixed():
    other = {"destination_addr": b"393337654321"}
    assert texts(part(1, 2, b"a"), part(1, 2, b"c", **other), part(2, 2, b"d", **other)) == ["cd"]


def test_parts_are_known_by_sixteen_bit_references_and_by_tlvs_too():
    wide = segment(bytes((6, 8, 4, 1, 2, 2, 1)) + b"x", esm_class=0x43)
    assert concatenation_of(wide) == (0x0102, 2, 1)
    tlvs = (
        (int(Tag.SAR_MSG_REF_NUM), b"\x01\x02"),
        octet_tlv(Tag.SAR_TOTAL_SEGMENTS, 2),
        octet_tlv(Tag.SAR_SEGMENT_SEQNUM, 1),
    )
    assert concatenation_of(segment(tlvs=tlvs)) == (0x0102, 2, 1)
    assert concatenation_of(segment(tlvs=tlvs[:2])) is None


@pytest.mark.parametrize(
    "header",
    [b"", b"\x09\x00", b"\x05\x00\x03\x01\x02", b"\x02\x00\x00", b"\x05\x00\x03\x01\x01\x01"],
)
def test_a_broken_header_is_no_part(header):
    assert concatenation_of(segment(header, esm_class=0x40)) is None
    assert len(texts(segment(header, esm_class=0x40))) == 1


def test_a_text_in_message_payload_is_shown():
    payload = ((int(Tag.MESSAGE_PAYLOAD), b"long"),)
    assert texts(segment(b"", tlvs=payload)) == ["long"]


def test_numbers_are_shown_with_their_plus():
    (message,) = shown(segment(source_addr=b"393330000000", source_addr_ton=1))
    assert (message.sender, message.recipient) == ("+393330000000", "+393331234567")


def test_only_the_newest_segments_are_kept():
    assert texts(*(segment(b"%d" % n) for n in range(5)), segments_max=2) == ["3", "4"]
