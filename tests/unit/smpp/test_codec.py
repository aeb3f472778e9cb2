"""Writing is strict and reading lenient: round trips of every PDU, mutations, and what peers do."""

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from staffetta.smpp import pdus
from staffetta.smpp.decode import DECODERS, decode
from staffetta.smpp.encode import ENCODERS, encode, encode_as
from staffetta.smpp.errors import InvalidField, MalformedPdu
from staffetta.smpp.fields import LAYOUTS, CountedOctets, Octet, Text, Time
from staffetta.smpp.statuses import Status

U32 = st.integers(0, 0xFFFFFFFF)
OCTET = st.integers(0, 255)
TIMES = st.sampled_from([b"", b"000002000000000R", b"261231235900000+"])
TLVS = st.lists(
    st.tuples(st.integers(1, 0xFFFF), st.binary(max_size=40)), max_size=5, unique=False
).map(tuple)


def text(octets_max):
    return st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=octets_max).map(
        str.encode
    )


def field_strategy(field):
    match field:
        case Time():
            return TIMES
        case Text(octets_max=octets_max):
            return text(octets_max)
        case Octet():
            return OCTET
        case CountedOctets():
            return st.binary(max_size=254)


SHORT_MESSAGE = {
    name: OCTET
    for name in pdus.SubmitSm.__struct_fields__
    if name.endswith(("_ton", "_npi", "_class", "_id", "_flag", "_delivery", "_coding"))
} | {
    "service_type": text(5),
    "source_addr": text(20),
    "destination_addr": text(20),
    "schedule_delivery_time": TIMES,
    "validity_period": TIMES,
    "short_message": st.binary(max_size=254),
}


def fields_of(kind):
    if kind in LAYOUTS:
        fields = {field.name: field_strategy(field) for field in LAYOUTS[kind]}
    elif issubclass(kind, pdus.ShortMessage):
        fields = dict(SHORT_MESSAGE)
    elif issubclass(kind, pdus.MessageIdResp):
        fields = {"message_id": text(64)}
    else:
        fields = {}
    names = kind.__struct_fields__
    extras = {"sequence_number": U32, "command_status": U32, "tlvs": TLVS}
    return fields | {name: extras[name] for name in extras if name in names}


