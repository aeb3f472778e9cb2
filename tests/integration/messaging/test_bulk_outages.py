"""The database goes away while a v1 message is stored: nobody is told to send it twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from bulk_hand import BulkHand, italians
from database_proxy import cut_after_the_answer, cut_before_the_answer, database_proxy, proxied
from hand_gateway import Gateway
from tcp_proxy import TcpProxy, Way

from staffetta.db.pool import ConnectionLost
from staffetta.domain.errors import NotAcceptingNow, OutcomeUnknown
from staffetta.domain.states import State
from staffetta.messaging.accept import AcceptRules
from staffetta.messaging.bulk.accept import BulkAcceptor
from staffetta.messaging.bulk.change import BulkChanger
from staffetta.messaging.draft import IdempotencyKey


@pytest.fixture
def proxy(database_url: str) -> Iterator[TcpProxy]:
    with database_proxy(database_url) as proxy:
        yield proxy


@asynccontextmanager
async def hand_behind(
    proxy: TcpProxy, gateway: Gateway, database_url: str, **settings: Any
) -> AsyncIterator[BulkHand]:
    """A hand whose requests go through the proxy; it reads beside it."""
    async with proxied(database_url, proxy, **settings) as database:
        hand = BulkHand(gateway)
        hand.acceptor = BulkAcceptor(
            database, hand.bell, gateway.snapshots, AcceptRules(), gateway.ids
        )
        hand.changer = BulkChanger(hand.acceptor)
        yield hand


async def kept(gateway: Gateway) -> list[bytes]:
    return [row["id"] for row in await gateway.rows("SELECT id FROM v1_message")]


async def test_a_message_that_is_found_is_answered_rung_and_counted_as_paid(
    gateway: Gateway, database_url: str, proxy: TcpProxy
) -> None:
    async with hand_behind(proxy, gateway, database_url) as hand:
        cut_before_the_answer(proxy)
        made = await hand.post([*italians(2), "nobody"])
    assert await kept(gateway) == [made.message_id]
    assert made.message == await BulkHand(gateway).read(made.message_id)
    assert (made.paid_micro, made.credit_micro) == (60_000, 10_000_000 - 60_000)
    assert await hand.bell.notify_once() == 1


async def test_what_was_not_kept_may_be_sent_again(
    gateway: Gateway, database_url: str, proxy: TcpProxy
) -> None:
    async with hand_behind(proxy, gateway, database_url) as hand:
        proxy.cut_in(Way.TO_SERVER, b"COMMIT;", 1)
        with pytest.raises(NotAcceptingNow, match="send it again"):
            await hand.post(italians(2))
    assert await kept(gateway) == []


async def test_what_was_never_sent_to_the_database_may_be_sent_again(
    gateway: Gateway, database_url: str, proxy: TcpProxy
) -> None:
    async with hand_behind(proxy, gateway, database_url, patience_seconds=0.3) as hand:
        proxy.close()
        with pytest.raises(ConnectionLost):  # told as "send the request again"
            await hand.post(italians(2))


@pytest.mark.parametrize("has_key", [True, False], ids=["key", "no key"])
async def test_where_nobody_can_look_nobody_is_told_to_send_again(
    gateway: Gateway, database_url: str, proxy: TcpProxy, *, has_key: bool
) -> None:
    key = IdempotencyKey("/messages", "one", b"h" * 32) if has_key else None
    async with hand_behind(proxy, gateway, database_url, patience_seconds=0.3) as hand:
        cut_before_the_answer(proxy, for_good=True)
        with pytest.raises(OutcomeUnknown, match="only when GET /messages/") as unknown:
            await hand.post(italians(2), idempotency=key)
    (message_id,) = await kept(gateway)
    assert message_id.hex() in str(unknown.value)
    assert ("Idempotency-Key" in str(unknown.value)) == has_key


async def test_a_wallet_that_is_locked_meanwhile_does_not_say_that_nothing_was_kept(
    gateway: Gateway, database_url: str, proxy: TcpProxy
) -> None:
    # A limit that only waiting for a lock comes up against, however slow the rest is.
    session = {"lock_timeout": "200ms"}
    async with hand_behind(proxy, gateway, database_url, session=session) as hand:
        committed = cut_before_the_answer(proxy, then=proxy.stall)
        storing = asyncio.create_task(hand.post(italians(2)))
        await committed.wait()
        async with gateway.database.transaction() as connection:
            await connection.fetch("SELECT FROM wallet FOR UPDATE")
            proxy.go_on()
            with pytest.raises(OutcomeUnknown):
                await storing
    assert len(await kept(gateway)) == 1


async def test_a_change_is_answered_without_reading_it_back(
    gateway: Gateway, database_url: str, proxy: TcpProxy
) -> None:
    async with hand_behind(proxy, gateway, database_url) as hand:
        identifier = (await hand.post(italians(2), is_open=True)).message_id
        cut_after_the_answer(proxy)
        changed = await hand.put(identifier, [*italians(2, first=5), "nobody"], closes=True)
    message = await BulkHand(gateway).read(identifier)
    assert changed.message == message
    assert (message.counts, message.invalid_total) == ({State.QUEUED: 4}, 1)
    assert changed.paid_micro == message.price_micro == 120_000
