"""What a limited token may spend: exact, however many requests and processes come at once."""

import asyncio
import random
from typing import Any

import msgspec
import pytest
from hand_gateway import FRENCH, START, Gateway, accepted

from staffetta.accounts.terms import DEFAULT_TERMS
from staffetta.accounts.token_limits import SpendingLimits, TokenAllowance
from staffetta.domain.environments import Environment, Market
from staffetta.domain.errors import CreditTooLow, TokenLimitReached
from staffetta.messaging.commit import commit_drafts
from staffetta.messaging.inspection import Space
from staffetta.messaging.results import Result, Stored

TOKEN = b"t" * 32
PRICE = 30_000  # of an Italian segment
LONG = "x" * 161  # two segments


def space_of(gateway: Gateway, token: bytes = TOKEN, **limits: int) -> Space:
    allowance = TokenAllowance(token, SpendingLimits(**limits))
    return Space(gateway.space_id, Environment.PRODUCTION, DEFAULT_TERMS, allowance)


async def used(gateway: Gateway, token: bytes = TOKEN) -> tuple[int, int, int]:
    rows = await gateway.rows(
        "SELECT wallet_count, subscription_count, wallet_micro FROM token_use WHERE use_hash = $1",
        token,
    )
    return tuple(rows[0]) if rows else (0, 0, 0)


async def give_bundle(gateway: Gateway, segments: int) -> None:
    await gateway.rows(
        "INSERT INTO bundle (space_id, segment_count, remaining_count, price_micro, period_days,"
        " starts_at, ends_at, created_at)"
        " VALUES ($1, $2, $2, 0, 30, $3, $3::timestamptz + interval '30 days', $3)",
        gateway.space_id,
        segments,
        START,
    )
    await gateway.rows("UPDATE wallet SET has_bundles = true")


async def offer(gateway: Gateway, space: Space, count: int, **changes: Any) -> list[Result]:
    """So many drafts in batches of several sizes, committed by several processes at once."""
    drafts = [
        msgspec.structs.replace(
            gateway.draft(gateway.space_id, **changes), allowance=space.allowance
        )
        for _ in range(count)
    ]
    shuffle = random.Random(7)
    batches = []
    while drafts:
        size = shuffle.randint(1, 6)
        batches.append(drafts[:size])
        drafts = drafts[size:]
    results = await asyncio.gather(
        *(commit_drafts(gateway.database, batch, gateway.ids) for batch in batches)
    )
    return [result for batch in results for result in batch]


def taken(results: list[Result]) -> int:
    assert all(isinstance(one, Stored | TokenLimitReached) for one in results)
    return sum(isinstance(one, Stored) for one in results)


async def test_requests_that_the_wallet_pays_are_counted_to_the_last(gateway: Gateway) -> None:
    space = space_of(gateway, wallet_count_max=17)
    assert taken(await offer(gateway, space, 60)) == 17
    assert await used(gateway) == (17, 0, 17 * PRICE)
    with pytest.raises(TokenLimitReached, match=r"limit of 17 \(walletRequests\) is used up"):
        await gateway.accept(space)
    await gateway.books_hold()


async def test_an_amount_is_spent_to_the_last_message_that_fits(gateway: Gateway) -> None:
    space = space_of(gateway, wallet_micro_max=10 * PRICE + 1)
    assert taken(await offer(gateway, space, 40, text=LONG)) == 5
    assert await used(gateway) == (5, 0, 10 * PRICE)
    with pytest.raises(TokenLimitReached) as refused:
        await gateway.accept(space)
    assert (refused.value.needed_micro, refused.value.available_micro) == (PRICE, 1)
    assert "(walletAmount) leaves 0.000001, and the message may cost 0.03" in str(refused.value)
    await gateway.books_hold()


async def test_requests_that_a_bundle_covers_are_counted_apart(gateway: Gateway) -> None:
    await give_bundle(gateway, 1_000)
    space = space_of(gateway, subscription_count_max=9, wallet_count_max=0)
    assert taken(await offer(gateway, space, 30, text=LONG)) == 9
    assert await used(gateway) == (0, 9, 0)
    (row,) = await gateway.rows("SELECT remaining_count FROM bundle")
    assert row["remaining_count"] == 1_000 - 18
    with pytest.raises(TokenLimitReached, match=r"limit of 9 \(subscriptionRequests\)"):
        await gateway.accept(space)
    await gateway.books_hold()


async def test_a_message_that_is_partly_covered_counts_as_both(gateway: Gateway) -> None:
    await give_bundle(gateway, 1)
    space = space_of(gateway, subscription_count_max=5)
    await gateway.accept(space, text=LONG)
    assert await used(gateway) == (1, 1, PRICE)


async def test_what_is_held_counts_when_it_is_held_and_is_not_given_back(gateway: Gateway) -> None:
    space = space_of(gateway, wallet_micro_max=1_000_000)
    accepted_message = await gateway.accept(space, market=Market.WORLD, recipient=FRENCH)
    held_micro = accepted_message.paid_micro
    assert held_micro > 0
    assert await gateway.wallet() == (10_000_000, held_micro)
    assert await used(gateway) == (1, 0, held_micro)
    await gateway.worker.dispatcher.dispatch_once()
    await gateway.settle(gateway.connector.claims[-1], accepted("a1"))
    assert await used(gateway) == (1, 0, held_micro)


async def test_a_dry_run_is_checked_and_counts_nothing(gateway: Gateway) -> None:
    space = space_of(gateway, wallet_count_max=1)
    await gateway.accept(space, dry_run=True)
    assert await used(gateway) == (0, 0, 0)
    await gateway.accept(space)
    with pytest.raises(TokenLimitReached):
        await gateway.accept(space, dry_run=True)


async def test_a_refused_message_counts_nothing(gateway: Gateway) -> None:
    space = space_of(gateway, wallet_count_max=5)
    await gateway.rows("UPDATE wallet SET floor_micro = 0, held_micro = balance_micro")
    with pytest.raises(CreditTooLow) as refused:
        await gateway.accept(space)
    assert not isinstance(refused.value, TokenLimitReached)
    assert await used(gateway) == (0, 0, 0)


async def test_each_token_has_a_count_of_its_own(gateway: Gateway) -> None:
    first = space_of(gateway, wallet_count_max=1)
    second = space_of(gateway, b"u" * 32, wallet_count_max=1)
    await gateway.accept(first)
    await gateway.accept(second)
    with pytest.raises(TokenLimitReached):
        await gateway.accept(first)


async def test_another_limit_counts_from_what_was_spent_already(gateway: Gateway) -> None:
    await gateway.accept(space_of(gateway, wallet_count_max=1))
    await gateway.accept(space_of(gateway, wallet_count_max=2))
    with pytest.raises(TokenLimitReached):
        await gateway.accept(space_of(gateway, wallet_count_max=1))


async def test_a_token_without_limits_leaves_no_trace(gateway: Gateway) -> None:
    await gateway.accept()
    assert await gateway.rows("SELECT FROM token_use") == []
