"""A PDU in one line, with its fields by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.smpp import pdus
from staffetta.smpp.blanking import without_text
from staffetta.smpp.describe import describe_pdu
from staffetta.smpp.encode import encode
from staffetta.smpp.tlvs import Tag

PART = pdus.SubmitSm(
    2,
    source_addr_ton=5,
    source_addr=b"ACME",
    dest_addr_ton=1,
    dest_addr_npi=1,
    destination_addr=b"393331234567",
    esm_class=0x40,
    registered_delivery=1,
    short_message=b'\x05\x00\x03\x07\x02\x01he said "\xe8"',
)
PART_LINE = (
    "submit_sm #2 source_addr_ton=5 source_addr=ACME dest_addr_ton=1 dest_addr_npi=1"
    " destination_addr=393331234567 esm_class=0x40 registered_delivery=1"
    r' udh=050003070201 (part 1 of 2, ref 7) short_message="he said \"\xe8\""'
)
REPORT_LINE = (
    "deliver_sm #5 esm_class=0x04 receipted_message_id=abc message_state=2 (delivered)"
    " network_error_code=030001 0x1401=7878"
)


@pytest.mark.parametrize(
    ("pdu", "line"),
    [
        (pdus.EnquireLink(4), "enquire_link #4"),
        (pdus.SubmitSmResp(2, 0x58), "submit_sm_resp #2 command_status=0x58 ESME_RTHROTTLED"),
        (pdus.SubmitSmResp(2, 0, b"id 7"), 'submit_sm_resp #2 message_id="id 7"'),
        (
            PART,
            PART_LINE,
        ),
        (
            pdus.SubmitSm(3, data_coding=8, short_message="è 😀".encode("utf-16-be")),
            'submit_sm #3 data_coding=8 short_message="è 😀"',
        ),
        (
            pdus.DeliverSm(
                5,
                esm_class=4,
                tlvs=(
                    (int(Tag.RECEIPTED_MESSAGE_ID), b"abc\0"),
                    (int(Tag.MESSAGE_STATE), b"\x02"),
                    (int(Tag.NETWORK_ERROR_CODE), b"\x03\x00\x01"),
                    (0x1401, b"xx"),
                ),
            ),
            REPORT_LINE,
        ),
        (
            pdus.BindTransceiver(1, b"gw", b"secret"),
            "bind_transceiver #1 system_id=gw password=(6 octets) interface_version=0x34",
        ),
        (pdus.UnknownPdu(9, 0, 0x111, b"ab"), "command_id=0x00000111 #9 unknown_id=0x111"),
    ],
    ids=lambda value: "" if isinstance(value, str) else type(value).__name__,
)
def test_a_pdu_is_told_by_its_fields(pdu: pdus.Pdu, line: str) -> None:
    assert describe_pdu(encode(pdu)).line.startswith(line)


def test_a_text_that_was_not_kept_is_told_by_its_length() -> None:
    line = describe_pdu(without_text(encode(PART)), is_blanked=True).line
    assert line.endswith(
        "udh=050003070201 (part 1 of 2, ref 7) short_message=(11 octets, not kept)"
    )


def test_what_cannot_be_read_says_why() -> None:
    frame = bytes.fromhex("00000012 00000005 00000000 00000003 4142")
    assert describe_pdu(frame).line == "deliver_sm #3 unreadable=(ends before short_message)"


@given(st.binary(max_size=300))
def test_nothing_that_comes_raises_or_steers_a_terminal(octets: bytes) -> None:
    assert describe_pdu(octets).line.isprintable()


@given(st.binary(max_size=120), st.sampled_from([3, 4, 5, 9, 0x103, 0x8000_0004, 0x8000_0009]))
def test_nothing_with_a_right_header_raises(body: bytes, command_id: int) -> None:
    size = (16 + len(body)).to_bytes(4, "big")
    frame = size + command_id.to_bytes(4, "big") + bytes(8) + body
    assert describe_pdu(frame).line.isprintable()


def test_what_was_taken_out_of_a_report_is_shown_by_its_length() -> None:
    report = pdus.DeliverSm(
        5,
        esm_class=4,
        data_coding=8,  # though its octets are plain, as some carriers have it
        short_message=b"id:7 stat:DELIVRD err:000 code 1234!",
        tlvs=((0x1501, b"code 1234"),),
    )
    assert describe_pdu(without_text(encode(report)), is_blanked=True).line.endswith(
        'short_message="id:7 stat:DELIVRD err:000" (+11 octets, not kept)'
        " 0x1501=(9 octets, not kept)"
    )
