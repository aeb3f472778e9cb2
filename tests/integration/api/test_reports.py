"""What reads a lot has connections of its own: however busy they are, messages are taken."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import msgspec
import pytest

from staffetta.api.server import make_app
from staffetta.app.reports import CONNECTIONS_MAX, opened_reports
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment

READS_V2 = [
    "/stats",
    "/stats/apis",
    "/stats/apis/sms.openapi.com",
    "/stats/ips",
    "/callbacks",
    "/callbacks/5f2c9e0000000000000000aa",
    "/errors",
    "/wallet/transactions",
    "/tokens",
]
READS_V1 = ["/counters/total", "/counters/year/2026"]
READS = [f"/oauth/v2{path}" for path in READS_V2] + [f"/oauth/v1{path}" for path in READS_V1]


@pytest.fixture
async def reports(database_url: str) -> AsyncIterator[Database]:
    opening = opened_reports(database_url, patience_seconds=60.0, statement_seconds_max=60.0)
    async with opening as reports:
        yield reports


@pytest.fixture
async def client(site, reports: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(site, reports) as client:
        yield client


@asynccontextmanager
async def client_of(site, reports: Database) -> AsyncIterator[httpx.AsyncClient]:
    context = msgspec.structs.replace(site.context, reports=reports)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(make_app(context)),
        base_url="http://127.0.0.1:8080",
        auth=(site.account.email, site.account.api_keys[Environment.PRODUCTION]),
    ) as client:
        yield client


def hasty(reports: Database) -> Database:
    """The same connections, for whoever waits a moment at most until one is free."""
    return Database(reports._pool, 0.05, reports._connect_apart)


def assert_not_now(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["error"]) == (503, 503), answer.text
    assert int(answer.headers["retry-after"]) > 0


async def test_reports_are_refused_for_now_when_too_many_are_read(site, reports) -> None:
    async with client_of(site, hasty(reports)) as client, AsyncExitStack() as busy:
        for _ in range(CONNECTIONS_MAX):
            await busy.enter_async_context(reports.acquire())
        for path in READS:
            assert_not_now(await client.get(path))
        assert (await client.get("/oauth/v2/wallet")).status_code == 200
        assert (await site.send()).status_code == 201
        await busy.aclose()
        for path in READS:
            assert (await client.get(path)).status_code in {200, 404}


@pytest.mark.parametrize("path", ["/oauth/v2/stats", "/oauth/v1/counters/total"])
async def test_a_report_that_takes_too_long_is_given_up(
    site, client, database, database_url: str, path: str
) -> None:
    opening = opened_reports(database_url, patience_seconds=60.0, statement_seconds_max=0.1)
    async with (
        opening as strict,
        client_of(site, strict) as refused,
        database.transaction() as connection,
    ):
        await connection.execute("LOCK TABLE usage_count")
        assert_not_now(await refused.get(path))
    assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("path", "refusal"),
    [("/callbacks", (400, 210)), ("/errors", (400, 190)), ("/subscriptions", (400, 230))],
)
async def test_a_list_skips_ten_thousand_at_most(client, path: str, refusal: tuple[int, int]):
    assert (await client.get(f"/oauth/v2{path}?skip=10000")).status_code == 200
    answer = await client.get(f"/oauth/v2{path}?skip=10001")
    assert (answer.status_code, answer.json()["error"]) == refusal
    assert "skip" in answer.json()["message"]


async def test_transactions_skip_further_since_it_costs_nothing(client) -> None:
    answer = await client.get("/oauth/v2/wallet/transactions?skip=1000000")
    assert (answer.status_code, answer.json()["data"]) == (200, [])
