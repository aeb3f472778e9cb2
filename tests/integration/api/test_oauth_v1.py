"""OAuth v1 over a real database, where a whole installation would be too slow or too well."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import msgspec
import pytest

from staffetta.accounts.authorize import Authorizer
from staffetta.accounts.token_desk import TokenDesk
from staffetta.accounts.token_rates import TokenCounter
from staffetta.api.rates import TokenRates
from staffetta.api.server import make_app
from staffetta.domain.environments import Environment

SCOPE = "POST:test.sms.openapi.com/IT-messages"
REQUESTS_MAX = 3


async def opened(site, context, key: str = "") -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(make_app(context)),
        base_url="http://127.0.0.1:8080/sandbox/oauth/v1",
        auth=(site.account.email, key or site.account.api_keys[Environment.SANDBOX]),
    )


@pytest.fixture
async def client(site) -> AsyncIterator[httpx.AsyncClient]:
    async with await opened(site, site.context) as client:
        yield client


def refused(answer: httpx.Response) -> tuple[int, int]:
    assert answer.json()["success"] is False
    return answer.status_code, answer.json()["error"]


async def test_no_wallet_is_404_320(site, client, database) -> None:
    assert (await client.get("/credit")).json()["data"] == {"credit": 1000.0}
    space_id = site.account.spaces[Environment.SANDBOX].space_id
    async with database.acquire() as connection:
        await connection.execute("DELETE FROM wallet WHERE space_id = $1", space_id)
    assert refused(await client.get("/credit")) == (404, 320)


async def test_credit_leaves_out_what_is_held(site, client, database) -> None:
    space_id = site.account.spaces[Environment.SANDBOX].space_id
    async with database.acquire() as connection:
        await connection.execute(
            "UPDATE wallet SET held_micro = 250000 WHERE space_id = $1", space_id
        )
    assert (await client.get("/credit")).json()["data"] == {"credit": 999.75}


async def test_a_key_makes_so_many_requests_a_minute(site, database) -> None:
    rates = TokenRates(REQUESTS_MAX, TokenCounter(database))
    context = msgspec.structs.replace(site.context, rates=rates)
    production = site.account.api_keys[Environment.PRODUCTION]
    async with await opened(site, context) as client:
        for _ in range(REQUESTS_MAX):
            assert (await client.get("/scopes")).status_code == 200
        answer = await client.get("/scopes")
        assert refused(answer) == (429, 429)
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert answer.headers["ratelimit-remaining"] == "0"
        assert refused(await client.post("/token", json={"scopes": [SCOPE]})) == (429, 429)
    async with await opened(site, context, production) as client:  # refused, and not counted
        assert (await client.get("/scopes")).status_code == 401


async def test_renewing_is_counted_for_all_tokens_of_an_account_together(site, database) -> None:
    context = msgspec.structs.replace(
        site.context, rates=TokenRates(REQUESTS_MAX, TokenCounter(database))
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(make_app(context)),
        base_url="http://127.0.0.1:8080/sandbox/oauth/v2",
    ) as client:
        auth = (site.account.email, site.account.api_keys[Environment.SANDBOX])
        pair = (await client.post("/tokens", json={"scopes": [SCOPE]}, auth=auth)).json()["data"]
        for left in range(REQUESTS_MAX - 1, -2, -1):
            headers = {"Authorization": f"Bearer {pair['refreshToken']}"}
            answer = await client.patch(f"/tokens/{pair['token']}", headers=headers)
            assert answer.headers["ratelimit-remaining"] == str(max(left, 0))
            if left >= 0:
                pair = answer.json()["data"]
        assert refused(answer) == (429, 429)
        # Whoever holds the API key is not kept out by it.
        assert (await client.get(f"/tokens/{pair['token']}", auth=auth)).status_code == 200


async def test_an_api_key_that_is_over_is_refused_at_once(site, client, database, clock) -> None:
    assert (await client.get("/scopes")).status_code == 200
    async with database.acquire() as connection:
        await connection.execute("UPDATE api_key SET expire_at = $1", clock.now())
    assert refused(await client.get("/scopes")) == (401, 120)


async def test_where_only_hashes_are_kept_lists_show_four_characters(site, database) -> None:
    desk = TokenDesk(database, None, ())
    context = msgspec.structs.replace(site.context, token_desk=desk)
    async with await opened(site, context) as client:
        made = (await client.post("/token", json={"scopes": [SCOPE]})).json()
        assert len(made["token"]) == 24
        listed = (await client.get("/token", params={"scope": SCOPE})).json()["data"]
        assert made["token"][-4:] in [one["token"] for one in listed]
        assert made["token"] not in [one["token"] for one in listed]
        found = (await client.get(f"/token/{made['token']}")).json()["data"]
        assert found[0]["token"] == made["token"]


async def test_of_many_deletions_at_once_one_is_the_one(client) -> None:
    token = (await client.post("/token", json={"scopes": [SCOPE]})).json()["token"]
    answers = await asyncio.gather(*(client.delete(f"/token/{token}") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404, 404]


async def test_a_token_that_expired_is_nobodys(site, client, clock, database) -> None:
    token = (await client.post("/token", json={"scopes": [SCOPE], "ttl": 60})).json()["token"]
    authorizer = Authorizer(database)
    until = clock.now() + timedelta(seconds=60)
    assert await authorizer.grant_for(token, Environment.SANDBOX, until) is None
    clock.advance(61)
    assert (await client.get(f"/token/{token}")).status_code == 204
    assert refused(await client.patch(f"/token/{token}", json={"ttl": 60})) == (404, 290)
    assert refused(await client.delete(f"/token/{token}")) == (404, 150)


@pytest.mark.parametrize("host", ["*", "[::1]:8080", "a.example:8080", "x" * 400])
async def test_a_strange_host_header_gives_nothing_away(client, host: str) -> None:
    answer = await client.post(
        "/token", json={"scopes": ["POST:*.openapi.com/otp"]}, headers={"Host": host}
    )
    assert answer.json()["scopes"] == ["POST:test.sms.openapi.com/otp"]
    everything = await client.post("/token", json={"scopes": ["*:*/*"]}, headers={"Host": host})
    assert all(scope.split(":")[1].startswith("test.") for scope in everything.json()["scopes"])
