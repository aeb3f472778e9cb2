"""The delivery report, octet by octet."""

import pytest

from staffetta.connectors.simulated.behaviours import DELIVERED, EXPIRED, UNDELIVERABLE
from staffetta.connectors.simulated.reports import make_report
from staffetta.smpp.encode import encode
from staffetta.smpp.pdus import SubmitSm

SUBMITTED_AT = 1_773_480_413.0  # 2026-03-14 09:26:53 UTC


def text_of(pdu: SubmitSm, ending=DELIVERED) -> bytes:
    report = make_report(pdu, b"6b016a81b3d05f01", ending, SUBMITTED_AT, SUBMITTED_AT + 3600)
    assert encode(report)
    return report.short_message


def test_the_text_is_that_of_appendix_b():
    assert text_of(SubmitSm(short_message=b"hello")) == (
        b"id:6b016a81b3d05f01 sub:001 dlvrd:001 submit date:2603140926 done date:2603141026"
        b" stat:DELIVRD err:000 text:hello"
    )


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (UNDELIVERABLE, b" stat:UNDELIV err:001 "),
        (EXPIRED, b" stat:EXPIRED err:003 "),
    ],
)
def test_a_failure_counts_none_delivered(ending, words):
    text = text_of(SubmitSm(), ending)
    assert b" dlvrd:000 " in text
    assert words in text


@pytest.mark.parametrize(
    ("pdu", "quoted"),
    [
        (SubmitSm(short_message=b"12345678901234567890123"), b"12345678901234567890"),
        (SubmitSm(short_message=b"1234567890123456789\x1b\x65"), b"1234567890123456789"),
        (SubmitSm(short_message=b"50% off %b"), b"50% off %b"),
        (SubmitSm(short_message=b"\x00h", data_coding=8), b""),
        (SubmitSm(short_message=b"\x05\x00\x03\x01\x02\x01part", esm_class=0x40), b"part"),
        (SubmitSm(short_message=b"kannel", esm_class=0x03), b"kannel"),
        (SubmitSm(tlvs=((0x0424, b"payload"),)), b"payload"),
        (SubmitSm(), b""),
    ],
)
def test_the_message_is_quoted_when_its_alphabet_is_the_reports(pdu, quoted):
    assert text_of(pdu).partition(b" text:")[2] == quoted
