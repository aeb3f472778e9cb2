"""Submitting over a link: what is written, in which order, how much of it, and what comes back."""

import pytest
from scripted_esme import until
from scripted_smsc import Say

from staffetta.domain.encodings import Encoding
from staffetta.messaging.connector import Accepted, Busy, NotSent, Refused, Uncertain
from staffetta.smpp import pdus


async def test_a_claim_is_submitted_and_accepted(rig, smsc, make_claim):
    claim = make_claim("hello €")
    rig.submit(claim)
    await rig.settled(1)
    (pdu,) = (await smsc.bound()).submits
    assert pdu == pdus.SubmitSm(
        sequence_number=pdu.sequence_number,
        source_addr_ton=5,
        source_addr=b"ACME",
        dest_addr_ton=1,
        dest_addr_npi=1,
        destination_addr=b"393330000001",
        validity_period=b"300316092653000+",
        registered_delivery=1,
        short_message=b"hello \x1be",
    )
    smsc_id = f"id{pdu.sequence_number}"
    assert rig.inbox.outcomes_of(claim) == (Accepted(smsc_id, smsc_id),)
    assert rig.inbox.settlements[0].connector_id == 7


async def test_segments_go_in_order_and_together(rig, smsc, make_claim):
    first, second = make_claim("a" * 153, "b" * 153, "c"), make_claim("x" * 153, "y")
    rig.submit(first, second)
    await rig.settled(2)
    submits = (await smsc.bound()).submits
    assert [pdu.short_message[:7] for pdu in submits] == [
        b"\x05\x00\x03\x2a\x03\x01a",
        b"\x05\x00\x03\x2a\x03\x02b",
        b"\x05\x00\x03\x2a\x03\x03c",
        b"\x05\x00\x03\x2a\x02\x01x",
        b"\x05\x00\x03\x2a\x02\x02y",
    ]
    assert {pdu.esm_class for pdu in submits} == {0x40}
    ids = [f"id{pdu.sequence_number}" for pdu in submits]
    assert [one.smsc_id for one in rig.inbox.outcomes_of(first)] == ids[:3]
    assert [one.smsc_id for one in rig.inbox.outcomes_of(second)] == ids[3:]


async def test_a_flash_text_in_ucs2_is_marked_so(rig, smsc, make_claim):
    rig.submit(make_claim("ciao 👋", encoding=Encoding.UCS_2, flash=True))
    await rig.settled(1)
    (pdu,) = (await smsc.bound()).submits
    assert (pdu.data_coding, pdu.short_message) == (0x18, "ciao 👋".encode("utf-16-be"))


async def test_the_window_is_never_exceeded(make_rig, smsc, make_claim):
    smsc.answering = lambda _pdu: None
    rig = make_rig(window_max=3)
    await rig.bound()
    connection = await smsc.bound()
    rig.submit(*make_claim.many(5))
    submits = list(await connection.submitted(3))
    assert rig.connector.room() == 0
    for answered in range(5):
        assert len(connection.submits) <= 3 + answered
        connection.answer(connection.submits[answered], Say(f"{answered}"))
        await rig.settled(answered + 1)
        await connection.submitted(min(5, 4 + answered))
    assert len(submits) == 3
    assert rig.connector.room() == 3


async def test_what_gathers_in_one_turn_is_one_write(rig, smsc, make_claim):
    connection = await smsc.bound()
    before = len(connection.chunk_sizes)
    rig.submit(*make_claim.many(10))
    await rig.settled(10)
    assert len(connection.submits) == 10
    assert len(connection.chunk_sizes) == before + 1


async def test_room_is_the_free_window_less_what_waits(rig, smsc, make_claim):
    smsc.answering = lambda _pdu: None
    assert rig.connector.room() == 10
    rig.submit(*make_claim.many(4))
    assert rig.connector.room() == 6
    await (await smsc.bound()).submitted(4)
    assert rig.connector.room() == 6


async def test_room_counts_every_segment(rig, smsc, make_claim):
    rig.submit(make_claim("a", "b", "c"))
    assert rig.connector.room() == 7


async def test_the_inbox_hears_of_room_once_for_answers_that_come_together(rig, smsc, make_claim):
    smsc.answering = lambda _pdu: None
    connection = await smsc.bound()
    rig.submit(*make_claim.many(10))
    submits = await connection.submitted(10)
    before = rig.inbox.ready_count
    for pdu in submits:
        connection.answer(pdu, Say("x"), flush=False)
    connection.flush()
    await rig.settled(10)
    await until(lambda: rig.inbox.ready_count > before)
    assert rig.inbox.ready_count == before + 1
    assert rig.connector.room() == 10


REFUSALS = {
    0x0B: Refused(
        0x0B,
        "The destination is not a number the carrier serves. (ESME_RINVDSTADR, 11)",
        temporary=False,
    ),
    0x08: Refused(0x08, "The carrier has an internal error. (ESME_RSYSERR, 8)", temporary=True),
    0x0C: Refused(0x0C, "The message id is not known. (ESME_RINVMSGID, 12)", temporary=True),
    0x02: Refused(
        0x02, "The length of the PDU is not valid. (ESME_RINVCMDLEN, 2)", temporary=False
    ),
    0x450: Refused(0x450, "A code of the carrier's own. (0x00000450, 1104)", temporary=True),
    0x58: Busy(0x58, 1.0),
    0x14: Busy(0x14, 1.0),
}


