"""Claims: committed before anything is handed over, and none forgotten when that breaks off."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hand_gateway import Gateway
from tcp_proxy import TcpProxy, Way, running_proxy

from staffetta.db.pool import ConnectionLost, Database
from staffetta.messaging.dispatch import Dispatcher

_COMMIT = b"COMMIT;"


@pytest.fixture
def proxy(database_url: str) -> Iterator[TcpProxy]:
    """Stands between a dispatcher and PostgreSQL."""
    parts = urlsplit(database_url)
    port = parts.port or 5432
    folder = parse_qs(parts.query).get("host")
    with running_proxy(Path(folder[0], f".s.PGSQL.{port}") if folder else port) as proxy:
        yield proxy


@pytest.fixture
async def dispatcher(
    gateway: Gateway, database_url: str, proxy: TcpProxy
) -> AsyncIterator[Dispatcher]:
    """One whose connections go through the proxy."""
    parts = urlsplit(database_url)
    user = parts.netloc.partition("@")[0]
    database = await Database.connect(
        f"postgresql://{user}@127.0.0.1:{proxy.port}{parts.path}?sslmode=disable",
        patience_seconds=60,
    )
    yield Dispatcher(
        database,
        gateway.connector,
        gateway.inbox,
        gateway.clock,
        gateway.keyring,
        gateway.owner,
        lambda: True,
    )
    await database.close()


async def states(gateway: Gateway) -> list[str]:
    return [row["state"] for row in await gateway.rows("SELECT state::text FROM recipient")]


def cut_before_the_answer(proxy: TcpProxy) -> None:
    """The next COMMIT reaches the server, and its answer does not come back."""
    committed = False

    def guard(way: Way, octets: bytes) -> int:
        nonlocal committed
        committed = committed or (way is Way.TO_SERVER and _COMMIT in octets)
        return 0 if committed and way is Way.TO_CLIENT else len(octets)

    proxy.guard = guard


def cut_before_it_is_asked(proxy: TcpProxy) -> None:
    """The next COMMIT never reaches the server."""

    def guard(way: Way, octets: bytes) -> int:
        return 0 if way is Way.TO_SERVER and _COMMIT in octets else len(octets)

    proxy.guard = guard


@pytest.mark.parametrize("cut", [cut_before_the_answer, cut_before_it_is_asked])
async def test_a_claim_whose_commit_nobody_answered_is_made_again(
    gateway: Gateway, dispatcher: Dispatcher, proxy: TcpProxy, cut: Callable[[TcpProxy], None]
) -> None:
    await gateway.accept()
    cut(proxy)
    with pytest.raises(ConnectionLost):
        await dispatcher.dispatch_once()
    assert gateway.connector.claims == []
    proxy.guard = lambda _way, octets: len(octets)
    # Whatever the server made of it, the same process finds out and goes on.
    assert await dispatcher.dispatch_once() == 1
    assert len(gateway.connector.claims) == 1
    assert await states(gateway) == ["submitting"]


async def test_a_dispatcher_that_ends_leaves_no_claim_in_doubt(
    gateway: Gateway, dispatcher: Dispatcher, proxy: TcpProxy
) -> None:
    await gateway.accept()
    cut_before_the_answer(proxy)
    with pytest.raises(ConnectionLost):
        await dispatcher.dispatch_once()
    proxy.guard = lambda _way, octets: len(octets)
    await dispatcher.finish()
    # A connector that is configured anew has a new dispatcher, which knows nothing of the old one.
    assert await states(gateway) == ["queued"]


async def test_what_was_handed_over_before_is_not_put_back(
    gateway: Gateway, dispatcher: Dispatcher, proxy: TcpProxy
) -> None:
    await gateway.accept()
    assert await dispatcher.dispatch_once() == 1
    await gateway.accept()
    cut_before_the_answer(proxy)
    with pytest.raises(ConnectionLost):
        await dispatcher.dispatch_once()
    proxy.guard = lambda _way, octets: len(octets)
    assert await dispatcher.dispatch_once() == 1
    recipients = [claim.recipient_id for claim in gateway.connector.claims]
    assert len(set(recipients)) == len(recipients) == 2
