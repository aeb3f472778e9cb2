"""Acceptance and the intake on a real database."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hand_gateway import FRENCH, START, Gateway, accepted, make_space

from staffetta.accounts.terms import DEFAULT_TERMS
from staffetta.db.pool import DataRefused
from staffetta.domain.environments import Environment, Market
from staffetta.domain.errors import CreditTooLow, IdempotencyKeyReused, NoRoute, NotAcceptingNow
from staffetta.domain.states import State
from staffetta.messaging.connector import Refused
from staffetta.messaging.draft import Draft
from staffetta.messaging.inspection import Space
from staffetta.messaging.lists import ListQuery


async def test_an_italian_message_is_stored_queued_and_charged(gateway: Gateway) -> None:
    message = (await gateway.accept(text="x" * 161)).message
    view = await gateway.view(message.id)
    assert (view.state, view.segment_count, view.price_micro) == (State.QUEUED, 2, 30_000)
    assert await gateway.wallet() == (10_000_000 - 60_000, 0)
    await gateway.books_hold()


async def test_the_201_shows_what_reading_shows(gateway: Gateway) -> None:
    for changes in (
        {},
        {"market": Market.WORLD, "recipient": FRENCH},
        {"callback": {"url": "https://example.com/cb", "custom": {"a": 1}}},
        {"dry_run": True},
    ):
        message = (await gateway.accept(**changes)).message
        assert await gateway.view(message.id) == message


async def test_a_world_message_is_held_at_the_highest_price_and_shows_no_price(
    gateway: Gateway,
) -> None:
    message = (await gateway.accept(market=Market.WORLD, recipient=FRENCH)).message
    assert message.price_micro == 0
    assert await gateway.wallet() == (10_000_000, 80_000)
    await gateway.books_hold()


async def test_a_world_message_needs_one_euro_a_segment(gateway: Gateway) -> None:
    poor = await make_space(gateway.database, "bob@example.com", 999_999)
    gateway.space_id = poor
    with pytest.raises(CreditTooLow) as refused:
        await gateway.accept(market=Market.WORLD, recipient=FRENCH)
    assert (refused.value.needed_micro, refused.value.available_micro) == (1_000_000, 999_999)
    assert await gateway.wallet() == (999_999, 0)


async def test_without_a_route_nothing_is_charged(gateway: Gateway) -> None:
    with pytest.raises(NoRoute):
        await gateway.accept(Space(gateway.space_id, Environment.SANDBOX, DEFAULT_TERMS))
    assert await gateway.rows("SELECT 1 FROM message") == []


async def test_two_hundred_at_once_with_credit_for_fifty_are_fifty(gateway: Gateway) -> None:
    gateway.space_id = await make_space(gateway.database, "bob@example.com", 50 * 30_000)
    results = await asyncio.gather(*(gateway.accept() for _ in range(200)), return_exceptions=True)
    assert sum(isinstance(result, CreditTooLow) for result in results) == 150
    assert len(await gateway.rows("SELECT 1 FROM message")) == 50
    assert await gateway.wallet() == (0, 0)
    await gateway.books_hold()


async def test_a_dry_run_checks_credit_and_costs_nothing(gateway: Gateway) -> None:
    message = (await gateway.accept(dry_run=True)).message
    assert (message.price_micro, message.state) == (30_000, State.CANCELLED)
    assert await gateway.wallet() == (10_000_000, 0)
    assert await gateway.worker.dispatcher.dispatch_once() == 0
    gateway.space_id = await make_space(gateway.database, "bob@example.com", 0)
    with pytest.raises(CreditTooLow):
        await gateway.accept(dry_run=True)


async def test_a_dry_run_is_found_for_a_day_and_never_listed(gateway: Gateway) -> None:
    message = (await gateway.accept(dry_run=True)).message
    assert (await gateway.reader.list(gateway.space_id, ListQuery(100))).views == []
    gateway.clock.advance(86_400)
    assert await gateway.reader.get(gateway.space_id, message.id, gateway.clock.now()) is None


async def test_messages_are_listed_newest_first_and_in_their_space_alone(
    gateway: Gateway,
) -> None:
    made = []
    for _ in range(5):
        made.append((await gateway.accept()).message.id)
        gateway.clock.advance(1)
    listed = await gateway.reader.list(gateway.space_id, ListQuery(3, skip=1))
    assert [view.id for view in listed.views] == made[::-1][1:4]
    stranger = await make_space(gateway.database, "mallory@example.com")
    assert (await gateway.reader.list(stranger, ListQuery(100))).views == []
    assert await gateway.reader.get(stranger, made[0], gateway.clock.now()) is None


async def test_a_repeated_key_answers_the_first_message_again(gateway: Gateway) -> None:
    first = await gateway.accept(key="k1")
    again = await gateway.accept(key="k1")
    assert (again.replayed, again.message.id) == (True, first.message.id)
    assert await gateway.wallet() == (10_000_000 - 30_000, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"callback": {"url": "https://example.com/sms"}},
        {"market": Market.WORLD, "recipient": FRENCH, "text": "x" * 161},
        {"send_at": START + timedelta(hours=1)},
        {"dry_run": True},
        {"dry_run": True, "market": Market.WORLD, "recipient": FRENCH},
    ],
    ids=["IT", "WW", "for later", "dry run", "dry run WW"],
)
async def test_whatever_became_of_it_the_answer_is_the_first_one(
    gateway: Gateway, changes: dict[str, Any]
) -> None:
    first = await gateway.accept(key="k1", **changes)
    gateway.clock.advance(86_399)
    await gateway.housekeeper.promote_once()
    if await gateway.worker.dispatcher.dispatch_once():
        (claim,) = gateway.connector.claims
        ids = [f"a{segment}" for segment in range(len(claim.segments))]
        await gateway.settle(claim, *(accepted(one) for one in ids))
        for one in ids:
            await gateway.report(gateway.delivered(one))
    again = await gateway.accept(key="k1", **changes)
    assert (again.replayed, again.message) == (True, first.message)
    assert first.message.dry_run or await gateway.view(first.message.id) != first.message


async def test_a_refunded_message_is_still_answered_as_it_was(gateway: Gateway) -> None:
    first = await gateway.accept(key="k1")
    await gateway.worker.dispatcher.dispatch_once()
    await gateway.settle(gateway.connector.claims[0], Refused(11, "no such", temporary=False))
    assert await gateway.wallet() == (10_000_000, 0)
    assert (await gateway.accept(key="k1")).message == first.message


async def test_a_key_with_another_body_is_refused(gateway: Gateway) -> None:
    await gateway.accept(key="k1")
    with pytest.raises(IdempotencyKeyReused):
        await gateway.accept(key="k1", body_hash=b"o" * 32)


async def test_equal_keys_in_one_batch_are_one_message(gateway: Gateway) -> None:
    acceptances = await asyncio.gather(*(gateway.accept(key="k1") for _ in range(20)))
    assert len({acceptance.message.id for acceptance in acceptances}) == 1
    assert sum(not acceptance.replayed for acceptance in acceptances) == 1
    assert len(await gateway.rows("SELECT 1 FROM message")) == 1


async def test_a_refusal_leaves_the_key_free(gateway: Gateway) -> None:
    rich = gateway.space_id
    gateway.space_id = await make_space(gateway.database, "bob@example.com", 0)
    with pytest.raises(CreditTooLow):
        await gateway.accept(key="k1")
    assert await gateway.rows("SELECT 1 FROM idempotency_key") == []
    gateway.space_id = rich
    assert not (await gateway.accept(key="k1")).replayed


async def test_a_key_is_forgotten_after_a_day(gateway: Gateway) -> None:
    first = await gateway.accept(key="k1")
    gateway.clock.advance(86_401)
    second = await gateway.accept(key="k1")
    assert (second.replayed, second.message.id == first.message.id) == (False, False)
    gateway.clock.advance(86_401)
    assert await gateway.housekeeper.forget_keys_once() == 1


async def test_a_draft_the_database_refuses_fails_alone(gateway: Gateway) -> None:
    def draft(text: str) -> Draft:
        return msgspec.structs.replace(gateway.draft(gateway.space_id), text=text)

    # The rules refuse NUL long before; the intake must survive what the rules let through.
    waiting = [
        asyncio.ensure_future(gateway.intake.store(draft(text))) for text in ("a", "b\0", "c", "d")
    ]
    await asyncio.sleep(0)
    assert await gateway.intake.store_once() == 4
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [isinstance(result, DataRefused) for result in results] == [False, True, False, False]
    bodies = await gateway.rows("SELECT body FROM message ORDER BY body")
    assert [row["body"] for row in bodies] == ["a", "c", "d"]
    await gateway.books_hold()


async def test_a_fault_in_one_half_of_a_batch_leaves_the_other_answered(gateway: Gateway) -> None:
    without_wallet = gateway.draft(gateway.space_id + 1000, key="a")
    refused = gateway.draft(gateway.space_id, key="b\0")
    good = gateway.draft(gateway.space_id, key="c")
    waiting = [
        asyncio.ensure_future(gateway.intake.store(one)) for one in (without_wallet, refused, good)
    ]
    await asyncio.sleep(0)
    with pytest.raises(KeyError):
        await gateway.intake.store_once()
    _, unanswered = await asyncio.wait(waiting, timeout=10)
    assert unanswered == set()
    faults = [type(one.exception()) for one in waiting]
    assert faults == [KeyError, DataRefused, type(None)]


async def test_a_closed_intake_stores_what_waits_and_refuses_what_comes(gateway: Gateway) -> None:
    waiting = asyncio.ensure_future(gateway.accept())
    await gateway.intake.arrived()
    gateway.intake.close()
    assert (await waiting).message.state is State.QUEUED
    with pytest.raises(NotAcceptingNow):
        await gateway.accept()


async def test_a_space_with_a_backlog_takes_its_turn_behind_others(gateway: Gateway) -> None:
    alice = gateway.space_id
    for _ in range(5):
        await gateway.accept()
    gateway.space_id = await make_space(gateway.database, "bob@example.com")
    bobs = (await gateway.accept()).message.id
    gateway.connector.capacity = 2
    await gateway.worker.dispatcher.dispatch_once()
    assert bobs in {claim.recipient_id for claim in gateway.connector.claims}
    assert alice in {claim.space_id for claim in gateway.connector.claims}
