"""What an account reads in OAuth v1, what its tokens open, and what real clients send.

Sections 2, 6 and 8 of the HTTP contract, over real HTTP.
"""

import time
from collections.abc import Iterator

import httpx
import pytest
from installation import wait_for
from oauth_v1_account import (
    OTHER,
    SCOPE,
    YEAR,
    Cast,
    KeyHolder,
    is_about,
    raw,
    refusal_of,
    serving_oauth,
    v1_scopes,
    v2_scopes,
)


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with serving_oauth(tmp_path_factory.mktemp("oauth-v1")) as cast:
        yield cast


@pytest.fixture(params=["production", "sandbox"])
def alice(cast: Cast, request: pytest.FixtureRequest) -> KeyHolder:
    return cast.alice.within(request.param)


# Scopes, credit, counters -------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?limit=0", "?limit=1", "?limit=true", "?limit=false"])
def test_scopes_are_those_of_the_environment(alice: KeyHolder, query: str) -> None:
    expected = v1_scopes(alice.environment) + v2_scopes(alice.environment)
    assert alice.data(f"/scopes{query}") == expected


def test_credit_is_the_wallet_as_an_exact_number(cast: Cast) -> None:
    carol = cast.open("carol", "production")
    assert carol.data("/credit") == {"credit": 0}
    whose = ("--email", carol.email, "--environment", "production")
    cast.installation.json("topup", *whose, "--amount", "12.340001")
    assert '"credit":12.340001}' in carol.call("GET", "/credit").text
    assert carol.within("sandbox").data("/credit") == {"credit": 1000}


def test_counters_count_what_was_asked_and_what_was_paid(cast: Cast) -> None:
    dora = cast.open("dora")
    assert dora.data("/counters/total") == {}
    token = dora.make()["token"]
    body = {"recipient": "+393331230001", "message": "hello"}
    for _ in range(2):
        assert dora.sms(token, "POST", "/IT-messages", json=body).status_code == 201
    assert dora.sms(token, "GET", "/messages").status_code == 200
    expected = {
        SCOPE["sandbox"]: {"counter": 2, "paid": 2, "limit": None},
        "GET:test.sms.openapi.com/messages": {"counter": 1, "paid": 0, "limit": None},
    }
    wait_for(lambda: dora.data("/counters/total") == expected, what="counted")
    # The day may have changed meanwhile: together, today and yesterday have it.
    moments = (time.time() - 86_400, time.time())
    for period, form in (("day", "%Y-%m-%d"), ("month", "%Y-%m"), ("year", "%Y")):
        dates = {time.strftime(form, time.gmtime(moment)) for moment in moments}
        counted = [dora.data(f"/counters/{period}/{one}") for one in sorted(dates)]
        assert sum(one.get(SCOPE["sandbox"], {"counter": 0})["counter"] for one in counted) == 2
        assert dora.data(f"/counters/{period}/{'2020-01-01'[: len(dates.pop())]}") == {}
    assert dora.within("production").data("/counters/total") == {}


@pytest.mark.parametrize(
    "path",
    [
        *("day/2026-02-30", "day/2026-03", "day/x", "day", "month/2026-13", "month/2026"),
        *("month", "year/26", "year/0000", "year/2026-01", "year"),
    ],
)
def test_a_wrong_date_is_404_610(alice: KeyHolder, path: str) -> None:
    answer = alice.call("GET", f"/counters/{path}")
    assert refusal_of(answer) == (404, 610)
    assert "wrong date" in answer.json()["message"]


# What a token opens -------------------------------------------------------------------------------


def test_a_scope_of_the_servers_own_host_is_kept_as_given_and_opens_the_call(
    alice: KeyHolder,
) -> None:
    port = alice.installation.port
    scope = f"GET:127.0.0.1:{port}/messages"
    made = alice.make(scope)
    assert made["scopes"] == [scope]
    assert alice.sms(made["token"], "GET", "/messages").status_code == 200
    assert alice.sms(made["token"], "POST", "/IT-messages", json={}).status_code == 403
    other = alice.within(OTHER[alice.environment])
    assert other.sms(made["token"], "GET", "/messages").status_code == 401


