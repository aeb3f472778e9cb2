"""Delivery reports: matched whenever they come, each once, stored before they are answered."""

import asyncio

import pytest
from hand_gateway import FRENCH, Gateway, accepted, make_process

from staffetta.db.pool import Database, NotConnected
from staffetta.domain.environments import Market
from staffetta.domain.states import State
from staffetta.messaging.answers import write_answers_once
from staffetta.messaging.connector import ReportMeaning, Settlement, Uncertain
from staffetta.messaging.known_report import KnownReport
from staffetta.messaging.match import ORPHAN_AFTER, match_reports
from staffetta.messaging.settle import Settler
from staffetta.messaging.step import Step


async def submitted(gateway: Gateway, *keys: str, **changes: object) -> bytes:
    claim = await gateway.accept_and_claim(text="x" * (1 if len(keys) == 1 else 400), **changes)
    await gateway.settle(claim, *(accepted(key) for key in keys))
    return claim.recipient_id


async def state_of(gateway: Gateway, message_id: bytes) -> State:
    return (await gateway.view(message_id)).state


async def test_a_report_delivers_its_message_and_is_answered_when_stored(gateway: Gateway) -> None:
    message_id = await submitted(gateway, "a1")
    gateway.clock.advance(5)
    await gateway.report(gateway.delivered("a1"))
    view = await gateway.view(message_id)
    assert (view.state, view.delivered_at) == (State.DELIVERED, gateway.clock.now())
    assert gateway.answers == [True]
    await gateway.books_hold()


async def test_each_meaning_has_its_state(gateway: Gateway) -> None:
    for meaning, state in (
        (ReportMeaning.DELIVERED, State.DELIVERED),
        (ReportMeaning.UNDELIVERABLE, State.UNDELIVERABLE),
        (ReportMeaning.REJECTED, State.REJECTED),
        (ReportMeaning.EXPIRED, State.EXPIRED),
        (ReportMeaning.INTERMEDIATE, State.SUBMITTED),
    ):
        message_id = await submitted(gateway, f"key-{meaning}")
        await gateway.report(gateway.delivered(f"key-{meaning}", meaning))
        assert await state_of(gateway, message_id) is state


