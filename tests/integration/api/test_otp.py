"""One-time passwords through the whole API: who may, in which order things are refused."""

from typing import Any

import httpx

from staffetta.domain.environments import Environment

ALICE = "+393331234567"


async def send(client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await client.post("otp", json={"recipient": ALICE, **body})


async def verify(client: httpx.AsyncClient, identifier: str, code: str) -> httpx.Response:
    return await client.post(f"otp/{identifier}/verify", json={"code": code})


async def test_a_password_is_sent_and_verified_once(site) -> None:
    sent = (await send(site.production)).json()["data"]
    assert sent["otp"] in sent["message"]
    assert (await verify(site.production, sent["id"], sent["otp"])).json() == {
        "data": {"verified": True}
    }
    again = await verify(site.production, sent["id"], sent["otp"])
    assert (again.status_code, again.json()["code"]) == (422, 1031)


async def test_the_other_world_knows_nothing_of_it(site) -> None:
    sent = (await send(site.production)).json()["data"]
    answer = await verify(site.sandbox, sent["id"], sent["otp"])
    assert (answer.status_code, answer.json()["code"]) == (404, 2070)


async def test_the_cache_of_one_world_is_not_the_others(site) -> None:
    codes = {
        (await send(client, cacheSeconds=600, length=10)).json()["data"]["otp"]
        for client in (site.production, site.sandbox)
    }
    assert len(codes) == 2


async def test_both_calls_need_the_scope_of_otp(site) -> None:
    token = await site.make_token(
        Environment.PRODUCTION, ["POST:sms.openapi.com/WW-messages", "GET:sms.openapi.com/messages"]
    )
    headers = {"Authorization": f"Bearer {token}"}
    for path in ("otp", f"otp/{'a' * 24}/verify"):
        answer = await site.production.post(path, json={}, headers=headers)
        assert answer.status_code == 403
        assert "POST:sms.openapi.com/otp" in answer.json()["message"]


async def test_a_blocked_account_hears_of_the_block_before_its_body_is_read(site) -> None:
    async with site.gateway.database.acquire() as connection:
        await connection.execute("UPDATE space SET blocklisted_at = now()")
    await site.authorizer.refresh_once(site.gateway.clock.now())
    answer = await send(site.production, length=99)
    assert (answer.status_code, answer.json()["code"]) == (403, 2020)


async def test_what_the_body_says_is_refused_before_the_recipient(site) -> None:
    answer = await send(site.production, recipient="nobody", length=3)
    assert answer.json()["code"] == 1020
    answer = await send(site.production, recipient="nobody")
    assert answer.json()["code"] == 2011


async def test_the_guard_says_who_it_is_and_charges_nothing(site) -> None:
    before = await site.balance(Environment.PRODUCTION)
    codes = [(await send(site.production)).json().get("code") for _ in range(6)]
    assert codes == [None] * 5 + [2040]
    assert await site.balance(Environment.PRODUCTION) == before


async def test_a_refused_request_leaves_its_key_free(site) -> None:
    headers = {"Idempotency-Key": "k"}
    body = {"recipient": ALICE, "cacheSeconds": 601}
    refused = await site.production.post("otp", json=body, headers=headers)
    assert refused.json()["code"] == 1021
    sent = await site.production.post("otp", json=body | {"cacheSeconds": 600}, headers=headers)
    assert sent.status_code == 201
    other = await site.production.post("otp", json=body | {"cacheSeconds": 0}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, 1002)