@pytest.mark.parametrize(
    ("host", "prefix", "scope_host", "accepted"),
    [
        ("gateway.example", "/sandbox/oauth/v1", "gateway.example:8080", True),
        ("gateway.example:8080", "/sandbox/oauth/v1", "gateway.example", True),
        ("gateway.example", "/sandbox/oauth/v1", "localhost", True),
        ("gateway.example", "/sandbox/oauth/v1", "sms.example.org", True),
        ("gateway.example", "/sandbox/oauth/v1", "other.example", False),
        ("test.oauth.openapi.it", "", "test.oauth.openapi.it", False),
        ("test.oauth.openapi.it", "", "oauth.openapi.com", False),
    ],
)
def test_the_names_of_the_settings_and_the_one_called_are_the_servers_own(
    cast: Cast, host: str, prefix: str, scope_host: str, *, accepted: bool
) -> None:
    scope = f"POST:{scope_host}/IT-messages"
    answer = httpx.post(
        f"{cast.installation.url}{prefix}/token",
        headers={"Host": host, "Authorization": cast.alice.basic},
        json={"scopes": [scope]},
        timeout=30,
    )
    if accepted:
        assert answer.json()["scopes"] == [scope]
    else:
        assert refusal_of(answer) == (406, 270)


def test_a_deleted_token_is_soon_refused_by_every_process(alice: KeyHolder) -> None:
    token = alice.make()["token"]
    for _ in range(10):  # each process knows it now
        assert alice.sms(token, "GET", "/messages").status_code == 200
    assert alice.call("DELETE", f"/token/{token}").status_code == 200

    def answers() -> set[int]:
        return {alice.sms(token, "GET", "/messages").status_code for _ in range(10)}

    wait_for(lambda: answers() == {401}, what="refused everywhere")


def test_a_narrowed_token_is_soon_told_which_scope_it_lacks(alice: KeyHolder) -> None:
    token = alice.make()["token"]
    assert alice.sms(token, "GET", "/messages").status_code == 200
    body = {"scopes": [SCOPE[alice.environment]]}
    assert alice.call("PATCH", f"/token/{token}", json=body).status_code == 200
    wait_for(lambda: alice.sms(token, "GET", "/messages").status_code == 403, what="refused")


# Real clients (section 8), by hand: a client library would add and mend headers -------------------


@pytest.fixture
def port(cast: Cast) -> int:
    return cast.installation.port


def test_node_of_the_first_generation(cast: Cast, port: int) -> None:
    """JSON under a form's type, `expire: 31536000`; matches by the hosts of expanded scopes."""
    head = [
        "Host: test.oauth.altravia.com",
        f"Authorization: {cast.alice.basic}",
        "Content-Type: application/x-www-form-urlencoded",
        "User-Agent: axios/0.19.2",
    ]
    body = '{"scopes":["*:test.ws.messaggisms.com/*"],"expire":31536000}'
    status, made = raw(port, ["POST /token HTTP/1.1", *head], body)
    assert status == 200
    assert made is not None
    assert {scope.split(":")[1].split("/")[0] for scope in made["scopes"]} == {
        "test.ws.messaggisms.com"
    }
    assert is_about(made["expire"], YEAR)
    status, found = raw(port, [f"GET /token/{made['token']} HTTP/1.1", *head])
    assert status == 200
    assert found is not None
    assert found["data"][0]["token"] == made["token"]
    change = '{"scopes":["POST:test.ws.messaggisms.com/messages"]}'
    status, changed = raw(port, [f"PATCH /token/{made['token']} HTTP/1.1", *head], change)
    assert status == 200
    assert changed is not None
    assert changed["data"][0]["scopes"] == ["POST:test.ws.messaggisms.com/messages"]


