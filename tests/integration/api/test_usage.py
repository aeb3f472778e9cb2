"""What the API counts of its requests: as many as were made, errors and costs with them."""

from datetime import date

import httpx
import pytest

from staffetta.accounts.usage import ScopeUsage, UsageReader
from staffetta.api.server import make_app
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import all_scopes
from staffetta.domain.secrets import hash_secret
from staffetta.ledger.read_spending import read_spent

TODAY = date(2026, 3, 14)
HOST = "sms.openapi.com"
ITALIAN = f"POST:{HOST}/IT-messages"
WORLD = f"POST:{HOST}/WW-messages"
PASSWORDS = f"POST:{HOST}/otp"
LISTS = f"GET:{HOST}/messages"


@pytest.fixture
def space_id(site) -> int:
    return site.account.spaces[Environment.PRODUCTION].space_id


@pytest.fixture
def usage(site) -> UsageReader:
    return UsageReader(site.gateway.database)


async def store(site) -> None:
    await site.context.usage.store_once(site.gateway.database)


async def test_every_request_of_a_known_token_is_counted_with_what_it_took(site, usage, space_id):
    for _ in range(3):
        assert (await site.send()).status_code == 201
    assert (await site.send(message="x" * 161)).status_code == 201
    assert (await site.send(options={"dryRun": True})).status_code == 201
    assert (await site.send(recipient="nobody")).status_code == 422
    world = await site.send("WW-messages", recipient="+34612345678")
    assert world.status_code == 201
    otp = await site.production.post("otp", json={"recipient": "+34612345678"})
    assert otp.status_code == 201
    assert (await site.production.get("messages")).status_code == 200
    assert (await site.production.get(f"messages/{'0' * 24}")).status_code == 404
    await store(site)
    by_scope = await usage.by_scope(space_id, TODAY, TODAY)
    assert dict(by_scope) == {
        ITALIAN: ScopeUsage(6, 1, 4, 0, 5 * 30_000),
        WORLD: ScopeUsage(1, 0, 1, 0, 80_000),
        PASSWORDS: ScopeUsage(1, 0, 1, 0, 80_000),
        LISTS: ScopeUsage(2, 1, 0, 0, 0),
    }


async def test_totals_are_what_the_ledger_says_was_spent(site, usage, space_id):
    await site.send()
    await site.send("WW-messages", recipient="+34612345678")  # held, not spent yet
    await store(site)
    async with site.gateway.database.acquire() as connection:
        spent = await read_spent(connection, space_id, TODAY, TODAY)
    total = await usage.totals(space_id, TODAY, TODAY, spent)
    assert (total.request_count, total.wallet_count, total.wallet_micro) == (2, 2, 30_000)
    assert total.ip_count == 1


async def test_a_token_and_an_environment_are_counted_for_themselves(site, usage, space_id):
    other = await site.make_token(Environment.PRODUCTION)
    await site.send()
    headers = {"Authorization": f"Bearer {other}"}
    for _ in range(2):
        await site.production.get("messages", headers=headers)
    await site.sandbox.get("messages")
    await store(site)
    assert await usage.by_token(hash_secret(other)) == ScopeUsage(2)
    sandbox = site.account.spaces[Environment.SANDBOX].space_id
    assert dict(await usage.by_scope(sandbox, TODAY, TODAY)) == {
        f"GET:test.{HOST}/messages": ScopeUsage(1)
    }
    assert list(await usage.by_domain(space_id, TODAY, TODAY)) == [HOST]
    assert dict(await usage.by_ip(sandbox, TODAY, TODAY)) == {"127.0.0.1": ScopeUsage(1)}


async def test_refusals_are_listed_with_their_numbers_newest_first(site, usage, space_id):
    no_lists = [scope for scope in all_scopes(Environment.PRODUCTION) if scope != LISTS]
    token = await site.make_token(Environment.PRODUCTION, no_lists)
    await site.send(recipient="nobody")
    site.gateway.clock.advance(1)
    refused = await site.production.get("messages", headers={"Authorization": f"Bearer {token}"})
    assert refused.status_code == 403
    await store(site)
    errors = await usage.errors(space_id)
    assert [(one.scope, one.http_status, one.error) for one in errors] == [
        (LISTS, 403, 125.23),
        (ITALIAN, 422, 2011),
    ]
    assert errors[0].message == refused.json()["message"]
    assert (errors[0].domain, errors[0].ip) == (HOST, "127.0.0.1")
    assert [one.scope for one in await usage.errors(space_id, [ITALIAN])] == [ITALIAN]


async def test_who_is_not_known_is_not_counted(site, usage, space_id):
    for header in ("Bearer " + "0" * 24, "Bearer", "Basic abc"):
        answer = await site.production.get("messages", headers={"Authorization": header})
        assert answer.status_code == 401
    assert (await site.production.put("messages")).status_code == 405
    await store(site)
    assert not await usage.by_scope(space_id, TODAY, TODAY)
    assert not await usage.errors(space_id)


async def test_a_repeated_request_is_a_request_but_costs_nothing(site, usage, space_id):
    for _ in range(2):
        body = {"recipient": "+393331234567", "message": "hello"}
        answer = await site.production.post(
            "IT-messages", json=body, headers={"Idempotency-Key": "k"}
        )
        assert answer.status_code == 201
    await store(site)
    by_scope = await usage.by_scope(space_id, TODAY, TODAY)
    assert by_scope[ITALIAN] == ScopeUsage(2, 0, 1, 0, 30_000)


async def test_refused_calls_of_oauth_are_listed_and_only_those(site, usage, space_id):
    key = site.account.api_keys[Environment.PRODUCTION]
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(make_app(site.context)),
        base_url="http://127.0.0.1:8080",
        auth=("anna@example.com", key),
    ) as client:
        assert (await client.get("/oauth/v2/tokens")).status_code == 200
        unknown = await client.get(f"/oauth/v2/tokens/{'0' * 24}")
        missing = await client.post("/oauth/v1/token", json={})
        stranger = await client.get("/oauth/v2/tokens", auth=("anna@example.com", "0" * 32))
    assert (unknown.status_code, missing.status_code, stranger.status_code) == (404, 406, 401)
    await store(site)
    assert {(one.scope, one.domain, one.http_status) for one in await usage.errors(space_id)} == {
        ("GET:oauth.openapi.com/tokens", "oauth.openapi.com", 404),
        ("POST:oauth.openapi.it/token", "oauth.openapi.it", 406),
    }
    assert not await usage.by_scope(space_id, TODAY, TODAY)
