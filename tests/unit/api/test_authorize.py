"""Who may call: the refusals before a body is looked at, in their order."""

from dataclasses import replace

import httpx
import pytest

from staffetta.domain.environments import Environment
from staffetta.domain.scopes import ScopeSet

BODY = {"recipient": "+393331234567", "message": "hello"}
MINE = "a" * 24
WRONG_TOKEN = {"data": None, "success": False, "message": "Wrong Token", "error": 125.22}


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (None, "the Authorization header is missing"),
        ("", "not of the type Bearer"),
        (MINE, "not of the type Bearer"),
        ("Basic YTpi", "not of the type Bearer"),
        ("Bearer", "holds no token"),
        ("Bearer   ", "holds no token"),
    ],
)
async def test_a_missing_or_malformed_header_is_told(
    client: httpx.AsyncClient, header: str | None, says: str
):
    del client.headers["authorization"]
    headers = {} if header is None else {"Authorization": header}
    answer = await client.post("IT-messages", json=BODY, headers=headers)
    assert answer.status_code == 401
    refusal = answer.json()
    assert says in refusal.pop("message")
    assert refusal == {"data": None, "success": False, "error": 125.22}
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "token",
    [
        "c" * 24,  # unknown
        "b" * 24,  # of the sandbox
        "A" * 24,
        MINE + " x",
        "x",
        "è" * 24,
        "a" * 5000,
    ],
)
async def test_a_token_that_is_not_this_worlds_is_wrong(client: httpx.AsyncClient, token: str):
    answer = await client.post(
        "IT-messages", json=BODY, headers={b"Authorization": b"Bearer " + token.encode()}
    )
    assert (answer.status_code, answer.json()) == (401, WRONG_TOKEN)
    assert b'"error":125.22' in answer.content


@pytest.mark.parametrize("header", [f"bearer {MINE}", f"BEARER {MINE}", f"Bearer  {MINE} "])
async def test_the_scheme_is_read_leniently(client: httpx.AsyncClient, header: str):
    answer = await client.post("IT-messages", json=BODY, headers={"Authorization": header})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("POST", "IT-messages", "POST:sms.openapi.com/IT-messages"),
        ("POST", "ES-messages", "POST:sms.openapi.com/ES-messages"),
        ("POST", "WW-messages", "POST:sms.openapi.com/WW-messages"),
        ("GET", "messages", "GET:sms.openapi.com/messages"),
        ("GET", "messages/65f2c1a00000000000000000", "GET:sms.openapi.com/messages"),
    ],
)
async def test_a_call_needs_its_own_scope(
    client: httpx.AsyncClient, backstage, method: str, path: str, needed: str
):
    mine = backstage.grants[MINE]
    others = ScopeSet.of(scope for scope in mine.scopes.texts if scope != needed)
    backstage.grants[MINE] = replace(mine, scopes=others)
    answer = await client.request(method, path, json=BODY)
    assert answer.status_code == 403
    assert answer.json() == {
        "data": None,
        "success": False,
        "message": f"the token lacks the scope {needed}",
        "error": 125.23,
    }
    backstage.grants[MINE] = replace(mine, scopes=ScopeSet.of([needed]))
    assert (await client.request(method, path, json=BODY)).status_code in {200, 201, 404}


async def test_in_the_sandbox_the_sandboxes_scope_is_named(client: httpx.AsyncClient, backstage):
    theirs = backstage.grants["b" * 24]
    backstage.grants["b" * 24] = replace(theirs, scopes=ScopeSet.of([]))
    answer = await client.get(
        "http://127.0.0.1/messages",
        headers={"Host": "test.sms.openapi.com", "Authorization": f"Bearer {'b' * 24}"},
    )
    assert answer.json()["message"].endswith("GET:test.sms.openapi.com/messages")
    assert theirs.environment is Environment.SANDBOX


async def test_a_scope_of_the_servers_own_host_is_enough(client: httpx.AsyncClient, backstage):
    own = ScopeSet.of(["POST:127.0.0.1:8080/IT-messages"])
    backstage.grants[MINE] = replace(backstage.grants[MINE], scopes=own)
    assert (await client.post("IT-messages", json=BODY)).status_code == 201
    assert (await client.post("ES-messages", json=BODY)).status_code == 403


async def test_a_blocklisted_account_may_read_and_not_send(client: httpx.AsyncClient, backstage):
    backstage.grants[MINE] = replace(backstage.grants[MINE], blocklisted=True)
    answer = await client.post("IT-messages", content=b"not even JSON")
    assert (answer.status_code, answer.json()["code"]) == (403, 2020)
    assert (await client.get("messages")).status_code == 200


async def test_refusals_come_in_the_order_of_the_contract(client: httpx.AsyncClient, backstage):
    backstage.grants[MINE] = replace(
        backstage.grants[MINE], blocklisted=True, scopes=ScopeSet.of([])
    )
    wrong = {"Authorization": f"Bearer {'c' * 24}"}
    assert (await client.post("IT-messages", content=b"{", headers=wrong)).status_code == 401
    assert (await client.post("IT-messages", content=b"{")).json()["error"] == 125.23
    backstage.grants[MINE] = replace(
        backstage.grants[MINE], scopes=ScopeSet.of(["POST:sms.openapi.com/IT-messages"])
    )
    assert (await client.post("IT-messages", content=b"{")).json()["code"] == 2020
    backstage.grants[MINE] = replace(backstage.grants[MINE], blocklisted=False)
    assert (await client.post("IT-messages", content=b"{")).json()["code"] == 1000
