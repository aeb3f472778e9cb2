"""Tokens with limits: what is refused, by however many processes, and when limits change."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec

from staffetta.accounts.authorize import Authorizer
from staffetta.accounts.change_token import TokenChange, change_token
from staffetta.accounts.create_token import NewToken, create_token
from staffetta.accounts.token_limits import parse_limits
from staffetta.accounts.token_rates import TokenCounter
from staffetta.api.context import ApiContext
from staffetta.api.server import make_app
from staffetta.api.totals import ASK_AGAIN, TokenTotals
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import all_scopes

BASE = "http://127.0.0.1:8080/v2"


async def make_limited(site, **limits: Any) -> str:
    return (await make_pair(site, **limits)).token


async def make_pair(site, **limits: Any) -> NewToken:
    async with site.gateway.database.transaction() as connection:
        return await create_token(
            connection,
            site.account.spaces[Environment.PRODUCTION],
            all_scopes(Environment.PRODUCTION),
            site.gateway.clock.now(),
            limits=parse_limits(limits),
        )


async def change(site, token: str, **limits: Any) -> None:
    async with site.gateway.database.transaction() as connection:
        await change_token(
            connection,
            site.account.spaces[Environment.PRODUCTION],
            token,
            TokenChange(limits=parse_limits(limits)),
            site.gateway.clock.now(),
        )


def another_process(site) -> ApiContext:
    """What a process of its own knows and has borrowed, on the same database."""
    database = site.gateway.database
    return msgspec.structs.replace(
        site.context, authorizer=Authorizer(database), totals=TokenTotals(TokenCounter(database))
    )


@asynccontextmanager
async def client_of(
    context: ApiContext, token: str, address: str = "127.0.0.1"
) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(make_app(context), client=(address, 4711)),
        base_url=BASE,
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        yield client


async def offer(client: httpx.AsyncClient, count: int) -> Counter[int]:
    answers = await asyncio.gather(*(client.get("messages?limit=1") for _ in range(count)))
    return Counter(answer.status_code for answer in answers)


async def send(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    body = {"recipient": "+393331234567", "message": "hello", **changes}
    return await client.post("IT-messages", json=body)


async def test_a_token_is_refused_from_an_address_that_its_limits_do_not_name(site):
    token = await make_limited(site, ip=["192.0.2.7", "2001:db8::/32"])
    for address in ("192.0.2.7", "2001:db8::1", "::ffff:192.0.2.7"):
        async with client_of(site.context, token, address) as client:
            assert (await client.get("messages")).status_code == 200
    async with client_of(site.context, token, "192.0.2.8") as client:
        refused = await client.get("messages")
    assert refused.status_code == 403
    assert refused.json() == {
        "data": None,
        "success": False,
        "message": "the token may not be used from 192.0.2.8: its limits name other addresses",
        "error": 125.24,
    }


async def test_processes_together_let_through_the_total_and_never_more(site):
    token = await make_limited(site, totalRequests=250)
    contexts = [another_process(site) for _ in range(3)]
    statuses: Counter[int] = Counter()
    for _ in range(2):
        for context in contexts:
            async with client_of(context, token) as client:
                statuses += await offer(client, 40)
    assert statuses == {200: 240}
    async with client_of(contexts[0], token) as one, client_of(contexts[1], token) as other:
        for answered in await asyncio.gather(offer(one, 30), offer(other, 30)):
            statuses += answered
    for context in contexts:
        await context.totals.give_back_all()
    async with client_of(another_process(site), token) as client:
        statuses += await offer(client, 30)
    assert statuses[200] == 250


async def test_a_total_that_is_used_up_stays_so_and_says_so(site):
    token = await make_limited(site, totalRequests=2)
    async with client_of(site.context, token) as client:
        assert await offer(client, 5) == {200: 2, 429: 3}
    site.gateway.clock.advance(24 * 3600)
    async with client_of(another_process(site), token) as client:
        refused = await client.get("messages")
    assert refused.status_code == 429
    assert refused.json() == {
        "code": 2090,
        "message": "this token's limit of 2 requests in all (totalRequests) is used up",
    }
    assert "retry-after" not in refused.headers
    assert "ratelimit-limit" in refused.headers


async def test_changed_limits_hold_from_the_next_poll_on(site):
    token = await make_limited(site, totalRequests=1)
    now = site.gateway.clock.now
    await site.authorizer.refresh_once(now())
    async with client_of(site.context, token) as client:
        assert await offer(client, 2) == {200: 1, 429: 1}
        await change(site, token, totalRequests=3, ip=["127.0.0.1"])
        site.gateway.clock.advance(ASK_AGAIN.total_seconds() / 2)
        await site.authorizer.refresh_once(now())
        assert await offer(client, 3) == {200: 2, 429: 1}
        await change(site, token, ip=["192.0.2.7"])
        await site.authorizer.refresh_once(now())
        assert (await client.get("messages")).status_code == 403
        await change(site, token)
        await site.authorizer.refresh_once(now())
        assert await offer(client, 5) == {200: 5}


async def test_a_token_that_was_renewed_and_the_one_before_it_count_together(site):
    old = await make_pair(site, totalRequests=10, walletRequests=4)
    space, now = site.account.spaces[Environment.PRODUCTION], site.gateway.clock.now()
    await site.authorizer.refresh_once(now)
    async with client_of(site.context, old.token) as before:
        assert (await send(before)).status_code == 201
        new = await site.context.token_desk.renew(space, old.refresh_token, now)
        async with client_of(site.context, new.token) as after:
            # The old one is still known to this process, and no poll has come.
            for client in (before, after, before):
                assert (await send(client)).status_code == 201
            for client in (before, after):
                assert (await send(client)).status_code == 402
            assert await offer(before, 3) + await offer(after, 3) == {200: 4, 429: 2}
        answer = await before.get("messages")
    assert int(answer.headers["ratelimit-remaining"]) == 10_000 - 13  # refused ones count, too


async def test_what_a_token_may_spend_is_refused_as_credit_that_is_too_low(site):
    token = await make_limited(site, walletRequests=3)
    async with client_of(site.context, token) as client:
        answers = await asyncio.gather(*(send(client) for _ in range(8)))
        explained = await client.post(
            "explain", json={"recipient": "+393331234567", "message": "hello"}
        )
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {201: 3, 402: 5}
    refused = next(answer for answer in answers if answer.status_code == 402)
    said = {"code": 2001, "message": "this token's limit of 3 (walletRequests) is used up"}
    assert refused.json() == said
    assert explained.json()["data"]["refusals"] == [{"status": 402, **said}]


async def test_an_amount_holds_for_passwords_too(site):
    token = await make_limited(site, walletAmount=0.17)
    async with client_of(site.context, token) as client:
        body = {"recipient": "+34612345678"}  # 0.08 held
        answers = [await client.post("otp", json=body) for _ in range(3)]
        sent = await send(client)
    assert [answer.status_code for answer in answers] == [201, 201, 402]
    assert answers[2].json()["message"] == (
        "this token's limit (walletAmount) leaves 0.01, and the message may cost 0.08"
    )
    assert sent.status_code == 402


async def test_a_token_without_limits_asks_the_database_nothing_of_them(site):
    async with client_of(site.context, await make_limited(site)) as client:
        assert (await send(client)).status_code == 201
    assert await site.gateway.rows("SELECT FROM token_use") == []
