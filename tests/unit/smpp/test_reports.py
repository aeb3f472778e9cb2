"""Delivery reports as carriers really write them, and as we write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.smpp import pdus
from staffetta.smpp.constants import EsmClass, MessageState
from staffetta.smpp.decode import decode
from staffetta.smpp.encode import encode
from staffetta.smpp.report_text import (
    STATE_WORDS,
    ReportText,
    read_report_text,
    write_report_text,
)
from staffetta.smpp.reports import (
    Meaning,
    is_report,
    make_report,
    meaning_of_state,
    meaning_of_word,
    read_report,
    read_report_date,
)

USUAL = (
    "id:0abc12EF sub:001 dlvrd:001 submit date:2612010729 done date:2612010730 "
    "stat:DELIVRD err:000 text:Hello"
)
RECEIPTED = (0x001E, b"0abc12EF\0")
DELIVERED = (0x0427, b"\x02")

# What was written, and what it says.
TEXTS = {
    "as the specification has it": (
        USUAL,
        ReportText("0abc12EF", "DELIVRD", "000", "2612010729", "2612010730"),
    ),
    "without sub and dlvrd": (
        "id:77 submit date:2612010729 done date:2612010730 stat:UNDELIV err:001 text:x",
        ReportText("77", "UNDELIV", "001", "2612010729", "2612010730"),
    ),
    "dates without a space in their labels, an id with dashes": (
        (
            "id:abc-12-3 sub:001 dlvrd:000 submitdate:261201072900 donedate:000000000000 "
            "stat:REJECTD err:375 text:"
        ),
        ReportText("abc-12-3", "REJECTD", "375", "261201072900", "000000000000"),
    ),
    "the state without its label, a UUID as id": (
        (
            "id:6f3c2f4e-52a4-4a3f-9d5e-0d6b3b8e7b21 sub:001 dlvrd:001 submit date:2612010729 "
            "done date:2612010730 DELIVRD err:000 text:hello"
        ),
        ReportText(
            "6f3c2f4e-52a4-4a3f-9d5e-0d6b3b8e7b21", "DELIVRD", "000", "2612010729", "2612010730"
        ),
    ),
    "dates with seconds": (
        (
            "id:1 sub:001 dlvrd:001 submit date:261201072959 done date:261201073001 stat:DELIVRD "
            "err:000 text:x"
        ),
        ReportText("1", "DELIVRD", "000", "261201072959", "261201073001"),
    ),
    "dates with century and seconds": (
        (
            "id:1 sub:001 dlvrd:001 submit date:20261201072959 done date:20261201073001 "
            "stat:DELIVRD err:000"
        ),
        ReportText("1", "DELIVRD", "000", "20261201072959", "20261201073001"),
    ),
    "an error of four digits and an escape octet in the text": (
        (
            "id:1 sub:001 dlvrd:001 submit date:2612010729 done date:2612010730 stat:DELIVRD "
            "err:0000 text:\x1be"
        ),
        ReportText("1", "DELIVRD", "0000", "2612010729", "2612010730"),
    ),
    "an error in hexadecimal": (
        "id:1 stat:UNDELIV err:0x1F text:",
        ReportText("1", "UNDELIV", "0x1F"),
    ),
    "short numbers": (
        "id:1 sub:1 dlvrd:1 submit date:2612010729 done date:2612010730 stat:DELIVRD err:0",
        ReportText("1", "DELIVRD", "0", "2612010729", "2612010730"),
    ),
    "a capital in Text": (
        (
            "id:1 sub:001 dlvrd:001 submit date:2612010729 done date:2612010730 stat:DELIVRD "
            "err:000 Text:hello"
        ),
        ReportText("1", "DELIVRD", "000", "2612010729", "2612010730"),
    ),
    "another order": (
        "stat:EXPIRED err:1 id:1 done date:2612010730",
        ReportText("1", "EXPIRED", "1", "", "2612010730"),
    ),
    "blanks behind the colons": (
        "id: 1 stat: DELIVRD err: 000",
        ReportText("1", "DELIVRD", "000"),
    ),
    "lower case": ("id:1 stat:delivrd err:000", ReportText("1", "delivrd", "000")),
    "capital labels": ("ID:1 STAT:DELIVRD ERR:000", ReportText("1", "DELIVRD", "000")),
    "a date like people write it": (
        "id:1 done date:2026-12-01 07:30:01 stat:DELIVRD",
        ReportText("1", "DELIVRD", "", "", "20261201073001"),
    ),
    "labels that the sender of the message wrote": (
        "id:1 stat:UNDELIV text:id:2 stat:DELIVRD err:5",
        ReportText("1", "UNDELIV"),
    ),
    "the text first": ("text:id:2 stat:DELIVRD id:1 stat:UNDELIV", ReportText("1", "UNDELIV")),
    "an id alone": ("id:1", ReportText("1")),
    "a NUL at the end": ("id:1 stat:DELIVRD\0", ReportText("1", "DELIVRD")),
    "no report at all": ("See you at 8, bring the id: thanks", ReportText("thanks")),
    "nothing": ("", ReportText()),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_read_as_it_was_meant(name):
    written, meant = TEXTS[name]
    assert read_report_text(written) == meant


@pytest.mark.parametrize("name", TEXTS)
def test_both_ways_of_reading_agree(name):
    written, meant = TEXTS[name]
    # A blank in front keeps the usual form from matching, so the labels are read one by one.
    assert read_report_text(" " + written) == meant


@given(text=st.text(max_size=200))
def test_no_text_raises(text):
    read_report_text(text)


WORDS = {
    Meaning.DELIVERED: ["DELIVRD", "delivrd", "DELIVERED"],
    Meaning.EXPIRED: ["EXPIRED"],
    Meaning.DELETED: ["DELETED"],
    Meaning.UNDELIVERABLE: ["UNDELIV", "FAILED", "UNDELIVERABLE", "SKIPPED"],
    Meaning.REJECTED: ["REJECTD", "REJECTED"],
    Meaning.INTERMEDIATE: ["ENROUTE", "BUFFERD", "ACKED", "SENT", "QUEUED", "SCHEDULED"],
    Meaning.ACCEPTED: ["ACCEPTD", "accepted"],
    Meaning.UNKNOWN: ["UNKNOWN", "", "WHATEVER"],
}
STATES = {
    Meaning.DELIVERED: [2],
    Meaning.EXPIRED: [3],
    Meaning.DELETED: [4],
    Meaning.UNDELIVERABLE: [5, 9],
    Meaning.REJECTED: [8],
    Meaning.INTERMEDIATE: [0, 1],
    Meaning.ACCEPTED: [6],
    Meaning.UNKNOWN: [7, 10, 255],
}


@pytest.mark.parametrize("meaning", Meaning)
def test_words_and_numbers_have_their_meaning(meaning):
    assert {meaning_of_word(word) for word in WORDS[meaning]} == {meaning}
    assert {meaning_of_state(state) for state in STATES[meaning]} == {meaning}


def test_every_known_word_but_one_means_something():
    unknown = {word for word in STATE_WORDS if meaning_of_word(word) is Meaning.UNKNOWN}
    assert unknown == {"UNKNOWN"}


def test_only_what_may_change_is_not_final():
    assert {meaning for meaning in Meaning if not meaning.is_final} == {
        Meaning.INTERMEDIATE,
        Meaning.ACCEPTED,
        Meaning.UNKNOWN,
    }


def report(text=b"", *tlvs, esm_class=4, data_coding=0):
    return pdus.DeliverSm(
        esm_class=esm_class, data_coding=data_coding, short_message=text, tlvs=tlvs
    )


def test_a_report_is_read_from_its_text():
    found = read_report(report(USUAL.encode()))
    assert found.message_ids == ("0abc12EF",)
    assert (found.state_word, found.meaning, found.error) == ("DELIVRD", Meaning.DELIVERED, "000")


def test_a_report_is_read_from_its_tlvs_alone():
    found = read_report(report(b"", RECEIPTED, DELIVERED, (0x0423, b"\x03\x00\x07")))
    assert found.message_ids == ("0abc12EF",)
    assert (found.state_word, found.meaning, found.error) == ("DELIVRD", Meaning.DELIVERED, "007")


def test_tlvs_win_over_the_text_except_for_the_id():
    text = b"id:11259375 stat:UNDELIV err:9"
    found = read_report(report(text, RECEIPTED, DELIVERED, (0x0423, b"\x03\x01\x77")))
    assert found.message_ids == ("0abc12EF", "11259375")
    assert (found.state_word, found.meaning, found.error) == ("DELIVRD", Meaning.DELIVERED, "375")


def test_a_network_error_of_zero_leaves_the_error_of_the_text():
    found = read_report(report(b"id:1 stat:UNDELIV err:375", (0x0423, b"\x03\x00\x00")))
    assert found.error == "375"


def test_the_word_of_the_carrier_is_kept_when_it_means_the_same():
    found = read_report(report(b"id:1 stat:FAILED", (0x0427, b"\x05")))
    assert (found.state_word, found.meaning) == ("FAILED", Meaning.UNDELIVERABLE)


@pytest.mark.parametrize(
    "tlv", [(0x0427, b""), (0x0427, b"\x63"), (0x0423, b""), (0x0423, b"\x03")]
)
def test_a_tlv_that_says_nothing_changes_nothing(tlv):
    assert read_report(report(USUAL.encode(), tlv)) == read_report(report(USUAL.encode()))


def test_an_id_without_its_nul_is_read():
    assert read_report(report(b"", (0x001E, b"abc"))).message_ids == ("abc",)


def test_of_duplicate_tlvs_the_first_counts():
    found = read_report(report(b"", RECEIPTED, DELIVERED, (0x0427, b"\x05")))
    assert found.meaning is Meaning.DELIVERED


def test_a_report_may_come_in_the_payload():
    found = read_report(report(b"", (0x0424, USUAL.encode())))
    assert found.message_ids == ("0abc12EF",)


def test_a_report_may_come_in_ucs2():
    found = read_report(report(USUAL.encode("utf-16-be"), data_coding=8))
    assert found.message_ids == ("0abc12EF",)


def test_a_report_may_come_by_data_sm():
    pdu = pdus.DataSm(esm_class=4, tlvs=(RECEIPTED, DELIVERED))
    assert read_report(pdu).meaning is Meaning.DELIVERED


def test_a_report_that_names_no_message_has_no_ids():
    found = read_report(report(b"stat:DELIVRD err:000"))
    assert (found.message_ids, found.meaning) == ((), Meaning.DELIVERED)
    assert read_report(report(b"", DELIVERED)).message_ids == ()


LABELS = {
    "id": "id:77",
    "sub": "sub:001",
    "dlvrd": "dlvrd:001",
    "submit date": "submit date:2612010729",
    "done date": "done date:2612010730",
    "stat": "stat:UNDELIV",
    "err": "err:006",
    "text": "text:Hello",
}


@pytest.mark.parametrize("missing", LABELS)
def test_any_part_of_a_report_may_be_missing(missing):
    text = " ".join(part for name, part in LABELS.items() if name != missing)
    found = read_report(report(text.encode()))
    assert found.message_ids == (() if missing == "id" else ("77",))
    assert found.state_word == ("" if missing == "stat" else "UNDELIV")
    assert found.error == ("" if missing == "err" else "006")
    assert found.done_date == ("" if missing == "done date" else "2612010730")


@pytest.mark.parametrize("missing", ["id", "stat"])
def test_a_label_may_be_missing_where_its_value_is_not(missing):
    text = " ".join(
        part.partition(":")[2] if name == missing else part for name, part in LABELS.items()
    )
    found = read_report(report(text.encode()))
    assert (found.message_ids, found.meaning) == (("77",), Meaning.UNDELIVERABLE)


def packed(text):
    """Seven bits, packed as phones do (3GPP TS 23.038 section 6.1.2)."""
    bits = sum(ord(character) << 7 * place for place, character in enumerate(text))
    return bits.to_bytes((len(text) * 7 + 7) // 8, "little")


WRITTEN_OTHERWISE = {
    "UCS-2 that is not said": (USUAL.encode("utf-16-be"), 0),
    "UCS-2 of the other order": (USUAL.encode("utf-16-le"), 8),
    "plain octets that are said to be UCS-2": (USUAL.encode(), 8),
    "packed septets": (packed(USUAL), 0),
    "packed septets of a class": (packed(USUAL), 0xF1),
    "Latin-1": (USUAL.encode(), 3),
}


@pytest.mark.parametrize("name", WRITTEN_OTHERWISE)
@pytest.mark.parametrize("esm_class", [0x04, 0x00])
def test_a_report_is_read_whatever_its_data_coding_says(name, esm_class):
    octets, data_coding = WRITTEN_OTHERWISE[name]
    found = read_report(report(octets, esm_class=esm_class, data_coding=data_coding), sniff=True)
    assert (found.message_ids, found.meaning) == (("0abc12EF",), Meaning.DELIVERED)


def test_a_header_before_the_text_is_left_out():
    found = read_report(report(b"\x05\x00\x03\x2a\x01\x01" + USUAL.encode(), esm_class=0x44))
    assert found.message_ids == ("0abc12EF",)


def test_an_id_with_blanks_and_nuls_around_it_is_the_id():
    found = read_report(report(b"id:77\0 stat:DELIVRD", (0x001E, b" 77 \0\0")))
    assert found.message_ids == ("77",)


def test_a_text_from_a_phone_is_no_report_however_it_is_written():
    for octets, data_coding in (
        (b"STOP", 0),
        (packed("id please"), 0),
        ("ciao".encode("utf-16-be"), 8),
    ):
        assert read_report(report(octets, esm_class=0, data_coding=data_coding), sniff=True) is None


@pytest.mark.parametrize(
    ("esm_class", "expected"),
    [(0x04, True), (0x20, True), (0x44, True), (0x00, False), (0x08, False), (0x10, False)],
)
def test_a_report_is_marked_in_esm_class(esm_class, expected):
    assert is_report(report(USUAL.encode(), esm_class=esm_class)) is expected


@pytest.mark.parametrize(
    ("pdu", "expected"),
    [
        (report(USUAL.encode(), esm_class=0), True),
        (report(b"", RECEIPTED, esm_class=0), True),
        (report(b"Is your id: 5?", esm_class=0), False),
        (report(b"STOP", esm_class=0), False),
        (report(USUAL.encode(), esm_class=0x08), False),
    ],
)
def test_an_unmarked_report_is_recognised_when_asked_for(pdu, expected):
    assert is_report(pdu, sniff=True) is expected
    assert is_report(pdu) is False


@given(
    text=st.binary(max_size=120),
    tlvs=st.lists(
        st.tuples(st.sampled_from([0x1E, 0x427, 0x423, 0x424]), st.binary(max_size=40)), max_size=5
    ),
    esm_class=st.sampled_from([0, 4, 0x20]),
    data_coding=st.sampled_from([0, 3, 8]),
)
def test_no_report_raises(text, tlvs, esm_class, data_coding):
    read_report(report(text, *tlvs, esm_class=esm_class, data_coding=data_coding), sniff=True)


ROME = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("digits", "meant"),
    [
        ("2612010730", datetime(2026, 12, 1, 7, 30, tzinfo=ROME)),
        ("261201073059", datetime(2026, 12, 1, 7, 30, 59, tzinfo=ROME)),
        ("202612010730", datetime(2026, 12, 1, 7, 30, tzinfo=ROME)),
        ("20261201073059", datetime(2026, 12, 1, 7, 30, 59, tzinfo=ROME)),
        ("000000000000", None),
        ("00010101000000", None),
        ("2613010730", None),
        ("2612017290", None),
        ("12", None),
        ("", None),
    ],
)
def test_dates_are_read_in_the_carriers_zone_and_never_fail(digits, meant):
    assert read_report_date(digits, ROME) == meant


SUBMIT = pdus.SubmitSm(
    source_addr_ton=5,
    source_addr=b"ACME",
    dest_addr_ton=1,
    dest_addr_npi=1,
    destination_addr=b"4915112345678",
    short_message=b"Hello there, how are you today?",
)
AT = datetime(2026, 12, 1, 7, 29, tzinfo=UTC)


@pytest.mark.parametrize("state", MessageState)
def test_a_report_that_we_make_is_read_back(state):
    pdu = make_report(SUBMIT, b"42ab", state, AT, AT + timedelta(minutes=1), error=7)
    found = read_report(decode(encode(pdu)))
    assert found.message_ids == ("42ab",)
    assert found.meaning is meaning_of_state(state)
    assert found.error == "007"
    assert read_report_date(found.done_date, UTC) == AT + timedelta(minutes=1)


def test_a_report_goes_the_way_back():
    pdu = make_report(SUBMIT, b"42", MessageState.DELIVERED, AT, AT)
    assert (pdu.source_addr, pdu.source_addr_ton, pdu.source_addr_npi) == (b"4915112345678", 1, 1)
    assert (pdu.destination_addr, pdu.dest_addr_ton) == (b"ACME", 5)
    assert pdu.esm_class == EsmClass.DELIVERY_REPORT


def test_a_report_on_the_way_is_marked_as_such():
    assert make_report(SUBMIT, b"1", MessageState.ENROUTE, AT, AT).esm_class == 0x20


def test_the_text_that_we_write_is_the_specifications():
    written = write_report_text(b"42", "DELIVRD", AT, AT, text=SUBMIT.short_message)
    assert written == (
        b"id:42 sub:001 dlvrd:001 submit date:2612010729 done date:2612010729 stat:DELIVRD "
        b"err:000 text:Hello there, how are"
    )
