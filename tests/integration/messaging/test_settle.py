"""The carrier's answers: states, money, tries; each settled once."""

import pytest
from hand_gateway import FRENCH, Gateway, accepted, make_connector, make_process

from staffetta.domain.environments import Market
from staffetta.domain.states import State
from staffetta.messaging.connector import (
    Accepted,
    Busy,
    NotSent,
    Outcome,
    Refused,
    ReportMeaning,
    Settlement,
    Uncertain,
)
from staffetta.messaging.housekeeping import REPORT_MARGIN

WORLD = {"market": Market.WORLD, "recipient": FRENCH}
NO = Refused(0x0B, "invalid destination", temporary=False)
LATER = Refused(0x08, "system error", temporary=True)
START = 10_000_000


async def test_an_accepted_world_message_is_captured_at_its_route_price(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim(**WORLD, text="x" * 161)
    await gateway.settle(claim, accepted("a1"), accepted("a2"))
    view = await gateway.view(claim.recipient_id)
    assert (view.state, view.price_micro, view.total_price_micro) == (
        State.SUBMITTED,
        80_000,
        160_000,
    )
    assert view.sent_at == gateway.clock.now()
    assert await gateway.wallet() == (START - 160_000, 0)
    await gateway.books_hold()


async def make_the_chosen_route_free(gateway: Gateway) -> None:
    await gateway.rows("UPDATE route SET price_micro = 0 WHERE country = '*'")
    await make_connector(gateway.database, "dear", {"*": 80_000})
    await gateway.snapshots.refresh_once()


async def test_a_message_that_costs_nothing_gives_back_what_was_held(gateway: Gateway) -> None:
    await make_the_chosen_route_free(gateway)
    claim = await gateway.accept_and_claim(**WORLD)
    assert await gateway.wallet() == (START, 80_000)
    await gateway.settle(claim, accepted("a1"))
    assert await gateway.wallet() == (START, 0)
    await gateway.books_hold()


async def test_a_report_gives_back_what_was_held_for_a_message_that_costs_nothing(
    gateway: Gateway,
) -> None:
    await make_the_chosen_route_free(gateway)
    claim = await gateway.accept_and_claim(**WORLD)
    await gateway.settle(claim, Uncertain("no answer in time"))
    await gateway.settle(claim, accepted("a1"), owner=await make_process(gateway.database))
    await gateway.report(gateway.delivered("a1"))
    assert (await gateway.view(claim.recipient_id)).state is State.DELIVERED
    assert await gateway.wallet() == (START, 0)
    await gateway.books_hold()


async def test_an_answer_that_cannot_be_stored_leaves_the_claim_open_and_no_other(
    gateway: Gateway,
) -> None:
    bad, good = [await gateway.accept_and_claim() for _ in range(2)]
    for claim, outcome in ((bad, Accepted("A\0", "a\0")), (good, accepted("a1"))):
        gateway.inbox.settled(Settlement(gateway.connector.connector_id, claim, (outcome,)))
    await gateway.worker.settler.settle_once()
    assert (await gateway.view(good.recipient_id)).state is State.SUBMITTED
    assert (await gateway.view(bad.recipient_id)).state is State.UNCERTAIN
    assert await gateway.housekeeper.send_again_once() == 1
    assert (await gateway.view(bad.recipient_id)).possibly_duplicate
    await gateway.books_hold()


async def test_a_message_tried_for_days_holds_up_no_other(gateway: Gateway) -> None:
    tired = await gateway.accept()
    await gateway.rows("UPDATE recipient SET attempt = 32767")
    await gateway.accept()
    assert await gateway.worker.dispatcher.dispatch_once() == 2
    claim = next(c for c in gateway.connector.claims if c.recipient_id == tired.message.id)
    await gateway.settle(claim, accepted("a1"))
    await gateway.report(gateway.delivered("a1"))
    assert (await gateway.view(claim.recipient_id)).state is State.DELIVERED


async def test_a_rejected_world_message_releases_its_hold(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim(**WORLD)
    await gateway.settle(claim, NO)
    view = await gateway.view(claim.recipient_id)
    assert (view.state, view.price_micro) == (State.REJECTED, 0)
    assert await gateway.wallet() == (START, 0)
    await gateway.books_hold()


async def test_a_rejected_italian_message_is_refunded(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim()
    assert await gateway.wallet() == (START - 30_000, 0)
    await gateway.settle(claim, NO)
    assert (await gateway.view(claim.recipient_id)).price_micro == 0
    assert await gateway.wallet() == (START, 0)
    kinds = await gateway.rows("SELECT kind FROM ledger_entry ORDER BY sequence")
    assert [row["kind"] for row in kinds] == ["top_up", "charge", "refund"]
    await gateway.books_hold()


@pytest.mark.parametrize("changes", [{}, WORLD])
async def test_a_message_with_one_segment_accepted_is_paid_for(
    gateway: Gateway, changes: dict[str, object]
) -> None:
    claim = await gateway.accept_and_claim(text="x" * 161, **changes)
    await gateway.settle(claim, accepted("a1"), NO)
    assert (await gateway.view(claim.recipient_id)).state is State.UNDELIVERABLE
    balance, held = await gateway.wallet()
    assert (balance < START, held) == (True, 0)
    await gateway.books_hold()


@pytest.mark.parametrize(
    ("outcome", "state", "pause_seconds"),
    [(LATER, State.SCHEDULED, 10), (Busy(0x58, 3.0), State.SCHEDULED, 3)],
)
async def test_a_passing_refusal_waits_and_goes_again(
    gateway: Gateway, outcome: Outcome, state: State, pause_seconds: float
) -> None:
    claim = await gateway.accept_and_claim()
    await gateway.settle(claim, outcome)
    assert (await gateway.view(claim.recipient_id)).state is state
    gateway.clock.advance(pause_seconds - 1)
    assert await gateway.housekeeper.promote_once() == 0
    gateway.clock.advance(1)
    assert await gateway.housekeeper.promote_once() == 1
    await gateway.worker.dispatcher.dispatch_once()
    again = gateway.connector.claims[-1]
    assert (again.recipient_id, again.attempt) == (claim.recipient_id, 2)


async def test_what_was_not_written_goes_again_at_once(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim()
    await gateway.settle(claim, NotSent("the link went down first"))
    assert await gateway.worker.dispatcher.dispatch_once() == 1
    assert not (await gateway.view(claim.recipient_id)).possibly_duplicate


async def test_only_the_missing_segments_of_a_long_message_go_again(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim(**WORLD, text="x" * 400)
    await gateway.settle(claim, accepted("a1"), NotSent("link lost"), NotSent("link lost"))
    captured = await gateway.wallet()
    await gateway.worker.dispatcher.dispatch_once()
    again = gateway.connector.claims[-1]
    assert [segment.number for segment in again.segments] == [2, 3]
    assert (again.reference, again.segment_total) == (claim.reference, 3)
    await gateway.settle(again, accepted("a2"), accepted("a3"))
    assert (await gateway.view(claim.recipient_id)).state is State.SUBMITTED
    assert await gateway.wallet() == captured
    await gateway.books_hold()


async def test_an_unanswered_try_is_sent_again_once_and_flagged(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim()
    await gateway.settle(claim, Uncertain("no answer in time"))
    assert (await gateway.view(claim.recipient_id)).state is State.UNCERTAIN
    assert await gateway.housekeeper.send_again_once() == 1
    await gateway.worker.dispatcher.dispatch_once()
    again = gateway.connector.claims[-1]
    assert (await gateway.view(claim.recipient_id)).possibly_duplicate
    await gateway.settle(again, Uncertain("no answer in time"))
    assert await gateway.housekeeper.send_again_once() == 0
    assert (await gateway.view(claim.recipient_id)).state is State.UNCERTAIN


async def test_a_settlement_counts_once(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim(**WORLD)
    for _ in range(3):
        await gateway.settle(claim, accepted("a1"))
    assert await gateway.wallet() == (START - 80_000, 0)
    await gateway.books_hold()


async def test_the_late_answer_to_a_claim_taken_over_changes_no_state(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim(**WORLD)
    await gateway.rows("UPDATE process SET ended_at = now() RETURNING id")
    assert await gateway.housekeeper.reap_once() == 1
    assert await gateway.housekeeper.send_again_once() == 1
    heir = await make_process(gateway.database)
    await gateway.make_worker(heir).dispatcher.dispatch_once()
    again = gateway.connector.claims[-1]
    await gateway.settle(claim, NO)
    assert (await gateway.view(claim.recipient_id)).state is State.SUBMITTING
    await gateway.settle(again, accepted("b1"), owner=heir)
    assert (await gateway.view(claim.recipient_id)).state is State.SUBMITTED
    await gateway.books_hold()


async def test_claims_of_a_silent_process_are_opened_and_of_a_living_one_are_not(
    gateway: Gateway,
) -> None:
    await gateway.accept_and_claim()
    assert await gateway.housekeeper.reap_once() == 0
    await gateway.rows(
        "UPDATE process SET heartbeat_at = clock_timestamp() - interval '11 seconds' RETURNING id"
    )
    assert await gateway.housekeeper.reap_once() == 1


@pytest.mark.parametrize("changes", [{}, WORLD])
async def test_a_message_that_expires_unsent_costs_nothing(
    gateway: Gateway, changes: dict[str, object]
) -> None:
    message = (await gateway.accept(**changes)).message
    gateway.clock.advance(48 * 3600 - 1)
    assert await gateway.housekeeper.expire_once() == 0
    gateway.clock.advance(1)
    assert await gateway.housekeeper.expire_once() == 1
    assert (await gateway.view(message.id)).state is State.EXPIRED
    assert await gateway.wallet() == (START, 0)
    await gateway.books_hold()


async def test_a_submitted_message_that_is_never_reported_expires_and_stays_paid(
    gateway: Gateway,
) -> None:
    claim = await gateway.accept_and_claim()
    await gateway.settle(claim, accepted("a1"))
    gateway.clock.advance(48 * 3600)
    assert await gateway.housekeeper.expire_once() == 0  # the carrier may be about to report it
    gateway.clock.advance(REPORT_MARGIN.total_seconds())
    assert await gateway.housekeeper.expire_once() == 1
    assert (await gateway.view(claim.recipient_id)).state is State.EXPIRED
    (row,) = await gateway.rows("SELECT detail FROM recipient")
    assert row["detail"] == "the carrier did not report its end within the time to live"
    assert await gateway.wallet() == (START - 30_000, 0)
    await gateway.books_hold()


async def test_a_carrier_that_reports_the_end_of_the_time_is_heard(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim()
    await gateway.settle(claim, accepted("a1"))
    gateway.clock.advance(48 * 3600 + 30)
    await gateway.housekeeper.expire_once()
    await gateway.report(gateway.delivered("a1", ReportMeaning.EXPIRED))
    assert (await gateway.view(claim.recipient_id)).state is State.EXPIRED
    (row,) = await gateway.rows("SELECT detail FROM recipient")
    assert row["detail"] == "EXPIRED"


async def test_a_message_whose_segments_all_arrived_late_is_submitted_without_sending_again(
    gateway: Gateway,
) -> None:
    claim = await gateway.accept_and_claim(text="x" * 161)
    await gateway.settle(claim, accepted("a1"), Uncertain("no answer in time"))
    await gateway.housekeeper.send_again_once()
    stranger = await make_process(gateway.database)
    await gateway.settle(claim, accepted("a1"), accepted("a2"), owner=stranger)
    handed_over = len(gateway.connector.claims)
    await gateway.worker.dispatcher.dispatch_once()
    await gateway.worker.settler.settle_once()
    assert len(gateway.connector.claims) == handed_over
    assert (await gateway.view(claim.recipient_id)).state is State.SUBMITTED


async def test_what_has_expired_is_not_claimed_any_more(gateway: Gateway) -> None:
    await gateway.accept()
    gateway.clock.advance(48 * 3600)
    assert await gateway.worker.dispatcher.dispatch_once() == 0


async def test_a_message_a_carrier_took_too_late_for_its_claim_expires_paid(
    gateway: Gateway,
) -> None:
    claim = await gateway.accept_and_claim(**WORLD)
    await gateway.settle(claim, Uncertain("no answer in time"))
    stranger = await make_process(gateway.database)
    await gateway.settle(claim, accepted("a1"), owner=stranger)
    gateway.clock.advance(48 * 3600 + REPORT_MARGIN.total_seconds())
    assert await gateway.housekeeper.expire_once() == 1
    view = await gateway.view(claim.recipient_id)
    assert (view.state, view.price_micro) == (State.EXPIRED, 80_000)
    assert await gateway.wallet() == (START - 80_000, 0)
    await gateway.books_hold()


async def test_two_dispatchers_never_claim_the_same_recipient(gateway: Gateway) -> None:
    import asyncio

    for _ in range(20):
        await gateway.accept()
    other = await make_process(gateway.database)
    gateway.connector.capacity = 7
    for _ in range(4):
        await asyncio.gather(
            gateway.worker.dispatcher.dispatch_once(),
            gateway.make_worker(other).dispatcher.dispatch_once(),
        )
    claimed = [claim.recipient_id for claim in gateway.connector.claims]
    assert len(claimed) == len(set(claimed)) == 20