KINDS = [kind for kind in ENCODERS if kind is not pdus.UnknownPdu]
ANY_PDU = st.sampled_from(KINDS).flatmap(lambda kind: st.builds(kind, **fields_of(kind)))
UNKNOWN_PDU = st.builds(
    pdus.UnknownPdu,
    sequence_number=U32,
    command_status=U32,
    unknown_id=U32.filter(lambda command_id: command_id not in DECODERS),
    body=st.binary(max_size=80),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_pdu_survives_the_wire(kind, data):
    pdu = data.draw(st.builds(kind, **fields_of(kind)))
    assert decode(encode(pdu)) == pdu


@given(pdu=UNKNOWN_PDU)
def test_an_unknown_pdu_is_kept_raw(pdu):
    assert decode(encode(pdu)) == pdu


@given(pdu=ANY_PDU, sequence_number=U32)
def test_a_pdu_can_be_written_under_another_number(pdu, sequence_number):
    frame = encode_as(pdu, sequence_number)
    assert struct.unpack_from(">I", frame, 12) == (sequence_number,)
    assert len(frame) == struct.unpack_from(">I", frame)[0]


def read_or_told(frame):
    try:
        return isinstance(decode(frame), pdus.Pdu)
    except MalformedPdu as error:
        return error.command_status in Status


@given(
    pdu=ANY_PDU,
    changes=st.lists(st.tuples(st.integers(0, 400), OCTET), max_size=6),
    cut=st.integers(0, 400),
    tail=st.binary(max_size=12),
)
def test_a_mutated_pdu_is_read_or_called_malformed(pdu, changes, cut, tail):
    frame = bytearray(encode(pdu))
    for position, value in changes:
        frame[position % len(frame)] = value
    frame = frame[: max(cut, 16)] + tail
    frame[:4] = len(frame).to_bytes(4, "big")
    assert read_or_told(bytes(frame))


@given(frame=st.binary(max_size=200))
@example(frame=b"")
@example(frame=bytes(15))
@example(frame=bytes.fromhex("00000011000000150000000000000001"))
def test_random_octets_are_read_or_called_malformed(frame):
    assert read_or_told(frame)


SUBMIT = pdus.SubmitSm(source_addr=b"ACME", destination_addr=b"4915112345678", short_message=b"x")


@pytest.mark.parametrize(
    ("pdu", "field"),
    [
        (pdus.SubmitSm(service_type=b"sixsix"), "service_type"),
        (pdus.SubmitSm(source_addr=b"1" * 21), "source_addr"),
        (pdus.SubmitSm(source_addr=b"A\0B"), "source_addr"),
        (pdus.SubmitSm(source_addr="Café".encode("latin-1")), "source_addr"),
        (pdus.SubmitSm(destination_addr=b"1" * 21), "destination_addr"),
        (pdus.SubmitSm(schedule_delivery_time=b"000002000000000"), "schedule_delivery_time"),
        (pdus.SubmitSm(validity_period=b"0000020000000000R"), "validity_period"),
        (pdus.SubmitSm(short_message=bytes(255)), "short_message"),
        (pdus.SubmitSm(source_addr_ton=256), "source_addr_ton"),
        (pdus.SubmitSm(dest_addr_npi=-1), "dest_addr_npi"),
        (pdus.SubmitSm(sm_default_msg_id=300), "sm_default_msg_id"),
        (pdus.SubmitSm(tlvs=((0, b""),)), "tlvs"),
        (pdus.SubmitSm(tlvs=((0x424, bytes(65536)),)), "tlvs"),
        (pdus.SubmitSm(tlvs=((0x424, bytes(65535)),) * 2), "command_length"),
        (pdus.SubmitSm(sequence_number=1 << 32), "sequence_number"),
        (pdus.SubmitSmResp(command_status=-1), "command_status"),
        (pdus.SubmitSmResp(message_id=b"1" * 65), "message_id"),
        (pdus.BindTransceiver(system_id=b"1" * 16), "system_id"),
        (pdus.BindTransceiver(password=b"123456789"), "password"),
        (pdus.BindTransceiver(system_type=b"1" * 13), "system_type"),
        (pdus.BindTransceiver(address_range=b"1" * 41), "address_range"),
        (pdus.BindTransceiver(interface_version=256), "interface_version"),
        (pdus.DataSm(source_addr=b"1" * 65), "source_addr"),
        (pdus.QuerySmResp(final_date=b"1"), "final_date"),
        (pdus.ReplaceSm(short_message=bytes(255)), "short_message"),
    ],
)
def test_what_does_not_fit_is_refused_by_the_name_of_its_field(pdu, field):
    with pytest.raises(InvalidField) as caught:
        encode(pdu)
    assert caught.value.field == field


def test_each_field_holds_its_longest_value():
    encode(
        pdus.SubmitSm(
            service_type=b"12345",
            source_addr=b"1" * 20,
            destination_addr=b"1" * 20,
            short_message=bytes(254),
        )
    )
    encode(pdus.SubmitSmResp(message_id=b"1" * 64))
    encode(pdus.SubmitSm(tlvs=((0x424, bytes(65535)),)))


def frame_of(command_id, body=b"", command_status=0, sequence_number=7):
    return struct.pack(">IIII", 16 + len(body), command_id, command_status, sequence_number) + body


def refitted(frame):
    return len(frame).to_bytes(4, "big") + frame[4:]


@pytest.mark.parametrize(
    ("frame", "pdu"),
    [
        (frame_of(0x80000004), pdus.SubmitSmResp(7, 0)),
        (frame_of(0x80000004, command_status=0x45), pdus.SubmitSmResp(7, 0x45)),
        (frame_of(0x80000004, b"\0", command_status=0x45), pdus.SubmitSmResp(7, 0x45)),
        (frame_of(0x80000004, b"abc"), pdus.SubmitSmResp(7, 0, b"abc")),
        (frame_of(0x80000004, b"abc\0\0\0"), pdus.SubmitSmResp(7, 0, b"abc")),
        (frame_of(0x80000004, b"i" * 90 + b"\0"), pdus.SubmitSmResp(7, 0, b"i" * 90)),
        (
            frame_of(0x80000004, b"abc\0" + bytes.fromhex("0427000102")),
            pdus.SubmitSmResp(7, 0, b"abc", ((0x427, b"\x02"),)),
        ),
        (frame_of(0x80000004, b"abc\0\x04\x27\xff\xff"), pdus.SubmitSmResp(7, 0, b"abc")),
        (frame_of(0x80000004, command_status=0xFFFFFFFF), pdus.SubmitSmResp(7, 0xFFFFFFFF)),
        (frame_of(0x80000009), pdus.BindTransceiverResp(7, 0)),
        (frame_of(0x80000009, b"SMSC"), pdus.BindTransceiverResp(7, 0, b"SMSC")),
        (frame_of(0x80000005), pdus.DeliverSmResp(7, 0)),
        (frame_of(0x80000003), pdus.QuerySmResp(7, 0)),
        (frame_of(0x15, b"junk"), pdus.EnquireLink(7)),
        (frame_of(0x15, sequence_number=0), pdus.EnquireLink(0)),
        (frame_of(0x15, sequence_number=0xFFFFFFFF), pdus.EnquireLink(0xFFFFFFFF)),
        (frame_of(0x80000000, b"junk", 3), pdus.GenericNack(7, 3)),
    ],
)
def test_what_carriers_send_is_read(frame, pdu):
    assert decode(frame) == pdu


def test_zero_octets_behind_the_body_are_padding():
    for octet_count in range(1, 10):
        assert decode(refitted(encode(SUBMIT) + bytes(octet_count))) == SUBMIT


def test_duplicate_and_unknown_tlvs_are_kept_in_order():
    tlvs = ((0x1401, b"a"), (0x1401, b""), (0x0427, b"\x02"), (0x1401, b"b"))
    pdu = pdus.DeliverSm(tlvs=tlvs)
    assert decode(encode(pdu)).tlvs == tlvs


def test_fields_longer_than_the_specification_are_read():
    frame = encode(SUBMIT).replace(b"4915112345678", b"4" * 60)
    assert decode(refitted(frame)).destination_addr == b"4" * 60


@pytest.mark.parametrize(
    ("frame", "command_status"),
    [
        (frame_of(0x05), Status.INVALID_COMMAND_LENGTH),
        (refitted(encode(SUBMIT)[:-3]), Status.INVALID_COMMAND_LENGTH),
        (refitted(encode(SUBMIT)[:-1]), Status.INVALID_MESSAGE_LENGTH),
        (refitted(encode(SUBMIT) + b"\x04\x24\x00\x09abc"), Status.INVALID_TLV_STREAM),
        (refitted(encode(SUBMIT) + b"x"), Status.INVALID_TLV_STREAM),
        (frame_of(0x09, b"only a name\0"), Status.INVALID_COMMAND_LENGTH),
        (encode(SUBMIT) + b"x", Status.INVALID_COMMAND_LENGTH),
        (b"short", Status.INVALID_COMMAND_LENGTH),
    ],
)
def test_what_cannot_be_read_says_why(frame, command_status):
    with pytest.raises(MalformedPdu) as caught:
        decode(frame)
    assert caught.value.command_status == command_status


def test_a_refusal_of_a_submission_has_no_body():
    assert len(encode(pdus.SubmitSmResp(1, 0x58))) == 16
    assert len(encode(pdus.BindTransceiverResp(1, 0x0E))) == 16
    assert len(encode(pdus.DeliverSmResp(1, 0x14))) == 17
