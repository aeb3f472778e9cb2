"""The database goes away while v2 messages are stored: nobody is told to send one twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from database_proxy import cut_before_the_answer, database_proxy, proxied
from hand_gateway import Gateway, request
from tcp_proxy import TcpProxy

from staffetta.domain.errors import NotAcceptingNow, OutcomeUnknown
from staffetta.messaging.accept import Acceptor, AcceptRules
from staffetta.messaging.bell import Bell
from staffetta.messaging.intake import Intake


@pytest.fixture
def proxy(database_url: str) -> Iterator[TcpProxy]:
    with database_proxy(database_url) as proxy:
        yield proxy


@asynccontextmanager
async def acceptor_behind(
    proxy: TcpProxy, gateway: Gateway, database_url: str
) -> AsyncIterator[tuple[Acceptor, Intake]]:
    """An acceptor whose messages go through the proxy."""
    async with proxied(database_url, proxy, patience_seconds=0.3) as database:
        intake = Intake(database, Bell(database), gateway.ids)
        rules = AcceptRules()
        yield Acceptor(gateway.snapshots, intake, gateway.reader, rules, gateway.ids), intake


async def test_where_nobody_can_look_nobody_is_told_to_send_again(
    gateway: Gateway, database_url: str, proxy: TcpProxy
) -> None:
    async with acceptor_behind(proxy, gateway, database_url) as (acceptor, intake):
        cut_before_the_answer(proxy, for_good=True)
        asked = asyncio.create_task(acceptor.accept(gateway.space, request(), gateway.clock.now()))
        await intake.arrived()
        await intake.store_once()
        with pytest.raises(OutcomeUnknown, match="only when GET /messages/") as unknown:
            await asked
    (message,) = await gateway.rows("SELECT id FROM message")
    assert message["id"].hex() in str(unknown.value)


async def test_what_was_never_sent_to_the_database_may_be_sent_again(
    gateway: Gateway, database_url: str, proxy: TcpProxy
) -> None:
    async with acceptor_behind(proxy, gateway, database_url) as (acceptor, intake):
        proxy.close()
        asked = asyncio.create_task(acceptor.accept(gateway.space, request(), gateway.clock.now()))
        await intake.arrived()
        await intake.store_once()
        with pytest.raises(NotAcceptingNow, match="send again"):
            await asked
    assert await gateway.rows("SELECT id FROM message") == []
