"""Which report belongs to a segment that is recorded, and when nobody waits for it any more."""

import msgspec
import pytest

from staffetta.messaging.connector import Report, ReportMeaning
from staffetta.messaging.recordings import AWAITED_MAX, Awaited, AwaitedReports, Reason, Subject
from staffetta.smpp.message_ids import IdForm

ANNA = "+393331234567"


def awaited(*keys: str, until: float = 100.0, segment: int = 1, number: str = ANNA) -> Awaited:
    subject = Subject(1, bytes(12), 1, segment)
    return Awaited(subject, Reason.SAMPLE, True, frozenset(keys), number, until)


def report(key: str, destination: str = ANNA[1:], **changes: object) -> Report:
    plain = Report(
        connector_id=7,
        smsc_id=key,
        smsc_key=key,
        meaning=ReportMeaning.DELIVERED,
        state_word="DELIVRD",
        error="000",
        done_at=None,
        destination=destination,
        sender="ACME",
    )
    return msgspec.structs.replace(plain, **changes)


def waiting(*all_: Awaited) -> AwaitedReports:
    reports = AwaitedReports()
    for one in all_:
        reports.put(one)
    return reports


def test_a_report_is_found_by_every_spelling_of_its_id() -> None:
    for key in ("1f4", "500"):
        one = awaited("1f4", "500")
        assert waiting(one).find(report(key), 0.0) is one


def test_a_report_is_found_by_the_id_in_its_text_where_its_tlv_has_another() -> None:
    one = awaited("77")
    assert waiting(one).find(report("9", tlv_id="9", text_id="077"), 0.0) is one


def test_that_nobody_waits_for_a_report_is_seen_at_its_ids() -> None:
    reports = waiting(awaited("77"))
    assert reports.may_have(report("77", text_id="77"))
    assert reports.may_have(report("9", tlv_id="9", text_id="77"))
    assert not reports.may_have(report("9", text_id="9"))
    assert not reports.may_have(report("9", tlv_id="9", text_id="8"))


def test_an_id_that_is_anothers_does_not_hide_the_other_id_of_a_report() -> None:
    one, other = awaited("77"), awaited("9", number="+393339999999")
    assert waiting(one, other).find(report("9", tlv_id="9", text_id="77"), 0.0) is one


def test_the_id_in_a_text_is_read_as_the_operator_set_it() -> None:
    one = awaited("500")
    found = report("9", tlv_id="9", text_id="1F4", id_form=IdForm.HEXADECIMAL)
    assert waiting(one).find(found, 0.0) is one


def test_what_only_reads_like_a_report_must_name_the_recipient() -> None:
    reports = waiting(awaited("5"))
    assert reports.find(report("5", "", is_sniffed=True), 0.0) is None
    assert reports.find(report("5", is_sniffed=True), 0.0) is not None


@pytest.mark.parametrize("destination", ["393339999999", "+393339999999"])
def test_a_report_that_names_somebody_else_is_another_messages(destination: str) -> None:
    reports = waiting(awaited("5"))
    assert reports.find(report("5", destination), 0.0) is None
    assert reports.find(report("5"), 0.0) is not None


def test_of_a_report_that_names_nobody_no_text_is_kept() -> None:
    found = waiting(awaited("5")).find(report("5", ""), 0.0)
    assert found is not None
    assert (found.subject, found.keeps_text) == (awaited("5").subject, False)


def test_with_the_report_that_decides_all_its_keys_are_forgotten() -> None:
    reports = waiting(awaited("1f4", "500"))
    open_ = report("500", meaning=ReportMeaning.INTERMEDIATE)
    assert reports.find(open_, 0.0) is not None
    assert reports.find(report("500"), 0.0) is not None
    assert len(reports) == 0


def test_nobody_waits_for_ever() -> None:
    reports = waiting(awaited("5", until=10.0))
    assert reports.find(report("5"), 10.5) is None
    assert len(reports) == 0


def test_an_id_that_is_used_again_belongs_to_the_newer_message() -> None:
    newer = awaited("5", segment=2)
    reports = waiting(awaited("5", "05"), newer)
    assert reports.find(report("5"), 0.0) is newer
    assert len(reports) == 1, "what the older one was known by beside stays its own"


def test_what_is_waited_for_is_bounded_and_the_oldest_go_first() -> None:
    reports = waiting(awaited("first", "1st"), awaited("second"))
    for number in range(AWAITED_MAX - 3):
        reports.put(awaited(str(number)))
    reports.put(awaited("second", segment=2))  # it is new again
    reports.put(awaited("last"))
    assert len(reports) == AWAITED_MAX - 1
    assert reports.find(report("1st"), 0.0) is None
    reports.put(awaited("one more"))
    reports.put(awaited("another"))
    assert reports.find(report("0"), 0.0) is None
    assert reports.find(report("second"), 0.0) is not None
