"""Delivery reports over a link: understood, handed on in order, answered only when stored."""

from datetime import UTC, datetime

import pytest
from scripted_esme import until
from scripted_smsc import Say, report_of
from structlog.testing import capture_logs

from staffetta.messaging.connector import Report, ReportMeaning
from staffetta.smpp import pdus
from staffetta.smpp.constants import MessageState
from staffetta.smpp.message_ids import IdForm
from staffetta.smpp.reports import make_report
from staffetta.smpp.tlvs import Tag, octet_tlv, text_tlv

AT = datetime(2026, 3, 14, 9, 26, tzinfo=UTC)


async def reported(rig, count=1):
    await until(lambda: len(rig.inbox.reports) >= count)
    return [report for report, _stored in rig.inbox.reports]


async def test_a_report_by_text_is_understood(rig, smsc):
    (await smsc.bound()).report("0A17", "UNDELIV")
    assert await reported(rig) == [
        Report(
            connector_id=7,
            smsc_id="0A17",
            smsc_key="a17",
            meaning=ReportMeaning.UNDELIVERABLE,
            state_word="UNDELIV",
            error="000",
            done_at=datetime(2026, 3, 14, 9, 27, tzinfo=UTC),
            destination="393331234567",
            sender="ACME",
            text_id="0A17",
        )
    ]


async def test_a_report_by_tlvs_is_understood(rig, smsc):
    submit = pdus.SubmitSm(destination_addr=b"393331234567", source_addr=b"ACME")
    pdu = make_report(submit, b"tlv-id", MessageState.EXPIRED, AT, AT, error=9)
    (await smsc.bound()).deliver(pdu)
    (report,) = await reported(rig)
    assert (report.smsc_id, report.meaning, report.error) == (
        "tlv-id",
        ReportMeaning.EXPIRED,
        "009",
    )


async def test_the_id_of_the_tlv_goes_before_the_id_of_the_text(rig, smsc):
    pdu = report_of("text-id")
    tlvs = (text_tlv(Tag.RECEIPTED_MESSAGE_ID, b"tlv-id"), octet_tlv(Tag.MESSAGE_STATE, 2))
    connection = await smsc.bound()
    connection.deliver(pdus.DeliverSm(esm_class=4, short_message=pdu.short_message, tlvs=tlvs))
    empty = (text_tlv(Tag.RECEIPTED_MESSAGE_ID, b""),)
    connection.deliver(pdus.DeliverSm(esm_class=4, short_message=pdu.short_message, tlvs=empty))
    assert [one.smsc_id for one in await reported(rig, 2)] == ["tlv-id", "text-id"]


@pytest.mark.parametrize(
    ("stat", "meaning"),
    [
        ("DELIVRD", ReportMeaning.DELIVERED),
        ("EXPIRED", ReportMeaning.EXPIRED),
        ("DELETED", ReportMeaning.UNDELIVERABLE),
        ("REJECTD", ReportMeaning.REJECTED),
        ("ENROUTE", ReportMeaning.INTERMEDIATE),
        ("UNKNOWN", ReportMeaning.INTERMEDIATE),
        ("WHATEVER", ReportMeaning.INTERMEDIATE),
    ],
)
async def test_a_state_word_has_its_meaning(rig, smsc, stat, meaning):
    (await smsc.bound()).report("1", stat)
    (report,) = await reported(rig)
    assert (report.state_word, report.meaning) == (stat, meaning)


async def test_an_unmarked_report_is_known_by_its_text(rig, smsc):
    pdu = report_of("17")
    (await smsc.bound()).deliver(pdus.DeliverSm(short_message=pdu.short_message))
    assert (await reported(rig))[0].smsc_id == "17"


async def test_ids_of_two_spellings_have_one_key(make_rig, smsc, make_claim):
    rig = make_rig(submit_ids="hexadecimal", report_ids="decimal")
    await rig.bound()
    smsc.answering = lambda _pdu: Say("33E95179")
    rig.submit(make_claim())
    (settlement,) = await rig.settled(1)
    (await smsc.bound()).report("0870928761")
    (report,) = await reported(rig)
    assert settlement.outcomes[0].smsc_key == report.smsc_key == "870928761"


async def test_how_ids_are_spelled_is_left_open_until_an_operator_says(make_rig, smsc):
    rig = make_rig()
    await rig.bound()
    (await smsc.bound()).report("1")
    assert (await reported(rig))[0].id_form is None
    set_rig = make_rig(report_ids="as_is")
    await set_rig.bound()
    (await smsc.bound(2)).report("1")
    assert (await reported(set_rig))[0].id_form is IdForm.AS_IS


async def test_both_ids_of_a_report_are_handed_on(rig, smsc):
    tlvs = (text_tlv(Tag.RECEIPTED_MESSAGE_ID, b"33E95179"), octet_tlv(Tag.MESSAGE_STATE, 2))
    text = report_of("0870928761").short_message
    (await smsc.bound()).deliver(pdus.DeliverSm(esm_class=4, short_message=text, tlvs=tlvs))
    (report,) = await reported(rig)
    assert (report.smsc_id, report.tlv_id, report.text_id) == (
        "33E95179",
        "33E95179",
        "0870928761",
    )


@pytest.mark.parametrize(
    ("setting", "stat", "meaning"),
    [
        ("accepted_is_final", "ACCEPTD", ReportMeaning.DELIVERED),
        ("unknown_is_final", "UNKNOWN", ReportMeaning.EXPIRED),
    ],
)
async def test_an_operator_may_say_that_nothing_follows_a_state(
    make_rig, smsc, setting, stat, meaning
):
    rig = make_rig(**{setting: True})
    await rig.bound()
    (await smsc.bound()).report("1", stat)
    assert (await reported(rig))[0].meaning is meaning


