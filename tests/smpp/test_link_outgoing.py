"""What one carrier's settings make of a segment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from staffetta.connectors.smpp.outgoing import Outgoing
from staffetta.connectors.smpp.printable import printable
from staffetta.connectors.smpp.settings import (
    Codings,
    Flash,
    SmppSettings,
    SubmitFields,
    Validity,
)
from staffetta.domain.encodings import Encoding
from staffetta.domain.shift_tables import ShiftTables
from staffetta.domain.text_rules import TextRules
from staffetta.domain.writing import Alphabet, LongMessages, ReportedParts, Writing
from staffetta.messaging.connector import Claim, Segment
from staffetta.smpp import pdus
from staffetta.smpp.errors import InvalidField
from staffetta.smpp.message_ids import IdForm
from staffetta.smpp.statuses import STATUSES, StatusClass

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
SETTINGS = SmppSettings(
    connector_id=1, name="carrier", host="h", port=1, system_id="esme", password=""
)
CLAIM = Claim(
    space_id=1,
    recipient_id=bytes(12),
    attempt=1,
    sender="ACME",
    number="+393331234567",
    encoding=Encoding.GSM_7,
    segments=(Segment(1, "hi"),),
    segment_total=1,
    reference=0,
    flash=False,
    expires_at=NOW + timedelta(hours=48),
    accepted_before=False,
    failure_count=0,
    resend_count=0,
    capture_micro=0,
)


def changed(**changes: object) -> Claim:
    fields = {name: getattr(CLAIM, name) for name in Claim.__struct_fields__}
    return Claim(**{**fields, **changes})


def made(settings: SmppSettings = SETTINGS, **changes: object) -> pdus.SubmitSm:
    claim = changed(**changes)
    return Outgoing(settings).submit_sm(claim, claim.segments[0], NOW)


@pytest.mark.parametrize(
    ("sender", "ton", "npi", "value"),
    [
        ("ACME", 5, 0, b"ACME"),
        ("+393331234567", 1, 1, b"393331234567"),
        ("393331234567", 1, 1, b"393331234567"),
        ("40404", 3, 0, b"40404"),
    ],
)
def test_a_sender_goes_as_what_it_is(sender, ton, npi, value):
    pdu = made(sender=sender)
    assert (pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr) == (ton, npi, value)


@pytest.mark.parametrize("sender", ["Zürich", "twelve-chars", "", "a\0b"])
def test_a_sender_that_does_not_fit_is_refused_each_time(sender):
    outgoing = Outgoing(SETTINGS)
    for _ in range(2):
        with pytest.raises(InvalidField):
            made(sender=sender)
    assert outgoing.submit_sm(CLAIM, CLAIM.segments[0], NOW).source_addr == b"ACME"


@pytest.mark.parametrize(
    ("encoding", "flash", "data_coding"),
    [
        (Encoding.GSM_7, False, 0),
        (Encoding.GSM_7, True, 0xF0),
        (Encoding.UCS_2, False, 8),
        (Encoding.UCS_2, True, 0x18),
    ],
)
def test_each_kind_of_text_has_its_coding(encoding, flash, data_coding):
    assert made(encoding=encoding, flash=flash).data_coding == data_coding


def test_a_carrier_may_want_another_coding():
    settings = replace(SETTINGS, codings=Codings(gsm7=1, gsm7_flash=0x10))
    assert made(settings).data_coding == 1
    assert made(settings, flash=True).data_coding == 0x10


@pytest.mark.parametrize(
    ("validity", "written"),
    [
        (Validity.ABSOLUTE, b"260316092653000+"),
        (Validity.RELATIVE, b"000002000000000R"),
        (Validity.NONE, b""),
    ],
)
def test_the_expiry_is_told_in_the_carriers_way(validity, written):
    assert made(replace(SETTINGS, validity=validity)).validity_period == written


def test_the_expiry_is_told_in_utc():
    at = CLAIM.expires_at.astimezone(timezone(timedelta(hours=2)))
    assert made(expires_at=at).validity_period == b"260316092653000+"


def test_a_relative_expiry_is_what_is_left_and_never_nothing():
    settings = replace(SETTINGS, validity=Validity.RELATIVE)
    assert made(settings, expires_at=NOW + timedelta(minutes=15)).validity_period == (
        b"000000001500000R"
    )
    assert made(settings, expires_at=NOW - timedelta(days=1)).validity_period == (
        b"000000000100000R"
    )


def test_only_parts_of_long_messages_have_a_header():
    assert made().esm_class == 0
    part = made(segments=(Segment(2, "hi"),), segment_total=3, reference=255)
    assert (part.esm_class, part.short_message) == (0x40, b"\x05\x00\x03\xff\x03\x02hi")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"writing": Writing(alphabet=Alphabet.LATIN_1)},
        {"writing": Writing(tables=ShiftTables(1, 1))},
    ],
    ids=["usual", "latin1", "tables"],
)
def test_a_text_outside_its_alphabet_is_refused(changes):
    with pytest.raises(InvalidField, match="short_message"):
        made(segments=(Segment(1, "日本"),), **changes)


PART = {"segments": (Segment(2, "hi"),), "segment_total": 3, "reference": 7}


def test_a_wide_reference_is_made_of_the_narrow_one_and_the_id():
    claim = {**PART, "recipient_id": bytes(11) + b"\xab"}
    part = made(**claim, writing=Writing(long_messages=LongMessages.UDH_16))
    assert (part.esm_class, part.short_message) == (0x40, b"\x06\x08\x04\xab\x07\x03\x02hi")


def test_parts_may_be_told_by_tlvs():
    part = made(**PART, writing=Writing(long_messages=LongMessages.SAR))
    assert (part.esm_class, part.short_message) == (0, b"hi")
    assert part.tlvs == ((0x020C, b"\x00\x07"), (0x020E, b"\x03"), (0x020F, b"\x02"))


def test_a_payload_is_written_beside_an_empty_text():
    long = made(
        segments=(Segment(1, "a" * 300),), writing=Writing(long_messages=LongMessages.PAYLOAD)
    )
    assert (long.esm_class, long.short_message) == (0, b"")
    assert long.tlvs == ((0x0424, b"a" * 300),)


def test_tables_are_named_in_every_header():
    tables = Writing(tables=ShiftTables(locking=1, single=2))
    alone = made(segments=(Segment(1, "ğá"),), writing=tables)
    assert (alone.esm_class, alone.data_coding) == (0x40, 0)
    assert alone.short_message == bytes.fromhex("06 25 01 02 24 01 01 0c 1b 61")
    part = made(**{**PART, "segments": (Segment(2, "ğ"),)}, writing=tables)
    assert part.short_message == bytes.fromhex("0b 00 03 07 03 02 25 01 02 24 01 01 0c")


def test_an_alphabet_of_the_smsc_has_its_own_octets():
    texts = TextRules(alphabet=Alphabet.LATIN_1)
    latin1 = made(
        replace(SETTINGS, texts=texts),
        segments=(Segment(1, "@$è"),),
        writing=Writing(alphabet=Alphabet.LATIN_1),
    )
    assert (latin1.data_coding, latin1.short_message) == (0, b"@$\xe8")


def test_septets_go_under_their_own_coding_where_the_alphabet_is_another():
    texts = TextRules(alphabet=Alphabet.LATIN_1, septet_coding=0xF1)
    settings = replace(SETTINGS, texts=texts)
    septets = made(settings, segments=(Segment(1, "@€"),))
    assert (septets.data_coding, septets.short_message) == (0xF1, b"\x00\x1be")
    flash = made(settings, segments=(Segment(1, "@€"),), flash=True)
    assert (flash.data_coding, flash.tlvs) == (0xF1, ((0x0005, b"\x01"),))


@pytest.mark.parametrize("alphabet", [Alphabet.LATIN_1, Alphabet.ASCII])
def test_a_flash_in_another_alphabet_is_told_by_a_tlv_unless_a_coding_is_set(alphabet):
    settings = replace(SETTINGS, texts=TextRules(alphabet=alphabet))
    changes = {
        "segments": (Segment(1, "a@b"),),
        "writing": Writing(alphabet=alphabet),
        "flash": True,
    }
    flash = made(settings, **changes)
    assert (flash.data_coding, flash.short_message) == (0, b"a@b")
    assert flash.tlvs == ((0x0005, b"\x01"),)
    set_one = replace(settings, codings=Codings(gsm7_flash=0xF0))
    flash = made(set_one, **changes)
    assert (flash.data_coding, flash.tlvs) == (0xF0, ())
    wide = made(settings, encoding=Encoding.UCS_2, flash=True)
    assert (wide.data_coding, wide.tlvs) == (0x18, ())


@pytest.mark.parametrize(("encoding", "data_coding"), [(Encoding.GSM_7, 0), (Encoding.UCS_2, 8)])
def test_a_flash_may_be_told_by_a_tlv(encoding, data_coding):
    settings = replace(SETTINGS, fields=SubmitFields(flash=Flash.SUBUNIT))
    flash = made(settings, encoding=encoding, flash=True)
    assert (flash.data_coding, flash.tlvs) == (data_coding, ((0x0005, b"\x01"),))
    assert made(settings, encoding=encoding).tlvs == ()


def test_what_a_carrier_wants_in_every_submit_is_there():
    fields = SubmitFields(service_type="CMT", protocol_id=0x41, tlvs=((0x1400, b"1201159"),))
    pdu = made(replace(SETTINGS, fields=fields), **PART)
    assert (pdu.service_type, pdu.protocol_id) == (b"CMT", 0x41)
    assert pdu.tlvs == ((0x1400, b"1201159"),)
    assert pdu.short_message == b"\x05\x00\x03\x07\x03\x02hi"


@pytest.mark.parametrize(
    ("parts", "segments", "asked"),
    [
        (ReportedParts.ALL, (1, 2, 3), [1, 1, 1]),
        (ReportedParts.FIRST, (1, 2, 3), [1, 0, 0]),
        (ReportedParts.LAST, (1, 2, 3), [0, 0, 1]),
        (ReportedParts.FIRST, (2, 3), [1, 0]),  # a later try asks again
        (ReportedParts.LAST, (1, 2), [0, 1]),
    ],
)
def test_reports_are_asked_for_as_the_carrier_wants(parts, segments, asked):
    claim = changed(
        segments=tuple(Segment(number, "hi") for number in segments),
        segment_total=3,
        writing=Writing(reported_parts=parts),
    )
    outgoing = Outgoing(SETTINGS)
    pdus_made = [outgoing.submit_sm(claim, segment, NOW) for segment in claim.segments]
    assert [pdu.registered_delivery for pdu in pdus_made] == asked


def test_every_status_but_success_has_an_outcome():
    outgoing = Outgoing(SETTINGS)
    for code in [*STATUSES, 0x400, 0x4FF, 0xFFFFFFFF]:
        assert outgoing.refused(code)


@pytest.mark.parametrize("own", list(StatusClass))
def test_a_carriers_own_meaning_wins(own):
    outgoing = Outgoing(replace(SETTINGS, status_classes={0x45: own}))
    assert outgoing.meaning(0x45).status_class is own
    assert outgoing.refused(0x45)


def test_an_id_is_kept_as_written_and_compared_without_its_spelling():
    accepted = Outgoing(replace(SETTINGS, submit_ids=IdForm.HEXADECIMAL)).accepted(b"00FF")
    assert (accepted.smsc_id, accepted.smsc_key) == ("00FF", "255")


@pytest.mark.parametrize(
    ("octets", "text"),
    [(b"abc", "abc"), (b"a\0b", "a\\x00b"), (b"\x85", "\\x85"), (b"x" * 999, "x" * 255)],
)
def test_any_octets_become_storable(octets, text):
    assert printable(octets) == text
