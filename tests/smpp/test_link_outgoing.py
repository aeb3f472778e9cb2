"""What one carrier's settings make of a segment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from staffetta.connectors.smpp.outgoing import Outgoing
from staffetta.connectors.smpp.printable import printable
from staffetta.connectors.smpp.settings import Codings, SmppSettings, Validity
from staffetta.domain.encodings import Encoding
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


def made(settings: SmppSettings = SETTINGS, **changes: object) -> pdus.SubmitSm:
    fields = {name: getattr(CLAIM, name) for name in Claim.__struct_fields__}
    claim = Claim(**{**fields, **changes})
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


def test_a_text_outside_its_alphabet_is_refused():
    with pytest.raises(InvalidField, match="short_message"):
        made(segments=(Segment(1, "日本"),))


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
