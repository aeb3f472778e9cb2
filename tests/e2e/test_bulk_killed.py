"""Bulk messages when something is killed: what was answered 201 is sent, what was not is whole or
nothing. SIGKILL, to the processes of this installation alone.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from contract_site import Site, serving
from installation import wait_for
from process_table import children_of, kill, postmaster_of, with_role
from v1_account import V1Account, v1_of

from staffetta.db.embedded import EmbeddedServer

SENT = 3_000
COUNT = 15_000
_PLACES = itertools.count()
# Who has stored recipients and their message, and has still to take the price.
_STORED = """
SELECT FROM pg_locks AS waits
  JOIN pg_locks AS written USING (pid)
 WHERE waits.relation = 'wallet'::regclass AND NOT waits.granted
   AND written.relation = 'recipient'::regclass AND written.mode = 'RowExclusiveLock'
"""
_LEFT_OVERS = """
SELECT FROM recipient
 WHERE id <> message_id
   AND NOT EXISTS (SELECT FROM v1_message
                    WHERE v1_message.space_id = recipient.space_id
                      AND v1_message.id = recipient.message_id)
 LIMIT 1
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("bulk_killed")) as site:
        yield site


@pytest.fixture
def anna(site: Site) -> V1Account:
    """An account of this test's own: what another one sent may still be on its way."""
    account = v1_of(site.customer(f"anna{next(_PLACES)}"))
    account.customer.topup("10000")
    return account


def numbers(first: int, count: int) -> list[str]:
    return [f"+39-333{number:07d}" for number in range(first, first + count)]


def data_dir(site: Site) -> Path:
    return site.installation.data_dir


def role(site: Site, name: str) -> list[int]:
    """The process that plays a role, once there is one."""
    supervisor = site.installation.process
    assert supervisor is not None
    return wait_for(lambda: with_role(children_of(supervisor.pid), name), what=name)


def postgres(site: Site) -> list[int]:
    """PostgreSQL's first process, once there is one."""
    pid = wait_for(lambda: postmaster_of(data_dir(site)), what="PostgreSQL")
    assert pid is not None
    return [pid]


VICTIMS: dict[str, Callable[[Site], list[int]]] = {
    "the API": lambda site: role(site, "api"),
    "dispatch": lambda site: role(site, "dispatch"),
    "PostgreSQL": postgres,
}


def rows(site: Site, query: str) -> list[Any] | None:
    """Rows of the installation's database; None while it is away."""

    async def fetch() -> list[Any]:
        connection = await asyncpg.connect(EmbeddedServer(data_dir(site)).url(), timeout=10)
        try:
            return list(await connection.fetch(query))
        finally:
            connection.terminate()

    try:
        return asyncio.run(fetch())
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
        return None


@contextmanager
def holding_wallets(site: Site) -> Iterator[None]:
    """Nobody takes a price meanwhile: a message that is stored stays in its transaction."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(EmbeddedServer(data_dir(site)).url()))
        try:
            runner.run(connection.execute("BEGIN; LOCK TABLE wallet IN EXCLUSIVE MODE"))
            yield
        finally:
            connection.terminate()


def listed(anna: V1Account) -> Any:
    """The account's messages, once it is answered."""
    answer = wait_for(lambda: (found := anna.client.get("/messages/")).status_code == 200 and found)
    assert isinstance(answer, httpx.Response)
    return answer.json()["data"]


def is_exact(site: Site) -> bool:
    return bool(site.run("ledger", "verify")["exact"])


def test_what_was_answered_201_is_sent_whoever_is_killed(anna: V1Account) -> None:
    site = anna.customer.site
    message = anna.send(recipients=numbers(0, SENT))
    for victim in VICTIMS.values():
        kill(victim(site))
        site.installation.wait_until_healthy()

    def delivered_count() -> int:
        answer = anna.client.get(f"/messages/{message['id']}")
        if answer.status_code == 503:  # PostgreSQL was killed a moment ago
            return 0
        count: int = answer.json()["data"][0]["statistics"]["delivered"]
        return count

    wait_for(lambda: delivered_count() == SENT, 240, "all delivered")
    assert is_exact(site)


@pytest.mark.parametrize("victim", ["the API", "PostgreSQL"])
def test_what_is_not_answered_is_wholly_there_or_not_at_all(anna: V1Account, victim: str) -> None:
    site = anna.customer.site
    credit = anna.credit
    before = listed(anna)
    body = anna.body(recipients=numbers(100_000, COUNT))
    key = {"Idempotency-Key": victim}

    def post() -> httpx.Response:
        return anna.client.post("/messages/", json=body, headers=key)

    with ThreadPoolExecutor(1) as pool, holding_wallets(site):
        answer: Future[httpx.Response] = pool.submit(post)
        wait_for(lambda: rows(site, _STORED), what="recipients are stored, and nothing else is")
        kill(VICTIMS[victim](site))
        try:
            status = answer.result(60).status_code
        except httpx.TransportError:
            status = None
    assert status in (None, 503)  # it was killed in the middle
    site.installation.wait_until_healthy()

    wait_for(lambda: rows(site, _LEFT_OVERS) == [], what="nothing left over")
    assert listed(anna) == before
    assert anna.credit == credit
    again = wait_for(lambda: (found := post()).status_code == 201 and found, what="201")
    (message,) = again.json()["data"]
    assert message["statistics"]["total"] == COUNT
    assert "Idempotent-Replay" not in again.headers
    assert post().json()["data"][0]["id"] == message["id"]
    assert is_exact(site)
