"""Answers that come after their segment was given up: what the carrier has is not sent again."""

import pytest
from hand_gateway import FRENCH, Gateway, accepted

from staffetta.domain.environments import Market
from staffetta.domain.states import State
from staffetta.messaging.connector import Claim, NotSent, Outcome, Refused, Settlement, Uncertain

WORLD = {"market": Market.WORLD, "recipient": FRENCH}
OPEN = Uncertain("no answer within 30 seconds")
OTHER = NotSent("settled before")
START, PRICE = 10_000_000, 80_000


def answer_late(gateway: Gateway, claim: Claim, *outcomes: Outcome) -> None:
    connector_id = gateway.connector.connector_id
    gateway.inbox.settled(Settlement(connector_id, claim, outcomes, is_late=True))


async def settle_late(gateway: Gateway, claim: Claim, *outcomes: Outcome) -> None:
    answer_late(gateway, claim, *outcomes)
    await gateway.worker.settler.settle_once()


async def claim_again(gateway: Gateway) -> Claim:
    before = len(gateway.connector.claims)
    assert await gateway.housekeeper.send_again_once() == 1
    await gateway.worker.dispatcher.dispatch_once()
    assert len(gateway.connector.claims) == before + 1
    return gateway.connector.claims[-1]


async def test_an_open_message_is_submitted_and_paid_after_all(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim(**WORLD)
    await gateway.settle(claim, OPEN)
    await settle_late(gateway, claim, accepted("a1"))
    view = await gateway.view(claim.recipient_id)
    assert (view.state, view.possibly_duplicate) == (State.SUBMITTED, False)
    assert await gateway.wallet() == (START - PRICE, 0)
    assert await gateway.housekeeper.send_again_once() == 0
    await gateway.report(gateway.delivered("a1"))
    assert (await gateway.view(claim.recipient_id)).state is State.DELIVERED
    await gateway.books_hold()


async def test_what_waits_to_be_sent_again_is_not(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim()
    await gateway.settle(claim, OPEN)
    await gateway.housekeeper.send_again_once()
    await settle_late(gateway, claim, accepted("a1"))
    await gateway.worker.dispatcher.dispatch_once()
    assert gateway.connector.claims == [claim]
    assert (await gateway.view(claim.recipient_id)).state is State.SUBMITTED


async def test_what_is_sent_again_already_is_matched_by_either_report(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim(**WORLD)
    await gateway.settle(claim, OPEN)
    again = await claim_again(gateway)
    await settle_late(gateway, claim, accepted("a1"))
    view = await gateway.view(claim.recipient_id)
    assert (view.state, view.possibly_duplicate) == (State.SUBMITTING, True)
    await gateway.settle(again, accepted("b1"))
    assert await gateway.wallet() == (START - PRICE, 0)
    await gateway.report(gateway.delivered("a1"))
    assert (await gateway.view(claim.recipient_id)).state is State.DELIVERED
    await gateway.books_hold()


@pytest.mark.parametrize(
    "outcome",
    [
        Refused(0x45, "a duplicate", temporary=False),
        Refused(0x08, "system error", temporary=True),
        OPEN,
    ],
    ids=["refused", "refused for now", "open"],
)
async def test_what_is_sent_again_in_vain_is_submitted_all_the_same(
    gateway: Gateway, outcome: Outcome
) -> None:
    claim = await gateway.accept_and_claim(**WORLD)
    await gateway.settle(claim, OPEN)
    again = await claim_again(gateway)
    await settle_late(gateway, claim, accepted("a1"))
    assert await gateway.wallet() == (START, PRICE)
    await gateway.settle(again, outcome)
    assert (await gateway.view(claim.recipient_id)).state is State.SUBMITTED
    assert await gateway.wallet() == (START - PRICE, 0)
    await gateway.report(gateway.delivered("a1"))
    view = await gateway.view(claim.recipient_id)
    assert (view.state, view.total_price_micro) == (State.DELIVERED, PRICE)
    await gateway.books_hold()


async def test_a_part_that_came_late_saves_no_message_that_is_refused(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim(**WORLD, text="x" * 161)
    await gateway.settle(claim, OPEN, OPEN)
    again = await claim_again(gateway)
    await settle_late(gateway, claim, accepted("a1"), OTHER)
    no = Refused(0x0B, "invalid destination", temporary=False)
    await gateway.settle(again, no, NotSent("a segment before it was not accepted"))
    assert (await gateway.view(claim.recipient_id)).state is State.REJECTED
    await gateway.books_hold()


async def test_a_report_that_came_first_is_matched(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim(**WORLD)
    await gateway.settle(claim, OPEN)
    await gateway.report(gateway.delivered("a1"))
    await settle_late(gateway, claim, accepted("a1"))
    assert (await gateway.view(claim.recipient_id)).state is State.DELIVERED
    assert await gateway.wallet() == (START - PRICE, 0)
    await gateway.books_hold()


async def test_it_may_be_written_with_what_it_follows(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim()
    gateway.inbox.settled(Settlement(gateway.connector.connector_id, claim, (OPEN,)))
    await settle_late(gateway, claim, accepted("a1"))
    assert (await gateway.view(claim.recipient_id)).state is State.SUBMITTED


async def test_a_long_message_is_submitted_when_all_its_parts_are(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim(**WORLD, text="x" * 400)
    await gateway.settle(claim, OPEN, accepted("a2"), OPEN)
    await settle_late(gateway, claim, accepted("a1"), OTHER, OTHER)
    assert (await gateway.view(claim.recipient_id)).state is State.UNCERTAIN
    answer_late(gateway, claim, OTHER, OTHER, accepted("a3"))
    await gateway.worker.settler.settle_once()
    assert (await gateway.view(claim.recipient_id)).state is State.SUBMITTED
    await gateway.report(*map(gateway.delivered, ("a1", "a2", "a3")))
    assert (await gateway.view(claim.recipient_id)).state is State.DELIVERED
    assert await gateway.wallet() == (START - 3 * PRICE, 0)


async def test_parts_that_came_late_are_not_sent_again(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim(**WORLD, text="x" * 400)
    await gateway.settle(claim, OPEN, OPEN, NotSent("a segment before it was not accepted"))
    answer_late(gateway, claim, accepted("a1"), OTHER, OTHER)
    await settle_late(gateway, claim, OTHER, accepted("a2"), OTHER)
    assert await gateway.wallet() == (START - 3 * PRICE, 0)
    again = await claim_again(gateway)
    assert [segment.number for segment in again.segments] == [3]
    await gateway.settle(again, accepted("a3"))
    assert (await gateway.view(claim.recipient_id)).state is State.SUBMITTED
    assert await gateway.wallet() == (START - 3 * PRICE, 0)
    await gateway.books_hold()


async def test_a_late_refusal_is_kept_and_the_message_goes_again(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim()
    await gateway.settle(claim, OPEN)
    await settle_late(gateway, claim, Refused(0x14, "queue full", temporary=True))
    (row,) = await gateway.rows("SELECT outcome, command_status FROM submission")
    assert tuple(row.values()) == ("refused", 0x14)
    again = await claim_again(gateway)
    assert again.recipient_id == claim.recipient_id


async def test_the_callback_of_pending_is_owed_once(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim()
    await gateway.rows(
        "UPDATE recipient SET callback_host = 'http://example.com' WHERE id = $1 RETURNING id",
        claim.recipient_id,
    )
    await gateway.settle(claim, OPEN)
    await settle_late(gateway, claim, accepted("a1"))
    rows = await gateway.rows("SELECT step FROM callback")
    assert len(rows) == 1