async def test_errors_are_told_in_words_and_in_the_operators_first(make_rig, smsc):
    rig = make_rig(error_meanings={"0375": "blocklisted"})
    await rig.bound()
    connection = await smsc.bound()
    for error in ("006", "375", "999", "000"):
        text = f"id:1 stat:UNDELIV err:{error}".encode()
        connection.deliver(pdus.DeliverSm(esm_class=4, short_message=text))
    absent, blocked, unknown, none = await reported(rig, 4)
    assert (absent.error_words, absent.error_reason) == ("The phone is off or out of reach.", "")
    assert blocked.error_reason == "blocklisted"
    assert (unknown.error_words, none.error_words) == ("", "")


async def test_a_report_is_answered_when_it_is_stored_and_not_before(rig, smsc):
    connection = await smsc.bound()
    connection.report("1")
    connection.report("2")
    await reported(rig, 2)
    # An enquiry that is answered shows that an answer to a report would have come by now.
    connection.send_raw(bytes.fromhex("00000010 00000015 00000000 00000063"))
    before = sum(connection.chunk_sizes)
    await until(lambda: sum(connection.chunk_sizes) > before)
    assert connection.report_answers == []
    rig.inbox.reports[1][1](True)
    rig.inbox.reports[0][1](False)
    await until(lambda: len(connection.report_answers) == 2)
    assert connection.report_answers == [0, 0x14]


async def test_reports_stored_together_are_answered_in_one_write(rig, smsc):
    connection = await smsc.bound()
    for number in range(50):
        connection.report(f"{number}", flush=False)
    connection.flush()
    await reported(rig, 50)
    before = len(connection.chunk_sizes)
    for _report, stored in rig.inbox.reports:
        stored(True)
    await until(lambda: len(connection.report_answers) == 50)
    assert len(connection.chunk_sizes) == before + 1


async def test_a_full_inbox_makes_the_carrier_bring_it_again(rig, smsc):
    connection = await smsc.bound()
    rig.inbox.is_full = True
    connection.report("1")
    await until(lambda: connection.report_answers == [0x14])
    rig.inbox.is_full = False
    connection.report("1")
    assert (await reported(rig))[0].smsc_id == "1"
    name = "staffetta_connector_reports_total"
    await until(lambda: rig.counted(name, answer="put_off") == 1.0)


async def test_an_answer_for_a_link_that_is_gone_is_dropped(rig, smsc):
    connection = await smsc.bound()
    connection.report("1")
    await reported(rig)
    connection.reset()
    await rig.bound(2)
    rig.inbox.reports[0][1](True)
    later = await smsc.bound(2)
    later.report("1")
    await reported(rig, 2)
    rig.inbox.reports[1][1](True)
    await until(lambda: later.report_answers == [0])


async def test_an_acceptance_is_heard_before_the_report_behind_it(rig, smsc, make_claim):
    connection = await smsc.bound()
    smsc.answering = lambda _pdu: None
    rig.submit(*make_claim.many(2))
    first, second = await connection.submitted(2)
    connection.answer(first, Say("one"), flush=False)
    connection.report("one", flush=False)
    connection.report("two", flush=False)  # before its answer
    connection.answer(second, Say("two"), flush=False)
    connection.flush()
    await rig.settled(2)
    assert rig.inbox.heard == ["accepted one", "reported one", "reported two", "accepted two"]


async def test_a_message_from_a_phone_is_taken_and_told_of(rig, smsc):
    connection = await smsc.bound()
    connection.deliver(pdus.DeliverSm(source_addr=b"39333", short_message=b"hello"))
    await until(lambda: connection.report_answers == [0])
    assert rig.inbox.reports == []
    assert rig.counted("staffetta_connector_oddities_total", kind="inbound_message") == 1.0


async def test_messages_from_phones_are_logged_rarely_and_without_their_numbers(rig, smsc):
    connection = await smsc.bound()
    with capture_logs() as logs:
        for _ in range(20):
            message = pdus.DeliverSm(source_addr=b"393331234567", destination_addr=b"4432021")
            connection.deliver(message, flush=False)
        connection.flush()
        await until(lambda: connection.report_answers == [0] * 20)
    (line,) = [one for one in logs if one["event"] == "inbound_message_not_kept"]
    assert (line["source"], line["destination"]) == ("3933******67", "4432*21")


async def test_a_report_that_names_no_message_is_handed_on_and_told_of(rig, smsc):
    connection = await smsc.bound()
    connection.deliver(pdus.DeliverSm(esm_class=4, short_message=b"stat:DELIVRD"))
    (report,) = await reported(rig)
    assert (report.smsc_id, report.smsc_key, report.state_word) == ("", "", "DELIVRD")
    rig.inbox.reports[0][1](True)
    await until(lambda: connection.report_answers == [0])
    assert rig.counted("staffetta_connector_oddities_total", kind="report_without_id") == 1.0


async def test_a_report_in_a_data_sm_is_understood(rig, smsc):
    connection = await smsc.bound()
    tlvs = (text_tlv(Tag.RECEIPTED_MESSAGE_ID, b"77"), octet_tlv(Tag.MESSAGE_STATE, 2))
    pdu = pdus.DataSm(esm_class=4, source_addr=b"39333", tlvs=tlvs)
    connection.session.send(pdu, pdu, connection.now())
    connection.flush()
    (report,) = await reported(rig)
    assert (report.smsc_id, report.meaning) == ("77", ReportMeaning.DELIVERED)
    rig.inbox.reports[0][1](True)
    await until(lambda: connection.report_answers == [0])
