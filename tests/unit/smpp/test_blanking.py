"""What nobody may read later is taken out of octets, and everything else stays."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.smpp import pdus
from staffetta.smpp.blanking import (
    with_addresses,
    without_password,
    without_passwords,
    without_text,
)
from staffetta.smpp.constants import EsmClass
from staffetta.smpp.decode import decode
from staffetta.smpp.encode import encode
from staffetta.smpp.tlvs import Tag

REPORT = (
    b"id:7 sub:001 dlvrd:001 submit date:2603140926 done date:2603140927 stat:DELIVRD err:000"
    b" text:my secret"
)
SUBMIT = pdus.SubmitSm(
    7, source_addr=b"ACME", destination_addr=b"393331234567", short_message=b"my secret"
)


@pytest.mark.parametrize(
    "kind",
    [pdus.BindReceiver, pdus.BindTransmitter, pdus.BindTransceiver],
    ids=lambda k: k.__name__,
)
def test_the_password_of_a_bind_is_blanked_and_its_length_stays(kind: type[pdus.Bind]) -> None:
    blanked = decode(without_password(encode(kind(1, b"gw", b"secret", b"VMA"))))
    assert blanked == kind(1, b"gw", b"******", b"VMA")


def test_the_password_of_an_outbind_is_blanked() -> None:
    assert decode(without_password(encode(pdus.Outbind(1, b"smsc", b"secret")))) == pdus.Outbind(
        1, b"smsc", b"******"
    )


def test_in_a_run_of_frames_every_password_is_blanked() -> None:
    bind = encode(pdus.BindTransceiver(1, b"gw", b"secret"))
    kept = without_passwords(encode(pdus.EnquireLink(1)) + bind + encode(SUBMIT))
    assert b"secret\0" not in kept
    assert kept.endswith(encode(SUBMIT))


def test_half_a_bind_behind_a_whole_one_is_blanked_too() -> None:
    bind = encode(pdus.BindTransceiver(1, b"gw", b"secret"))
    assert without_passwords(bind + bind[:-8]).count(b"secret") == 0


def test_a_text_is_blanked_and_its_length_stays() -> None:
    blanked = decode(without_text(encode(SUBMIT)))
    assert isinstance(blanked, pdus.SubmitSm)
    assert blanked.short_message == b"*" * 9
    assert blanked.destination_addr == b"393331234567"


def test_the_header_of_a_part_stays() -> None:
    part = pdus.SubmitSm(
        7, esm_class=EsmClass.UDH_INDICATOR, short_message=b"\x05\x00\x03\x2a\x02\x01secret"
    )
    blanked = decode(without_text(encode(part)))
    assert isinstance(blanked, pdus.SubmitSm)
    assert blanked.short_message == b"\x05\x00\x03\x2a\x02\x01******"


@pytest.mark.parametrize("kind", [pdus.SubmitSm, pdus.DataSm], ids=lambda kind: kind.__name__)
def test_a_payload_is_blanked_and_other_tlvs_stay(
    kind: type[pdus.SubmitSm] | type[pdus.DataSm],
) -> None:
    tlvs = ((int(Tag.USER_MESSAGE_REFERENCE), b"\0\1"), (int(Tag.MESSAGE_PAYLOAD), b"my secret"))
    blanked = decode(without_text(encode(kind(7, tlvs=tlvs))))
    assert isinstance(blanked, pdus.SubmitSm | pdus.DataSm)
    assert blanked.tlvs == (tlvs[0], (int(Tag.MESSAGE_PAYLOAD), b"*" * 9))


@pytest.mark.parametrize("esm_class", [EsmClass.DELIVERY_REPORT, 0], ids=["marked", "unmarked"])
def test_of_a_report_only_the_quoted_text_is_blanked(esm_class: int) -> None:
    frame = encode(pdus.DeliverSm(7, esm_class=esm_class, short_message=REPORT))
    blanked = decode(without_text(frame))
    assert isinstance(blanked, pdus.DeliverSm)
    assert blanked.short_message == REPORT.replace(b"my secret", b"*" * 9)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("id:77 sub:001 stat:DELIVRD err:000 {}", "id:77 sub:001 stat:DELIVRD err:000"),
        ("id:77 stat:DELIVRD err:000 msg:{}", "id:77 stat:DELIVRD err:000"),
        ("id:77 stat:DELIVRD err:000 text={}", "id:77 stat:DELIVRD err:000 text="),
        ("id:77 stat:DELIVRD err:000 TEXT : {}", "id:77 stat:DELIVRD err:000 TEXT :"),
        ("id:77 stat:DELIVRD err: {}", "id:77 stat:DELIVRD err:"),
        ("id:77 msg:{} stat:DELIVRD err:000", ""),
        ("id:77 stat:DELIVRD {} err:000 id:5", "id:77 stat:DELIVRD"),
        ("id:77 done date:2603140927 DELIVRD err:5 {}", "id:77 done date:2603140927 DELIVRD err:5"),
        ("id: 77,sub: 001,done date:26-03-14 09:27,stat:X,{}",
         "id: 77,sub: 001,done date:26-03-14 09:27,stat:X"),
        ("id:77 stat:DELIVRD err:000\0{}", "id:77 stat:DELIVRD err:000"),
        ("id:77 {}", ""),
        ("{} id:77 stat:DELIVRD err:000", ""),
    ],
    ids=["bare", "other-label", "equals", "blank", "no-error", "first", "between", "no-stat",
         "commas", "nul", "id-alone", "before"],
)  # fmt: skip
@pytest.mark.parametrize("in_payload", [False, True], ids=["short_message", "payload"])
def test_of_a_report_no_word_stays_that_is_not_surely_the_carriers(
    text: str, kept: str, in_payload: bool
) -> None:
    said = text.format("Your code is 1234").encode()
    pdu = (
        pdus.DeliverSm(7, esm_class=4, tlvs=((int(Tag.MESSAGE_PAYLOAD), said),))
        if in_payload
        else pdus.DeliverSm(7, esm_class=4, short_message=said)
    )
    blanked = decode(without_text(encode(pdu)))
    assert isinstance(blanked, pdus.DeliverSm)
    shown = blanked.tlvs[0][1] if in_payload else blanked.short_message
    assert shown == kept.encode() + b"*" * (len(said) - len(kept))


@pytest.mark.parametrize("tag", [0x1400, 0x1501, 0x3FFF, 0x4001, 0x0100])
@pytest.mark.parametrize("kind", [pdus.DeliverSm, pdus.DataSm], ids=lambda kind: kind.__name__)
def test_of_what_is_delivered_tlvs_that_nobody_knows_are_blanked(
    kind: type[pdus.DeliverSm] | type[pdus.DataSm], tag: int
) -> None:
    known = (int(Tag.RECEIPTED_MESSAGE_ID), b"77\0")
    blanked = decode(without_text(encode(kind(7, tlvs=(known, (tag, b"Your code is 1234"))))))
    assert isinstance(blanked, pdus.DeliverSm | pdus.DataSm)
    assert blanked.tlvs == (known, (tag, b"*" * 17))


def test_the_tlvs_that_an_operator_has_us_write_stay() -> None:
    tlvs = ((0x1400, b"110000"),)
    blanked = decode(without_text(encode(pdus.SubmitSm(7, short_message=b"secret", tlvs=tlvs))))
    assert isinstance(blanked, pdus.SubmitSm)
    assert blanked.tlvs == tlvs


def test_a_quoted_text_may_hold_any_octets() -> None:
    quoting = REPORT.replace(b"my secret", b"caff\xe8 \0 my secret text: too")
    frame = encode(pdus.DeliverSm(7, esm_class=EsmClass.DELIVERY_REPORT, short_message=quoting))
    blanked = decode(without_text(frame))
    assert isinstance(blanked, pdus.DeliverSm)
    head, _, _ = quoting.partition(b"caff")
    assert blanked.short_message == head + b"*" * (len(quoting) - len(head))


@pytest.mark.parametrize("codec", ["utf-16-be", "utf-16-le", "utf-16"])
def test_a_report_in_another_alphabet_is_blanked_whole(codec: str) -> None:
    text = REPORT.decode().encode(codec)[:254]
    frame = encode(pdus.DeliverSm(7, esm_class=EsmClass.DELIVERY_REPORT, short_message=text))
    blanked = decode(without_text(frame))
    assert isinstance(blanked, pdus.DeliverSm)
    assert set(blanked.short_message) == set(b"*")


def test_a_text_of_ours_that_reads_like_a_report_is_blanked_whole() -> None:
    frame = encode(pdus.SubmitSm(7, short_message=REPORT))
    assert b"DELIVRD" not in without_text(frame)


def test_an_inbound_message_is_blanked() -> None:
    assert b"secret" not in without_text(encode(pdus.DeliverSm(7, short_message=b"my secret")))


def test_what_nobody_knows_loses_its_body() -> None:
    frame = encode(pdus.UnknownPdu(7, 0, 0x111, b"my secret"))
    assert without_text(frame)[16:] == b"*" * 9


@pytest.mark.parametrize(
    "pdu",
    [
        pdus.SubmitSmResp(7, 0, b"id7"),
        pdus.SubmitSmResp(7, 0x58),
        pdus.EnquireLink(7),
        pdus.GenericNack(0, 3),
        pdus.BindTransceiverResp(1, 0, b"SMSC"),
    ],
    ids=lambda pdu: type(pdu).__name__,
)
def test_what_has_no_text_stays_as_it_is(pdu: pdus.Pdu) -> None:
    assert without_text(encode(pdu)) == encode(pdu)


def test_a_broken_frame_loses_whatever_may_be_text() -> None:
    frame = encode(SUBMIT)
    broken = frame[:-12] + b"\xff" + b"my secret and more"  # sm_length says more than is there
    assert b"secret" not in without_text(broken)
    endless = frame[:16] + b"service without an end my secret"
    assert without_text(endless)[16:] == b"*" * 32
    stray = encode(SUBMIT) + b"\x04\x24\xff\xffmy secret"  # a TLV that is longer than the PDU
    assert b"secret" not in without_text(stray)


def _starred(address: str) -> str:
    return "*" * len(address)


@given(st.binary(max_size=200), st.integers(0, 0x200))
def test_any_octets_keep_their_length(body: bytes, command_id: int) -> None:
    size = (16 + len(body)).to_bytes(4, "big")
    frame = size + command_id.to_bytes(4, "big") + bytes(8) + body
    for blank in (without_text, without_password, partial(with_addresses, shown=_starred)):
        assert len(blank(frame)) == len(frame)
        assert blank(frame)[:16] == frame[:16]


def test_addresses_are_shown_as_somebody_wants_them() -> None:
    changed = decode(with_addresses(encode(SUBMIT), lambda written: written.replace("3", "*")))
    assert isinstance(changed, pdus.SubmitSm)
    assert (changed.source_addr, changed.destination_addr) == (b"ACME", b"*9***12*4567")
    assert with_addresses(encode(pdus.EnquireLink(1)), str.upper) == encode(pdus.EnquireLink(1))
