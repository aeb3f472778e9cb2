"""The small rules around messages: ids, addresses, times, headers, statuses, submissions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.smpp import pdus
from staffetta.smpp.addresses import Address, AddressRules, Numbering
from staffetta.smpp.encode import encode
from staffetta.smpp.errors import InvalidField
from staffetta.smpp.message_ids import IdForm, message_id_key
from staffetta.smpp.statuses import STATUSES, Status, StatusClass, describe_status
from staffetta.smpp.submissions import make_submit_sm
from staffetta.smpp.times import absolute_time, read_time, relative_time
from staffetta.smpp.tlvs import Tag, find, find_integer, find_text, octet_tlv, text_tlv
from staffetta.smpp.user_data import (
    Concatenation,
    concatenation_header,
    read_concatenation,
    read_user_data,
)

NOW = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)

# An answer's id and its form, a report's id and its form: all name the same message.
SAME = [
    ("33E95179", IdForm.HEXADECIMAL, "870928761", IdForm.DECIMAL),
    ("33e95179", IdForm.HEXADECIMAL, "0000870928761", IdForm.AS_IS),
    ("0abc12EF", IdForm.HEXADECIMAL, "ABC12ef", IdForm.HEXADECIMAL),
    ("0000042", IdForm.AS_IS, "42", IdForm.AS_IS),
    (" 42\0", IdForm.AS_IS, "42 ", IdForm.DECIMAL),
    ("0", IdForm.AS_IS, "000", IdForm.DECIMAL),
    ("ABCDEF", IdForm.AS_IS, "abcdef", IdForm.AS_IS),
    (
        "6F3C2F4E-52A4-4A3F-9D5E-0D6B3B8E7B21",
        IdForm.AS_IS,
        "6f3c2f4e-52a4-4a3f-9d5e-0d6b3b8e7b21",
        IdForm.AS_IS,
    ),
    ("Kx9_z", IdForm.HEXADECIMAL, "Kx9_z", IdForm.DECIMAL),
    ("f" * 64, IdForm.HEXADECIMAL, str(16**64 - 1), IdForm.AS_IS),
]
DIFFERENT = [
    ("Kx9z", "kX9z"),
    ("42", "420"),
    ("00ab-c", "ab-c"),
    ("", "0"),
]


@pytest.mark.parametrize(("answer", "answer_form", "report", "report_form"), SAME)
def test_two_spellings_of_one_id_have_one_key(answer, answer_form, report, report_form):
    assert message_id_key(answer, answer_form) == message_id_key(report, report_form)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_ids_have_two_keys(one, other):
    assert message_id_key(one) != message_id_key(other)


@given(text=st.text(max_size=80), form=st.sampled_from(IdForm))
def test_every_id_has_a_key(text, form):
    key = message_id_key(text, form)
    assert message_id_key(key) == key


@given(number=st.integers(0, 2**63))
def test_hexadecimal_and_decimal_meet(number):
    assert message_id_key(f"{number:X}", IdForm.HEXADECIMAL) == message_id_key(f"{number:020d}")


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("ACME", Address(5, 0, b"ACME")),
        ("24 Hours", Address(5, 0, b"24 Hours")),
        ("+4915112345678", Address(1, 1, b"4915112345678")),
        ("4915112345678", Address(1, 1, b"4915112345678")),
        ("12345", Address(3, 0, b"12345")),
    ],
)
def test_a_sender_has_its_type_of_number(sender, address):
    assert AddressRules().source(sender) == address


@pytest.mark.parametrize("sender", ["", "TwelveLetter", "Café", "A\0B"])
def test_what_is_no_sender_is_refused(sender):
    with pytest.raises(InvalidField):
        AddressRules().source(sender)


def test_a_destination_is_international():
    assert AddressRules().destination("+4915112345678") == Address(1, 1, b"4915112345678")


@pytest.mark.parametrize("number", ["", "+", "49 151", "ACME", "٤٩"])
def test_what_is_no_number_is_refused(number):
    with pytest.raises(InvalidField):
        AddressRules().destination(number)


def test_a_carrier_may_want_other_types_of_number():
    rules = AddressRules(international=Numbering(0, 0), short_code=Numbering(6, 0))
    assert rules.destination("+49151") == Address(0, 0, b"49151")
    assert rules.source("12345") == Address(6, 0, b"12345")


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (48 * 3600, b"000002000000000R"),
        (7 * 86400, b"000007000000000R"),
        (15 * 60, b"000000001500000R"),
        (1, b"000000000001000R"),
        (30 * 86400, b"000030000000000R"),
        (86399, b"000000235959000R"),
    ],
)
def test_a_span_is_written_relative(seconds, written):
    assert relative_time(seconds) == written
    assert read_time(written, NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("seconds", [0, -1, 31 * 86400])
def test_a_span_that_cannot_be_written_is_refused(seconds):
    with pytest.raises(InvalidField):
        relative_time(seconds)


def test_a_time_is_written_in_utc():
    assert absolute_time(NOW) == b"261231235900000+"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"261231235900000+", NOW),
        (b"270101005900004+", NOW),
        (b"261231225900004-", NOW),
        (b"261231235900900+", NOW + timedelta(milliseconds=900)),
        (b"261331235900000+", None),
        (b"261231235900049+", None),
        (b"261231235900000", None),
        (b"261231235900000X", None),
        (b"", None),
    ],
)
def test_a_time_is_read_with_its_offset(written, meant):
    assert read_time(written, NOW) == meant


@given(seconds=st.floats(0, 99 * 365 * 86_400))
def test_a_time_survives_the_wire_to_a_tenth_of_a_second(seconds):
    at = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    read = read_time(absolute_time(at), NOW)
    assert timedelta(0) <= at - read < timedelta(seconds=0.1)


@pytest.mark.parametrize(
    ("reference", "wide", "header"),
    [(7, False, "050003070201"), (0x1234, True, "06080412340201")],
)
def test_a_part_says_which_it_is(reference, wide, header):
    written = concatenation_header(reference, 2, 1, wide=wide)
    assert written.hex() == header
    user_data = read_user_data(written + b"part one")
    assert user_data.body == b"part one"
    assert read_concatenation(user_data) == Concatenation(reference, 2, 1)


@pytest.mark.parametrize(
    ("reference", "total", "number"), [(256, 2, 1), (-1, 2, 1), (1, 256, 1), (1, 2, 3), (1, 2, 0)]
)
def test_an_impossible_part_is_refused(reference, total, number):
    with pytest.raises(InvalidField):
        concatenation_header(reference, total, number)


@pytest.mark.parametrize(
    ("payload", "body", "part"),
    [
        ("0500030702010a", "0a", Concatenation(7, 2, 1)),
        ("0a0500030702012401ff00" + "41", "41", None),
        ("0b05040b8423f0" + "0003070201" + "41", "41", Concatenation(7, 2, 1)),
        ("050003070203" + "41", "41", None),
        ("ff00", "ff00", None),
        ("0141", "", None),
        ("00", "", None),
        ("", "", None),
    ],
)
def test_a_header_from_anybody_is_read(payload, body, part):
    user_data = read_user_data(bytes.fromhex(payload))
    assert user_data.body.hex() == body
    assert read_concatenation(user_data) == part


@given(payload=st.binary(max_size=60))
def test_no_header_raises(payload):
    read_concatenation(read_user_data(payload))


def test_a_submission_is_made_of_its_parts():
    pdu = make_submit_sm(
        AddressRules().source("ACME"),
        AddressRules().destination("+4915112345678"),
        b"part one",
        user_data_header=concatenation_header(7, 2, 1),
        registered_delivery=0,
    )
    assert encode(pdu).hex().startswith("0000004000000004")
    assert pdu.esm_class == 0x40
    assert pdu.short_message == b"\x05\x00\x03\x07\x02\x01part one"


def test_a_submission_in_one_part_has_no_header():
    pdu = make_submit_sm(Address(5, 0, b"A"), Address(1, 1, b"1"), b"x", data_coding=8)
    assert (pdu.esm_class, pdu.data_coding, pdu.registered_delivery) == (0, 8, 1)


def test_tlvs_are_found_by_tag():
    tlvs = (octet_tlv(Tag.MESSAGE_STATE, 2), text_tlv(Tag.RECEIPTED_MESSAGE_ID, b"42"))
    assert find(tlvs, Tag.MESSAGE_STATE) == b"\x02"
    assert find_integer(tlvs, Tag.MESSAGE_STATE) == 2
    assert find_text(tlvs, Tag.RECEIPTED_MESSAGE_ID) == b"42"
    assert find(tlvs, Tag.SOURCE_PORT) is None
    assert find_integer(tlvs, Tag.SOURCE_PORT) is None
    assert find_text(tlvs, Tag.SOURCE_PORT) is None
    assert find_integer(((Tag.MESSAGE_STATE, b""),), Tag.MESSAGE_STATE) is None


CLASSES = {
    StatusClass.THROTTLE: [0x14, 0x58],
    StatusClass.TEMPORARY: [0x08, 0x45, 0x64, 0xFE, 0xFF, 0x102, 0x400, 0x4FF, 0xDEADBEEF],
    StatusClass.PERMANENT: [0x01, 0x0A, 0x0B, 0x48, 0x49, 0x50, 0x51, 0x66, 0xC0, 0x104],
    StatusClass.PROTOCOL: [0x02, 0x03],
    StatusClass.SESSION: [0x04, 0x05],
    StatusClass.BIND: [0x0D, 0x0E, 0x0F, 0x53],
    StatusClass.OPERATION: [0x0C, 0x11, 0x13, 0x67],
    StatusClass.BROADCAST: [0x107, 0x112],
    StatusClass.SUCCESS: [0x00],
}


@pytest.mark.parametrize("status_class", CLASSES)
def test_a_status_has_its_class(status_class):
    assert {describe_status(code).status_class for code in CLASSES[status_class]} == {status_class}


def test_credit_alone_is_a_carriers_own_meaning_and_has_no_standard_code():
    assert set(StatusClass) - set(CLASSES) == {StatusClass.CREDIT}
    assert not any(row.status_class is StatusClass.CREDIT for row in STATUSES.values())


def test_every_status_has_a_name_of_its_own_and_a_sentence():
    assert len({row.name for row in STATUSES.values()}) == len(STATUSES)
    assert all(row.name.startswith("ESME_R") for row in STATUSES.values())
    assert all(row.sentence.endswith(".") for row in STATUSES.values())
    assert set(Status) <= set(STATUSES)


def test_an_unknown_status_is_named_by_its_number():
    assert describe_status(0x412).name == "0x00000412"
    assert isinstance(pdus.SubmitSmResp(1, 0x412), pdus.Response)