async def test_each_refusal_is_the_outcome_of_its_segment(rig, smsc, make_claim):
    statuses = iter(REFUSALS)
    smsc.answering = lambda _pdu: Say("", next(statuses))
    rig.submit(*make_claim.many(len(REFUSALS)))
    settlements = await rig.settled(len(REFUSALS))
    assert [one.outcomes for one in settlements] == [(said,) for said in REFUSALS.values()]


async def test_a_carrier_may_mean_something_else_by_a_status(make_rig, smsc, make_claim):
    rig = make_rig(status_classes={"0x45": "permanent"})
    await rig.bound()
    smsc.answering = lambda _pdu: Say("", 0x45)
    rig.submit(make_claim())
    (settlement,) = await rig.settled(1)
    assert settlement.outcomes[0].temporary is False


async def test_the_rest_of_a_refused_message_is_not_sent(make_rig, smsc, make_claim):
    rig = make_rig(window_max=2)
    await rig.bound()
    smsc.answering = lambda pdu: Say("", 0x0B) if pdu.short_message.endswith(b"b") else Say("ok")
    claim = make_claim("a", "b", "c", "d")
    rig.submit(claim)
    await rig.settled(1)
    connection = await smsc.bound()
    outcomes = rig.inbox.outcomes_of(claim)
    kinds = [type(one) for one in outcomes]
    # The answer to the first segment may come alone, and then the third is written at once.
    assert kinds in (
        [Accepted, Refused, NotSent, NotSent],
        [Accepted, Refused, Accepted, NotSent],
    )
    assert len(connection.submits) == 4 - kinds.count(NotSent)


async def test_a_segment_that_no_pdu_can_carry_is_refused_and_the_link_lives(rig, smsc, make_claim):
    bad, good = make_claim("a", "b", sender="Bücher & Söhne"), make_claim()
    rig.submit(bad, good)
    await rig.settled(2)
    refused, not_sent = rig.inbox.outcomes_of(bad)
    assert refused.temporary is False
    assert isinstance(not_sent, NotSent)
    assert isinstance(rig.inbox.outcomes_of(good)[0], Accepted)
    assert len((await smsc.bound()).submits) == 1


async def test_an_acceptance_without_an_id_has_a_key_that_no_report_has(rig, smsc, make_claim):
    smsc.answering = lambda _pdu: Say("")
    rig.submit(make_claim())
    (settlement,) = await rig.settled(1)
    assert settlement.outcomes == (Accepted("", " "),)


async def test_ids_that_cannot_be_stored_become_storable(rig, smsc, make_claim):
    smsc.answering = lambda _pdu: None
    connection = await smsc.bound()
    rig.submit(make_claim())
    (pdu,) = await connection.submitted(1)
    body = b"\xff\x01A\0"
    connection.send_raw(
        (16 + len(body)).to_bytes(4, "big")
        + (0x80000004).to_bytes(4, "big")
        + bytes(4)
        + pdu.sequence_number.to_bytes(4, "big")
        + body
    )
    (settlement,) = await rig.settled(1)
    assert settlement.outcomes[0].smsc_id == "ÿ\\x01A"


async def test_no_answer_in_time_is_uncertain_and_the_link_stays(make_rig, smsc, make_claim):
    rig = make_rig(response_seconds=0.2)
    await rig.bound()
    await smsc.bound()
    smsc.answering = lambda _pdu: None
    rig.submit(make_claim())
    (settlement,) = await rig.settled(1)
    assert settlement.outcomes == (Uncertain("no answer within 0.2 seconds"),)
    smsc.answering = lambda _pdu: Say("prompt")
    rig.submit(make_claim())
    await rig.settled(2)
    assert rig.connector.room() == 10


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(Say("late"), Accepted("late", "late")), (Say("", 0x0B), None), (Say("", 0x58), None)],
    ids=["accepted", "refused", "throttled"],
)
async def test_an_answer_that_comes_after_all_is_settled_once(
    make_rig, smsc, make_claim, answer, outcome
):
    rig = make_rig(response_seconds=0.1)
    await rig.bound()
    connection = await smsc.bound()
    smsc.answering = lambda _pdu: None
    claim = make_claim("a" * 153, "b")
    rig.submit(claim)
    await rig.settled(1)
    connection.answer(connection.submits[1], answer)
    connection.answer(connection.submits[1], answer)
    name = "staffetta_connector_oddities_total"
    await until(lambda: rig.counted(name, kind="unexpected_answer") == 1)
    assert rig.counted(name, kind="late_answer") == 1
    late = rig.inbox.settlements[1:]
    if answer.command_status == 0x58:
        assert late == []
        return
    (settlement,) = late
    assert (settlement.claim, settlement.is_late) == (claim, True)
    first, second = settlement.outcomes
    assert isinstance(first, NotSent)
    assert second == outcome or isinstance(second, Refused)


async def test_outcomes_are_counted(rig, smsc, make_claim):
    statuses = iter([0, 0, 0x0B, 0x58])
    smsc.answering = lambda _pdu: Say("x", next(statuses))
    rig.submit(*make_claim.many(4))
    await rig.settled(4)
    name = "staffetta_connector_submits_total"
    await until(lambda: rig.counted(name, outcome="busy") == 1)
    assert rig.counted(name, outcome="accepted") == 2
    assert rig.counted(name, outcome="refused") == 1
