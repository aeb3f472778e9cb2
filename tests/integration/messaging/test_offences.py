"""Forbidden words: refused, kept, paid for, and the account blocked until an operator lifts it."""

import asyncio
from typing import Any

import pytest
from hand_gateway import FRENCH, START, Gateway, make_space

from staffetta.compliance.blocklist import lift_block
from staffetta.domain.environments import Market
from staffetta.domain.errors import AccountBlocklisted, ForbiddenWords, StaffettaError
from staffetta.domain.states import State
from staffetta.messaging.masked_codes import seal_code

URL = {"url": "https://example.com/cb"}


@pytest.fixture
async def strict(gateway: Gateway) -> Gateway:
    await gateway.rows(
        "INSERT INTO forbidden_word (kind, text, country, created_at)"
        " VALUES ('word', 'casino', '*', $1), ('word', 'merde', 'FR', $1)",
        START,
    )
    await gateway.snapshots.refresh_once()
    return gateway


async def in_one_batch(gateway: Gateway, *requests: dict[str, Any]) -> list[Any]:
    waiting = [
        asyncio.ensure_future(gateway.intake.store(gateway.draft(gateway.space_id, **one)))
        for one in requests
    ]
    await asyncio.sleep(0)
    assert await gateway.intake.store_once() == len(requests)
    return await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.parametrize(
    ("market", "recipient", "text", "penalty_micro", "at_once"),
    [
        (Market.ITALY, "+393331234567", "the CASINO", 30_000, True),
        (Market.ITALY, "+393331234567", "casino " * 30, 60_000, True),
        (Market.WORLD, FRENCH, "mërde", 1_000_000, False),
        (Market.WORLD, FRENCH, "casino " * 30, 2_000_000, False),
    ],
)
async def test_an_offence_is_stored_rejected_and_paid_for(
    strict: Gateway, market: Market, recipient: str, text: str, penalty_micro: int, at_once: bool
) -> None:
    with pytest.raises(ForbiddenWords) as refused:
        await strict.accept(market=market, recipient=recipient, text=text, callback=URL)
    assert refused.value.charged_at_once is at_once
    (row,) = await strict.rows("SELECT id, blocklisted_reason FROM message")
    view = await strict.view(row["id"])
    assert (view.state, view.total_price_micro) == (State.REJECTED, penalty_micro)
    assert view.blocklisted_reason == row["blocklisted_reason"]
    assert "forbidden word" in view.blocklisted_reason
    assert await strict.wallet() == (10_000_000 - penalty_micro, 0)
    assert await strict.rows("SELECT FROM callback") == []
    assert await strict.worker.dispatcher.dispatch_once() == 0
    await strict.books_hold()


async def test_after_an_offence_nothing_is_accepted_until_the_block_is_lifted(
    strict: Gateway,
) -> None:
    with pytest.raises(ForbiddenWords):
        await strict.accept(text="casino")
    for text in ("hello", "casino"):
        with pytest.raises(AccountBlocklisted):
            await strict.accept(text=text)
    assert await strict.wallet() == (10_000_000 - 30_000, 0)
    async with strict.database.transaction() as connection:
        assert await lift_block(connection, strict.space_id, "a mistake", strict.clock.now())
    assert (await strict.accept()).message.state is State.QUEUED


async def test_the_penalty_does_not_depend_on_credit(strict: Gateway) -> None:
    strict.space_id = await make_space(strict.database, "poor@example.com", 10_000)
    with pytest.raises(ForbiddenWords):
        await strict.accept(text="casino")
    assert await strict.wallet() == (-20_000, 0)
    await strict.books_hold()


async def test_a_dry_run_is_refused_without_block_or_charge(strict: Gateway) -> None:
    with pytest.raises(ForbiddenWords) as refused:
        await strict.accept(text="casino", dry_run=True)
    assert refused.value.charged_at_once is False
    assert await strict.wallet() == (10_000_000, 0)
    assert (await strict.accept()).message.state is State.QUEUED


async def test_of_many_at_once_the_first_offence_blocks_those_behind_it(strict: Gateway) -> None:
    results = await in_one_batch(
        strict, *({"text": text} for text in ("one", "two", "casino", "three", "casino"))
    )
    kinds = [type(one) if isinstance(one, StaffettaError) else None for one in results]
    assert kinds == [None, None, ForbiddenWords, AccountBlocklisted, AccountBlocklisted]
    assert len(await strict.rows("SELECT FROM message")) == 3
    assert len(await strict.rows("SELECT FROM blocklisting")) == 1
    await strict.books_hold()


async def test_a_random_code_is_nobodys_word(strict: Gateway) -> None:
    message_id = strict.ids.make(strict.clock.now())
    code = seal_code(strict.keyring, strict.space_id, message_id, "CAS1N0")
    await strict.accept(market=Market.WORLD, text="Your code is CAS1N0.", code=code)
    with pytest.raises(ForbiddenWords):
        await strict.accept(text="Your code is CAS1N0.")


async def test_other_accounts_go_on(strict: Gateway) -> None:
    with pytest.raises(ForbiddenWords):
        await strict.accept(text="casino")
    strict.space_id = await make_space(strict.database, "bob@example.com")
    assert (await strict.accept()).message.state is State.QUEUED


async def test_a_refused_key_is_free_again(strict: Gateway) -> None:
    with pytest.raises(ForbiddenWords):
        await strict.accept(text="casino", key="k1")
    assert await strict.rows("SELECT FROM idempotency_key") == []


async def test_the_same_key_twice_in_one_batch_offends_once(strict: Gateway) -> None:
    results = await in_one_batch(strict, *[{"text": "casino", "key": "k1"}] * 3)
    assert [type(one) for one in results] == [ForbiddenWords] * 3
    assert len(await strict.rows("SELECT FROM message")) == 1
    assert await strict.wallet() == (10_000_000 - 30_000, 0)
    await strict.books_hold()
