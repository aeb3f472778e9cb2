"""A text that two tries cut differently: no part of one is taken for a part of the other."""

import pytest
from hand_gateway import Gateway, accepted
from traced import texts, traced

from staffetta.connectors.simulated.handset import Handset
from staffetta.connectors.smpp.outgoing import Outgoing
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.domain.errors import InvalidText
from staffetta.domain.segments import Segmentation
from staffetta.domain.states import State
from staffetta.domain.text_rules import TextRules, cut_by
from staffetta.domain.writing import Alphabet, LongMessages, ReportedParts
from staffetta.messaging.connector import Busy, Claim, ReportMeaning

LONG = "a" * 306  # two parts with the usual reference, three with a wide one
SLOWLY = Busy(0x58, 0.5)


def rule(gateway: Gateway, **rules: object) -> None:
    """From now on the carrier wants its texts so."""
    gateway.connector.cut = cut_by(TextRules(**rules))


async def try_again(gateway: Gateway) -> Claim:
    gateway.clock.advance(60)
    await gateway.housekeeper.promote_once()
    await gateway.worker.dispatcher.dispatch_once()
    return gateway.connector.claims[-1]


async def half_accepted(gateway: Gateway) -> Claim:
    claim = await gateway.accept_and_claim(text=LONG)
    await gateway.settle(claim, accepted("a1"), SLOWLY)
    return claim


async def test_what_another_cut_left_is_no_part_of_this_one(gateway: Gateway) -> None:
    claim = await half_accepted(gateway)
    rule(gateway, long_messages=LongMessages.UDH_16)
    again = await try_again(gateway)
    assert (again.recipient_id, again.segment_total) == (claim.recipient_id, 3)
    assert [segment.number for segment in again.segments] == [1, 2, 3]
    assert again.written_as == "udh16"
    assert (await gateway.view(claim.recipient_id)).possibly_duplicate
    await gateway.settle(again, accepted("b1"), accepted("b2"), SLOWLY)
    third = await try_again(gateway)
    assert [segment.number for segment in third.segments] == [3]
    await gateway.settle(third, accepted("b3"))
    assert (await gateway.view(claim.recipient_id)).state is State.SUBMITTED


async def test_the_same_cut_goes_on_where_it_was(gateway: Gateway) -> None:
    rule(gateway, long_messages=LongMessages.UDH_16)
    claim = await gateway.accept_and_claim(text=LONG)
    await gateway.settle(claim, accepted("a1"), SLOWLY, SLOWLY)
    again = await try_again(gateway)
    assert [segment.number for segment in again.segments] == [2, 3]
    assert not (await gateway.view(claim.recipient_id)).possibly_duplicate