def test_node_of_today(cast: Cast, port: int) -> None:
    """Old host names, `ttl`, and `/scopes?limit=true`."""
    production = cast.alice.within("production")
    head = [
        "Host: oauth.openapi.it",
        f"Authorization: {production.basic}",
        "Content-Type: application/json",
    ]
    status, scopes = raw(port, ["GET /scopes?limit=true HTTP/1.1", *head])
    assert status == 200
    assert scopes is not None
    assert SCOPE["production"] in scopes["data"]
    body = '{"scopes":["POST:sms.openapi.com\\/IT-messages"],"ttl":3600}'
    status, made = raw(port, ["POST /token HTTP/1.1", *head], body)
    assert status == 200
    assert made is not None
    assert is_about(made["expire"], 3600)


def test_php_of_the_first_generation(cast: Cast, port: int) -> None:
    """No User-Agent, lists in the query, PUT with JSON under a form's type; `success` is needed."""
    erin = cast.open("erin")
    head = ["Host: test.oauth.altravia.com", f"Authorization: {erin.basic}"]
    typed = [*head, "Content-Type: application/x-www-form-urlencoded"]
    wanted = (
        "scope[]=POST:test.ws.messaggisms.com/messages&scope[]=GET:test.ws.messaggisms.com/messages"
    )
    status, nothing = raw(port, [f"GET /token?{wanted} HTTP/1.1", *head], "{}")
    assert (status, nothing) == (204, None)
    scopes = '["POST:test.ws.messaggisms.com\\/messages","GET:test.ws.messaggisms.com\\/messages"]'
    status, made = raw(port, ["POST /token HTTP/1.1", *typed], f'{{"scopes":{scopes}}}')
    assert status == 200
    assert made is not None
    assert made["success"] is True
    status, listed = raw(port, [f"GET /token?{wanted} HTTP/1.1", *head])
    assert status == 200
    assert listed is not None
    assert listed["success"] is True
    assert listed["data"][0]["token"] == made["token"]
    renew = f'{{"expire":{int(time.time()) + 86_400},"scopes":{scopes}}}'
    status, renewed = raw(port, [f"PUT /token/{made['token']} HTTP/1.1", *typed], renew)
    assert status == 200
    assert renewed is not None
    assert renewed["success"] is True
    assert is_about(renewed["data"][0]["expire"], 86_400)
    status, refused = raw(port, ["PUT /token HTTP/1.1", *typed], renew)
    assert status == 403
    assert refused is not None
    assert (refused["success"], refused["error"]) == (False, 160)


def test_a_form_that_is_a_form(cast: Cast, port: int) -> None:
    head = [
        "Host: test.oauth.openapi.it",
        f"Authorization: {cast.alice.basic}",
        "Content-Type: application/x-www-form-urlencoded",
    ]
    body = "scopes%5B%5D=POST%3Atest.sms.openapi.com%2Fotp&scopes%5B%5D=GET%3A*%2Fsenders&ttl=60"
    status, made = raw(port, ["POST /token HTTP/1.1", *head], body)
    assert status == 200
    assert made is not None
    assert made["scopes"] == [
        "POST:test.sms.openapi.com/otp",
        "GET:test.sms.openapi.com/senders",
    ]
    assert is_about(made["expire"], 60)


def test_python_of_today(cast: Cast) -> None:
    """`{}` with GET and DELETE, `ttl: 0`, `/scopes?limit=0`; parses JSON whatever the status."""
    sdk = cast.alice
    made = sdk.call("POST", "/token", json={"scopes": [SCOPE["sandbox"]], "ttl": 0}).json()
    assert made["success"] is True
    for method, path in (
        *(("GET", "/scopes?limit=0"), ("GET", "/token?scope="), ("GET", "/credit")),
        ("DELETE", f"/token/{made['token']}"),
    ):
        assert sdk.call(method, path, content=b"{}").json()["success"] is True
    assert sdk.call("DELETE", f"/token/{made['token']}", content=b"{}").json()["success"] is False