async def test_a_report_before_the_answer_is_matched_by_the_settlement(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim()
    await gateway.report(gateway.delivered("a1"))
    assert gateway.answers == [True]
    await gateway.settle(claim, accepted("a1"))
    assert await state_of(gateway, claim.recipient_id) is State.DELIVERED
    rows = await gateway.rows("SELECT disposition FROM report")
    assert [row["disposition"] for row in rows] == ["matched"]


async def test_report_and_settlement_that_miss_each_other_are_matched_by_the_sweep(
    gateway: Gateway,
) -> None:
    claim = await gateway.accept_and_claim()
    # The interleaving itself: the settlement has inserted its submission and not committed when
    # the report looks for it, and it looked for reports before this one was there.
    async with gateway.database.transaction() as connection:
        await connection.execute(
            "INSERT INTO submission (space_id, recipient_id, attempt, segment, segment_total,"
            " connector_id, outcome, smsc_id, smsc_key, answered_at)"
            " VALUES ($1, $2, 1, 1, 1, $3, 'accepted', 'A1', 'a1', $4)",
            claim.space_id,
            claim.recipient_id,
            gateway.connector.connector_id,
            gateway.clock.now(),
        )
        await connection.execute(
            "UPDATE recipient SET state = 'submitted', owner = NULL, sent_at = $2 WHERE id = $1",
            claim.recipient_id,
            gateway.clock.now(),
        )
        await gateway.report(gateway.delivered("a1"))
    assert await state_of(gateway, claim.recipient_id) is State.SUBMITTED
    assert await gateway.reporter.rematch_once() == 1
    assert await state_of(gateway, claim.recipient_id) is State.DELIVERED


async def test_settlements_and_reports_at_full_tilt_leave_nothing_unmatched(
    gateway: Gateway,
) -> None:
    for _ in range(60):
        await gateway.accept()
    await gateway.worker.dispatcher.dispatch_once()

    async def settle_all() -> None:
        for index, claim in enumerate(gateway.connector.claims):
            await gateway.settle(claim, accepted(f"k{index}"))

    async def report_all() -> None:
        for index in range(60):
            await gateway.report(gateway.delivered(f"k{index}"))

    await asyncio.gather(settle_all(), report_all())
    await gateway.reporter.rematch_once()
    rows = await gateway.rows("SELECT DISTINCT state::text AS state FROM recipient")
    assert [row["state"] for row in rows] == ["delivered"]


async def test_a_second_report_is_kept_and_changes_nothing(gateway: Gateway) -> None:
    message_id = await submitted(gateway, "a1")
    await gateway.report(gateway.delivered("a1"))
    await gateway.report(gateway.delivered("a1", ReportMeaning.UNDELIVERABLE))
    assert await state_of(gateway, message_id) is State.DELIVERED
    # It might have been the first of another message, which has the same id.
    gateway.clock.advance(ORPHAN_AFTER.total_seconds() + 1)
    await gateway.reporter.rematch_once()
    rows = await gateway.rows("SELECT disposition FROM report")
    assert [row["disposition"] for row in rows] == ["late"]


async def test_in_one_batch_the_decided_report_counts(gateway: Gateway) -> None:
    message_id = await submitted(gateway, "a1")
    await gateway.report(
        gateway.delivered("a1", ReportMeaning.INTERMEDIATE),
        gateway.delivered("a1"),
        gateway.delivered("a1"),
    )
    assert await state_of(gateway, message_id) is State.DELIVERED
    assert gateway.answers == [True, True, True]


async def test_a_long_message_is_delivered_when_all_its_segments_are(gateway: Gateway) -> None:
    message_id = await submitted(gateway, "a1", "a2", "a3")
    await gateway.report(gateway.delivered("a1"), gateway.delivered("a3"))
    assert await state_of(gateway, message_id) is State.SUBMITTED
    await gateway.report(gateway.delivered("a2"))
    assert await state_of(gateway, message_id) is State.DELIVERED


async def test_segments_reported_in_two_transactions_at_once_deliver_their_message(
    gateway: Gateway,
) -> None:
    message_id = await submitted(gateway, "a1", "a2", "a3")
    await gateway.report(gateway.delivered("a1"))
    last = KnownReport(
        id=gateway.ids.make(gateway.clock.now()),
        connector_id=gateway.connector.connector_id,
        smsc_id="A3",
        smsc_key="a3",
        report_state="DELIVRD",
        report_error=None,
        report_event="report_delivered",
        done_at=None,
        destination="",
    )

    async def someone_waits_for_a_lock() -> bool:
        return bool(
            await gateway.rows(
                "SELECT FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )

    # Neither sees what the other stores, as when two processes hold the links of one connector.
    async with gateway.database.transaction() as connection:
        await match_reports(Step(connection, gateway.ids, gateway.clock.now()), [last])
        other = asyncio.ensure_future(gateway.report(gateway.delivered("a2")))
        async with asyncio.timeout(30):
            while not (other.done() or await someone_waits_for_a_lock()):
                pass  # each look is a query: others get their turn
    await other
    assert await state_of(gateway, message_id) is State.DELIVERED


async def test_a_long_message_fails_when_one_segment_does(gateway: Gateway) -> None:
    message_id = await submitted(gateway, "a1", "a2", "a3")
    await gateway.report(gateway.delivered("a1"))
    await gateway.report(gateway.delivered("a2", ReportMeaning.UNDELIVERABLE))
    assert await state_of(gateway, message_id) is State.UNDELIVERABLE


async def test_an_unknown_report_is_kept_and_becomes_an_orphan(gateway: Gateway) -> None:
    await gateway.report(gateway.delivered("nobody"))
    gateway.clock.advance(601)
    await gateway.reporter.rematch_once()
    rows = await gateway.rows("SELECT smsc_id, disposition FROM report")
    assert [(row["smsc_id"], row["disposition"]) for row in rows] == [("NOBODY", "orphan")]


async def test_the_newest_of_two_messages_with_one_id_is_meant(gateway: Gateway) -> None:
    older = await submitted(gateway, "a1")
    gateway.clock.advance(60)
    newer = await submitted(gateway, "a1")
    await gateway.report(gateway.delivered("a1"))
    assert await state_of(gateway, older) is State.SUBMITTED
    assert await state_of(gateway, newer) is State.DELIVERED


async def test_a_report_that_overtakes_a_lost_answer_captures_the_hold(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim(market=Market.WORLD, recipient=FRENCH)
    await gateway.settle(claim, Uncertain("no answer in time"))
    await gateway.housekeeper.send_again_once()
    # The first try's answer comes after all, from a process that no longer owns the claim.
    await gateway.settle(claim, accepted("a1"), owner=await make_process(gateway.database))
    await gateway.report(gateway.delivered("a1"))
    view = await gateway.view(claim.recipient_id)
    assert (view.state, view.price_micro, view.possibly_duplicate) == (
        State.DELIVERED,
        80_000,
        True,
    )
    assert await gateway.wallet() == (10_000_000 - 80_000, 0)
    await gateway.books_hold()


async def test_a_full_inbox_gives_the_report_back(gateway: Gateway) -> None:
    from staffetta.messaging.inbox import REPORTS_WAITING_MAX

    report = gateway.delivered("a1")
    for _ in range(REPORTS_WAITING_MAX):
        assert gateway.inbox.reported(report, gateway.answers.append)
    assert not gateway.inbox.reported(report, gateway.answers.append)


async def test_a_report_that_follows_its_answer_into_the_inbox_never_waits(
    gateway: Gateway,
) -> None:
    claim = await gateway.accept_and_claim()
    settlement = Settlement(gateway.connector.connector_id, claim, (accepted("a1"),))
    gateway.inbox.settled(settlement)
    assert gateway.inbox.reported(gateway.delivered("a1"), gateway.answers.append)
    assert await write_answers_once(gateway.worker.settler, gateway.reporter) == 2
    assert await state_of(gateway, claim.recipient_id) is State.DELIVERED
    assert gateway.answers == [True]
    assert await gateway.rows("SELECT id FROM report") == []


async def test_reports_stay_in_the_inbox_while_settlements_cannot_be_written(
    gateway: Gateway, database_url: str
) -> None:
    claim = await gateway.accept_and_claim()
    settlement = Settlement(gateway.connector.connector_id, claim, (accepted("a1"),))
    gateway.inbox.settled(settlement)
    for key in ("a1", "a2"):
        assert gateway.inbox.reported(gateway.delivered(key), gateway.answers.append)
    closed = await Database.connect(database_url)
    await closed.close()
    settler = Settler(
        closed,
        gateway.inbox,
        gateway.clock,
        gateway.ids,
        gateway.callback_bell,
        gateway.owner,
        gateway.learning,
    )
    with pytest.raises(NotConnected):
        await write_answers_once(settler, gateway.reporter)
    assert [one.report.smsc_key for one in gateway.inbox.reports] == ["a1", "a2"]
    assert gateway.answers == []
    await write_answers_once(gateway.worker.settler, gateway.reporter)
    assert await state_of(gateway, claim.recipient_id) is State.DELIVERED