async def test_equally_many_parts_of_another_cut_are_not_taken_for_these(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim(text="a" * 200)
    await gateway.settle(claim, accepted("a1"), SLOWLY)
    rule(gateway, long_messages=LongMessages.SAR)
    again = await try_again(gateway)
    assert (len(again.segments), again.segment_total) == (2, 2)


async def test_a_phone_that_has_a_part_of_the_old_cut_shows_the_new_one_whole(
    gateway: Gateway,
) -> None:
    text = "€" * 100  # two parts in GSM-7, and two others in UCS-2
    first = await gateway.accept_and_claim(text=text)
    await gateway.settle(first, accepted("a1"), SLOWLY)
    rule(gateway, alphabet=Alphabet.LATIN_1)
    again = await try_again(gateway)
    await gateway.settle(again, accepted("b1"), SLOWLY)
    third = await try_again(gateway)
    assert (again.segment_total, third.segment_total) == (2, 2)
    parts = [(first, 0), (third, 0), (again, 0)]  # the new ones come the other way round
    outgoing = Outgoing(
        SmppSettings(connector_id=1, name="c", host="h", port=1, system_id="s", password="")
    )
    handset = Handset(10)
    for claim, index in parts:
        pdu = outgoing.submit_sm(claim, claim.segments[index], gateway.clock.now())
        handset.receive(pdu, 0.0)
    assert [message.text for message in handset.read()] == [text]


@pytest.mark.parametrize("of_the_new", [False, True])
async def test_reports_of_two_cuts_are_not_counted_together(
    gateway: Gateway, of_the_new: bool
) -> None:
    claim = await half_accepted(gateway)
    rule(gateway, long_messages=LongMessages.UDH_16)
    again = await try_again(gateway)
    await gateway.settle(again, accepted("b1"), accepted("b2"), accepted("b3"))
    await gateway.report(*map(gateway.delivered, ("b2", "b3", "b1" if of_the_new else "a1")))
    state = (await gateway.view(claim.recipient_id)).state
    assert state is (State.DELIVERED if of_the_new else State.SUBMITTED)


async def test_a_part_of_an_old_cut_cannot_fail_the_new_one(gateway: Gateway) -> None:
    claim = await half_accepted(gateway)
    rule(gateway, long_messages=LongMessages.PAYLOAD)
    again = await try_again(gateway)
    assert [segment.text for segment in again.segments] == [LONG]
    await gateway.settle(again, accepted("b1"))
    await gateway.report(gateway.delivered("a1", ReportMeaning.UNDELIVERABLE))
    assert (await gateway.view(claim.recipient_id)).state is State.SUBMITTED
    await gateway.report(gateway.delivered("b1"))
    assert (await gateway.view(claim.recipient_id)).state is State.DELIVERED


async def test_one_report_stands_for_all_parts_where_no_more_are_asked_for(
    gateway: Gateway,
) -> None:
    rule(gateway, reported_parts=ReportedParts.LAST)
    claim = await gateway.accept_and_claim(text=LONG)
    await gateway.settle(claim, accepted("a1"), accepted("a2"))
    await gateway.report(gateway.delivered("a2"))
    assert (await gateway.view(claim.recipient_id)).state is State.DELIVERED


async def test_it_does_not_before_all_of_them_are_taken(gateway: Gateway) -> None:
    rule(gateway, reported_parts=ReportedParts.FIRST)
    claim = await gateway.accept_and_claim(text=LONG)
    await gateway.settle(claim, accepted("a1"), SLOWLY)
    await gateway.report(gateway.delivered("a1"))
    assert (await gateway.view(claim.recipient_id)).state is not State.DELIVERED
    again = await try_again(gateway)
    assert again.asks_report(2)
    await gateway.settle(again, accepted("a2"))
    await gateway.report(gateway.delivered("a2"))
    assert (await gateway.view(claim.recipient_id)).state is State.DELIVERED


async def test_what_the_account_is_charged_does_not_depend_on_the_cut(gateway: Gateway) -> None:
    rule(gateway, long_messages=LongMessages.UDH_16)
    before = await gateway.wallet()
    claim = await gateway.accept_and_claim(text=LONG)
    assert claim.segment_total == 3
    await gateway.settle(claim, accepted("a1"), accepted("a2"), accepted("a3"))
    after = await gateway.wallet()
    assert before[0] - after[0] == 2 * 30_000
    await gateway.books_hold()


async def test_a_text_that_its_carrier_has_no_room_for_is_rejected_and_costs_nothing(
    gateway: Gateway,
) -> None:
    def no_room(_text: str) -> Segmentation:
        raise InvalidText("the text needs 290 segments")

    before = await gateway.wallet()
    gateway.connector.cut = no_room
    await gateway.accept(text=LONG)
    await gateway.worker.dispatcher.dispatch_once()
    assert gateway.connector.claims == []
    await gateway.worker.settler.settle_once()
    (row,) = await gateway.rows("SELECT state::text, detail FROM recipient")
    assert dict(row) == {
        "state": "rejected",
        "detail": "the stored text cannot be sent: the text needs 290 segments",
    }
    assert await gateway.wallet() == before
    await gateway.books_hold()


async def test_the_trace_says_that_the_text_was_cut_anew(gateway: Gateway) -> None:
    claim = await half_accepted(gateway)
    rule(gateway, long_messages=LongMessages.UDH_16)
    again = await try_again(gateway)
    await gateway.settle(again, accepted("b1"), accepted("b2"), accepted("b3"))
    said = texts(await traced(gateway, claim.recipient_id), "claim")[-1]
    assert "second time: the text was cut anew, and a carrier has parts of the cut before" in said
    assert "without an answer" not in said
