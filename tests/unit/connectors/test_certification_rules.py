"""The rules of a certification, without a carrier: what follows from what was seen."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.connectors.smpp.certification.certify import Plan
from staffetta.connectors.smpp.certification.conclude import set_command
from staffetta.connectors.smpp.certification.findings import AlphabetFinding
from staffetta.connectors.smpp.certification.learn_alphabet import (
    alphabet_settings,
    learn_alphabet,
    learn_from_quote,
)
from staffetta.connectors.smpp.certification.learn_ids import (
    id_settings,
    learn_ids,
    match_reports,
)
from staffetta.connectors.smpp.certification.learn_rate import learn_rate, rate_settings
from staffetta.connectors.smpp.certification.learn_reports import (
    labels_of,
    learn_reports,
    learn_zone,
    zone_name,
    zone_settings,
)
from staffetta.connectors.smpp.certification.observed import Answer, Burst, Heard, Sent
from staffetta.connectors.smpp.certification.script import (
    Step,
    alphabet_text,
    is_due,
    script_for,
)
from staffetta.connectors.smpp.options import OPTIONS
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.connectors.smpp.shown import default_values, shown_value
from staffetta.domain.encodings import (
    DEFAULT_CHARACTERS,
    EXTENSION_CHARACTERS,
    Encoding,
    encode_gsm7,
)
from staffetta.domain.segments import segment_text
from staffetta.domain.writing import Alphabet
from staffetta.smpp import pdus
from staffetta.smpp.message_ids import IdForm, Source, Spelling
from staffetta.smpp.tlvs import Tag, text_tlv

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
SETTINGS = SmppSettings(
    connector_id=1, name="c", host="localhost", port=1, system_id="x", password=""
)
TEXT = alphabet_text(Alphabet.GSM_7)


def sent(message_id: str = "1", *, step: str = "alphabet", octets: bytes = b"", **more) -> Sent:
    fields = {
        "step": step,
        "number": "+393331234567",
        "part": 1,
        "part_total": 1,
        "text": TEXT,
        "octets": octets or encode_gsm7(TEXT),
        "is_ucs2": False,
        "at": NOW,
        "answer": Answer(0, message_id, 0.01),
    }
    return Sent(**{**fields, **more})


def heard(
    text: bytes = b"",
    *,
    tlv_id: str = "",
    at: datetime = NOW,
    is_ours: bool = True,
    coding: int = 0,
) -> Heard:
    tlvs = (text_tlv(Tag.RECEIPTED_MESSAGE_ID, tlv_id.encode()),) if tlv_id else ()
    pdu = pdus.DeliverSm(esm_class=4, data_coding=coding, short_message=text, tlvs=tlvs)
    return Heard(pdu, at, is_ours)


class TestScript:
    def test_the_alphabet_is_sent_whole_and_in_one_segment(self) -> None:
        assert set(TEXT) == DEFAULT_CHARACTERS | EXTENSION_CHARACTERS
        cut = segment_text(TEXT)
        assert (cut.encoding, len(cut.parts)) == (Encoding.GSM_7, 1)

    @pytest.mark.parametrize("alphabet", list(Alphabet))
    def test_each_alphabet_has_a_text_that_it_can_write(self, alphabet: Alphabet) -> None:
        text = alphabet_text(alphabet)
        codec = {Alphabet.LATIN_1: "latin-1", Alphabet.ASCII: "ascii"}.get(alphabet, "utf-8")
        assert text.encode(codec)
        assert "@" in text

    def test_the_form_that_is_set_comes_first_of_the_long_ones(self) -> None:
        settings = OPTIONS["long_messages"](SETTINGS, "sar")
        names = [step.name for step in script_for(settings) if step.name.startswith("long_")]
        assert names == ["long_sar", "long_udh8", "long_udh16", "long_payload"]

    def test_no_two_steps_have_a_name_in_common(self) -> None:
        names = [step.name for step in script_for(SETTINGS)]
        assert len(names) == len(set(names))

    @pytest.mark.parametrize(
        ("step", "refused", "due"),
        [
            (Step("a", "", ""), {}, True),
            (Step("a", "", "", instead_of="b"), {}, False),
            (Step("a", "", "", instead_of="b"), {"b": None}, True),
            (Step("a", "", "", instead_of="b", when=frozenset({1})), {"b": 1}, True),
            (Step("a", "", "", instead_of="b", when=frozenset({1})), {"b": 2}, False),
        ],
        ids=["unconditional", "not refused", "unanswered", "its status", "another status"],
    )
    def test_a_step_stands_in_for_what_was_refused(self, step, refused, due) -> None:
        assert is_due(step, refused) is due

    def test_what_is_sent_is_counted_before(self) -> None:
        plan = Plan.of(SETTINGS, "Staffetta", ("+393331234567", "+34600123456"), 50, 1.0)
        certain, perhaps = plan.segment_counts()
        assert certain == 2 * 13 + 50
        assert perhaps == 2 * 5
        assert Plan.of(SETTINGS, "Staffetta", (), 0, 1.0).segment_counts() == (0, 0)


class TestIds:
    @pytest.mark.parametrize(
        ("answered", "reported", "spelling"),
        [
            ("5A3C10", "5a3c10", Spelling.SAME),
            ("0000123", "123", Spelling.SAME),
            ("5A3C10", "5913616", Spelling.DECIMAL),
            ("5913616", "5A3C10", Spelling.HEXADECIMAL),
            ("00112233-4455-6677-8899-aabbccddeeff", "112233445566778899AABBCCDDEEFF",
             Spelling.SAME),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("place", list(Source))
    def test_a_spelling_is_found(
        self, answered: str, reported: str, spelling: Spelling, place: Source
    ) -> None:
        if place is Source.TLV:
            report = heard(tlv_id=reported)
        else:
            report = heard(f"id:{reported} stat:DELIVRD".encode())
        finding = learn_ids([sent(answered)], [report])
        assert finding is not None
        assert finding.way is not None
        assert (finding.way.spelling, finding.way.source) == (spelling, place)
        assert [one.answer.message_id for one, _ in match_reports(
            [sent(answered)], [report], finding.way)] == [answered]  # fmt: skip

    def test_the_way_that_matches_most_is_taken(self) -> None:
        # One report would match as it stands, by chance; three match in decimal.
        messages = [sent(one) for one in ("10", "A1", "A2", "A3")]
        reports = [heard(tlv_id=str(int(one, 16))) for one in ("A1", "A2", "A3")]
        finding = learn_ids(messages, [*reports, heard(tlv_id="10")])
        assert finding is not None
        assert finding.way is not None
        assert finding.way.spelling is Spelling.DECIMAL
        assert (finding.matched_count, finding.report_count) == (3, 4)

    def test_what_matches_in_no_way_is_told(self) -> None:
        finding = learn_ids([sent("abc")], [heard(tlv_id="xyz")])
        assert finding is not None
        assert (finding.way, finding.answer_example, finding.report_example) == (None, "abc", "xyz")
        assert id_settings(finding, SETTINGS) == {}

    def test_reports_of_others_teach_nothing(self) -> None:
        assert learn_ids([sent("10")], [heard(tlv_id="10", is_ours=False)]) is None

    def test_a_wrong_spelling_that_is_set_is_taken_back(self) -> None:
        finding = learn_ids([sent("12")], [heard(tlv_id="12")])
        wrong = OPTIONS["report_ids"](SETTINGS, IdForm.HEXADECIMAL)
        assert id_settings(finding, wrong) == {"submit_ids": "as_is", "report_ids": "as_is"}
        assert id_settings(finding, SETTINGS) == {}


class TestReports:
    @pytest.mark.parametrize(
        ("text", "labels"),
        [
            ("id:1 sub:001 dlvrd:001 submit date:2603140926 text:stat: x", ("id", "sub", "dlvrd",
             "submit date", "text")),
            ("id: 1 donedate:000000000000 stat:DELIVRD", ("id", "donedate", "stat")),
            ("nothing", ()),
        ],
        ids=["usual", "without blanks", "none"],
    )  # fmt: skip
    def test_labels_are_read_up_to_the_quote(self, text: str, labels: tuple[str, ...]) -> None:
        assert labels_of(text) == labels

    def test_a_report_that_came_twice_is_counted(self) -> None:
        twice = [heard(b"id:1 stat:DELIVRD done date:2603140926")] * 2
        finding = learn_reports(twice, [(sent("1"), twice[0])])
        assert finding is not None
        assert (finding.count, finding.duplicate_count) == (2, 1)
        assert finding.states == (("DELIVRD", 2),)

    @given(
        quarters=st.integers(-48, 56),
        late_seconds=st.integers(0, 300),
        form=st.sampled_from(["%y%m%d%H%M", "%y%m%d%H%M%S", "%Y%m%d%H%M%S"]),
    )
    def test_the_zone_is_found_whatever_the_form_of_the_date(
        self, quarters: int, late_seconds: int, form: str
    ) -> None:
        done_at = NOW - timedelta(seconds=late_seconds) + timedelta(minutes=15 * quarters)
        report = heard(f"id:1 done date:{done_at.strftime(form)} stat:DELIVRD".encode())
        assert learn_zone([report]) == 15 * quarters

    @pytest.mark.parametrize("date", [b"0000000000", b"", b"2501010000"])
    def test_dates_that_make_no_sense_name_no_zone(self, date: bytes) -> None:
        assert learn_zone([heard(b"id:1 done date:" + date + b" stat:DELIVRD")]) is None

    @pytest.mark.parametrize("minutes", [0, 60, 120, -300, 330, 345, 570, -210, 840])
    def test_a_zone_has_a_name_that_means_it(self, minutes: int) -> None:
        name = zone_name(minutes)
        assert name is not None
        winter = datetime(2026, 1, 14, 12, tzinfo=ZoneInfo(name))
        assert winter.utcoffset() == timedelta(minutes=minutes)

    def test_a_zone_that_is_right_already_is_kept(self) -> None:
        rome = OPTIONS["report_zone"](SETTINGS, "Europe/Rome")
        summer = datetime(2026, 7, 14, tzinfo=UTC)
        assert zone_settings(120, rome, summer) == {}
        assert zone_settings(60, rome, summer) == {"report_zone": "Etc/GMT-1"}
        assert zone_settings(None, rome, summer) == {}
        assert zone_settings(7 * 15, rome, summer) == {}  # no such zone


class TestAlphabet:
    @pytest.mark.parametrize(
        ("quote", "coding", "finding"),
        [
            (TEXT[:20].encode("latin-1", "replace"), 0, AlphabetFinding.AS_SENT),
            (encode_gsm7(TEXT)[:20], 0, AlphabetFinding.UNKNOWN),
            (b"????\x00\x02\x11\x1b\x3c\x1b\x2f??", 0, AlphabetFinding.READ_AS_LATIN_1),
            (b"@@@@@@@", 0, AlphabetFinding.UNKNOWN),
            (b"", 0, AlphabetFinding.UNKNOWN),
            (TEXT[:20].encode("utf-16-be"), 8, AlphabetFinding.AS_SENT),
            (encode_gsm7(TEXT)[:20].decode("latin-1").encode("utf-16-be"), 8,
             AlphabetFinding.UNKNOWN),
        ],
        ids=["in Latin-1", "an echo", "GSM-7 of Latin-1", "garbage", "nothing", "UCS-2",
             "a wide echo"],
    )  # fmt: skip
    def test_a_quote_tells_what_was_understood(
        self, quote: bytes, coding: int, finding: AlphabetFinding
    ) -> None:
        head = "id:1 stat:DELIVRD text:"
        text = head.encode("utf-16-be" if coding == 8 else "ascii") + quote
        assert learn_from_quote(sent(), heard(text, coding=coding)) is finding

    def test_a_quote_goes_before_what_a_person_says(self) -> None:
        text = b"id:1 stat:DELIVRD text:" + TEXT[:20].encode("latin-1", "replace")
        matched = [(sent(), heard(text))]
        assert learn_alphabet(matched, "lost") is AlphabetFinding.AS_SENT
        assert learn_alphabet([], "lost") is AlphabetFinding.LOST
        assert learn_alphabet([], None) is AlphabetFinding.UNKNOWN

    def test_only_another_alphabet_is_set(self) -> None:
        read_as_latin_1 = AlphabetFinding.READ_AS_LATIN_1
        assert alphabet_settings(read_as_latin_1, "gsm7") == {"alphabet": "latin1"}
        assert alphabet_settings(read_as_latin_1, "latin1") == {}
        assert alphabet_settings(AlphabetFinding.LOST, "gsm7") == {}


class TestRate:
    def burst(self, statuses: list[int | None], seconds: float, ended: str = "") -> Burst:
        count = len(statuses)
        return Burst(
            10,
            tuple(Answer(status, "1", 0.02) for status in statuses),
            tuple(seconds * (index + 1) / count for index in range(count)),
            ended,
        )

    def test_what_was_taken_in_a_second_is_the_rate(self) -> None:
        finding = learn_rate(self.burst([0] * 20 + [0x58] * 80, 0.1))
        assert finding is not None
        assert finding.throttled == ((0x58, 80),)
        assert finding.throttled_from_count == 20
        assert rate_settings(finding, SETTINGS) == {}  # 10 are set already
        unlimited = SmppSettings(
            connector_id=1, name="c", host="h", port=1, system_id="x", password="",
            rate_per_second=0,
        )  # fmt: skip
        assert rate_settings(finding, unlimited) == {"rate": 20}

    def test_a_longer_burst_is_averaged(self) -> None:
        finding = learn_rate(self.burst(([0] * 20 + [0x14] * 30) * 3, 3.0))
        assert finding is not None
        assert finding.accepted_per_second == 20

    def test_a_lost_connection_is_a_throttle_too(self) -> None:
        finding = learn_rate(self.burst([0] * 30 + [None] * 10, 0.2, "the connection broke"))
        assert finding is not None
        assert finding.is_throttled
        assert finding.unanswered_count == 10

    def test_refusals_that_are_no_throttles_set_no_rate(self) -> None:
        finding = learn_rate(self.burst([0] * 5 + [0x0B] * 5, 0.1))
        assert finding is not None
        assert not finding.is_throttled
        assert finding.refused == ((0x0B, 5),)
        assert rate_settings(finding, SETTINGS) == {}
        assert learn_rate(None) is None


def test_the_line_to_type_is_quoted_for_a_shell() -> None:
    changes = {"rate": 20, "report_zone": "Etc/GMT-2", "status_classes": {"0x45": "permanent"}}
    assert set_command("acme", changes) == (
        "staffetta connector set acme rate=20 report_zone=Etc/GMT-2"
        """ 'status_classes={"0x45":"permanent"}'"""
    )


@pytest.mark.parametrize("key", sorted(OPTIONS))
def test_a_default_as_it_is_shown_can_be_set_where_it_is_a_value(key: str) -> None:
    value = default_values()[key]
    if value is None:  # nothing is said, which is not said by a value
        return
    again = OPTIONS[key].of(OPTIONS[key](SETTINGS, value))
    assert shown_value(again) == shown_value(OPTIONS[key].of(SETTINGS))
