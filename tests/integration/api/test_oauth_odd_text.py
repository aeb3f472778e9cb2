"""Text that the database does not take, in paths, queries and bodies of the OAuth services."""

from collections.abc import AsyncIterator

import httpx
import pytest

from staffetta.api.server import make_app
from staffetta.domain.environments import Environment

NUL, HALF_PAIR, NO_UTF_8 = "%00", "%ED%A0%80", "%FF"
ODD = [NUL, HALF_PAIR, NO_UTF_8, f"a{NUL}b", "0" * 23 + NUL]
TOKEN = "5f2c9e0000000000000000aa"
CALLS = [
    *(("GET", f"v2/{path}/{{}}") for path in ("stats/apis", "callbacks", "subscriptions")),
    *(("GET", f"v2/{path}/{{}}") for path in ("scopes", "tokens")),
    *((method, "v2/tokens/{}") for method in ("PATCH", "DELETE")),
    *(("GET", f"v2/{path}?skip={{}}") for path in ("tokens", "wallet/transactions")),
    *(("GET", f"v2/{path}?scopes={{}}") for path in ("callbacks", "errors", "subscriptions")),
    *(("GET", f"v2/stats{path}?date={{}}") for path in ("", "/apis", "/ips")),
    ("GET", "v2/subscriptions?id={}"),
    *((method, "v1/token/{}") for method in ("GET", "PUT", "PATCH", "DELETE")),
    *(("GET", f"v1/token?{name}={{}}") for name in ("scope", "scope[]", "skip", "limit")),
    *(("GET", f"v1/counters/{period}/{{}}") for period in ("day", "month", "year")),
]
BODIES = [
    rb'{"scopes": ["*:*/*\u0000"]}',
    rb'{"scopes": ["*:*/*"], "name": "\ud800"}',
    rb'{"scopes": ["*:*/*"], "limits": {"\u0000": 1}}',
    rb'{"scopes": ["*:*/*"], "limits": {"ip": ["\u0000"]}}',
    b"scopes[]=%00",
]


@pytest.fixture
async def client(site) -> AsyncIterator[httpx.AsyncClient]:
    auth = (site.account.email, site.account.api_keys[Environment.PRODUCTION])
    transport = httpx.ASGITransport(make_app(site.context))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8080/oauth/", auth=auth
    ) as client:
        yield client


async def test_no_text_is_a_fault_of_ours(client) -> None:
    for method, path in CALLS:
        for odd in ODD:
            answer = await client.request(method, path.format(odd))
            assert answer.status_code < 500, (method, path, odd)
    for body in BODIES:
        for method, path in (("POST", "v2/tokens"), ("PATCH", f"v2/tokens/{TOKEN}")):
            assert (await client.request(method, path, content=body)).status_code == 422
        for method, path in (("POST", "v1/token"), ("PUT", f"v1/token/{TOKEN}")):
            assert (await client.request(method, path, content=body)).status_code < 500


async def test_a_domain_that_is_none_was_called_by_nobody(client) -> None:
    answer = await client.get(f"v2/stats/apis/{NUL}")
    assert answer.status_code == 200
    assert (answer.json()["data"]["totalRequests"], answer.json()["data"]["ip"]) == (0, [])
