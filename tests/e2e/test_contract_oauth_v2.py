"""Tokens of OAuth v2 made, listed and ended, row by row (section 7 of the HTTP contract).

A whole installation, real HTTP, both worlds; two accounts, neither of which sees the other's.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from installation import wait_for
from oauth_v2_account import (
    TOKEN_FIELDS,
    WORLDS,
    Cast,
    OAuthAccount,
    data_of,
    moment,
    oauth_accounts,
    oauth_cast,
    refusal_of,
    scope_in,
    since,
)
from oauth_v2_refusals import NO_TOKENS, NOT_ENABLED, UNKNOWN, WRONG_BODIES, WRONG_FORMATS

YEAR = timedelta(days=365)


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with oauth_cast(tmp_path_factory.mktemp("oauth_v2")) as cast:
        yield cast


@pytest.fixture(params=WORLDS)
def anna(cast: Cast, request: pytest.FixtureRequest) -> OAuthAccount:
    return cast.anna[request.param]


@pytest.fixture
def bruno(cast: Cast, anna: OAuthAccount) -> OAuthAccount:
    return cast.bruno[anna.world]


# POST /tokens -------------------------------------------------------------------------------------


def test_a_token_is_told_at_the_top_and_under_data(anna: OAuthAccount) -> None:
    body = {"scopes": [anna.scope()], "name": "shop", "ttl": 3600}
    answer = anna.client.post("/tokens", json=body)
    data = data_of(answer)
    assert set(data) == TOKEN_FIELDS
    assert {name: answer.json()[name] for name in TOKEN_FIELDS} == data
    assert set(answer.json()) == TOKEN_FIELDS | {"data", "success", "message", "error"}
    assert (data["name"], data["scopes"], data["limits"]) == ("shop", [anna.scope()], {})
    assert len(data["token"]) == 24
    assert moment(data["expireAt"]) - moment(data["createdAt"]) == timedelta(hours=1)
    assert data["updatedAt"] == data["createdAt"]
    assert data["stats"] == {
        "totalRequests": 0,
        "walletRequests": 0,
        "subscriptionRequests": 0,
        "errorRequests": 0,
        "walletAmount": 0,
    }


def test_a_new_token_opens_what_it_names_at_once_and_nothing_else(anna: OAuthAccount) -> None:
    token = anna.make()["token"]
    assert anna.status_with(token) == 200
    assert anna.status_with(token, "/senders") == 403


def test_wildcards_are_answered_expanded(anna: OAuthAccount) -> None:
    host = anna.scope().partition(":")[2].partition("/")[0]
    scopes = anna.make(f"*:{host}/*")["scopes"]
    assert {anna.scope(), anna.scope("IT-messages", "POST")} < set(scopes)
    assert not any("*" in scope for scope in scopes)
    assert anna.make(host)["scopes"] == scopes
    everything = anna.make("*:*/*")["scopes"]
    assert set(scopes) < set(everything)
    assert {scope.startswith("GET:test.") for scope in everything if scope[:3] == "GET"} == {
        anna.world == "sandbox"
    }


def test_a_scope_may_name_the_host_that_was_called(anna: OAuthAccount) -> None:
    scope = f"GET:127.0.0.1:{anna.installation.port}/messages"
    made = anna.make(scope)
    assert made["scopes"] == [scope]
    assert anna.status_with(made["token"]) == 200


@pytest.mark.parametrize("ttl", [0, -1, -(10**9), None])
def test_a_ttl_of_nothing_is_the_default_of_a_year(anna: OAuthAccount, ttl: int | None) -> None:
    made = anna.make(ttl=ttl)
    assert moment(made["expireAt"]) - moment(made["createdAt"]) == YEAR
    assert moment(made["expireAt"]) - moment(anna.make()["expireAt"]) <= timedelta(seconds=1)


def test_a_ttl_beyond_a_year_is_a_year(anna: OAuthAccount) -> None:
    made = anna.make(ttl=10**9)
    assert moment(made["expireAt"]) - moment(made["createdAt"]) == YEAR


def test_an_expire_is_a_duration_when_it_is_past_else_a_moment(anna: OAuthAccount) -> None:
    assert since(moment(anna.make(expire=600)["expireAt"])) <= timedelta(minutes=10)
    at = int(datetime.now(UTC).timestamp()) + 7200
    assert moment(anna.make(expire=at)["expireAt"]).timestamp() == at


def test_limits_are_kept_and_told(anna: OAuthAccount) -> None:
    limits = {
        "totalRequests": 1000,
        "walletRequests": 0,
        "subscriptionRequests": 500,
        "walletAmount": 12.5,
        "ip": ["192.0.2.7", "10.0.0.0/8"],
    }
    made = anna.make(limits=limits)
    assert made["limits"] == limits
    assert anna.read(f"/tokens/{made['token']}")["limits"] == limits


def test_limits_are_obeyed(anna: OAuthAccount) -> None:
    elsewhere = anna.make(limits={"ip": ["192.0.2.7"]})["token"]
    assert anna.status_with(elsewhere) in {401, 403, 429}
    once = anna.make(limits={"totalRequests": 1})["token"]
    assert anna.status_with(once) == 200
    assert anna.status_with(once) in {403, 429}
    assert anna.status_with(anna.make(limits={"ip": ["127.0.0.1"]})["token"]) == 200


MISSING = [{}, {"scopes": None}, {"scopes": []}, {"name": "shop"}]


@pytest.mark.parametrize("body", MISSING)
def test_422_70_without_scopes(anna: OAuthAccount, body: dict[str, Any]) -> None:
    assert anna.refused("POST", "/tokens", json=body) == (422, 70)


def test_422_70_without_a_body(anna: OAuthAccount) -> None:
    assert anna.refused("POST", "/tokens") == (422, 70)
    assert anna.refused("POST", "/tokens", content=b"[]") == (422, 70)


@pytest.mark.parametrize("case", WRONG_FORMATS)
def test_422_80_for_the_wrong_format(anna: OAuthAccount, case: str) -> None:
    body = {"scopes": [anna.scope()], **WRONG_FORMATS[case]}
    assert anna.refused("POST", "/tokens", json=body) == (422, 80)


@pytest.mark.parametrize("body", WRONG_BODIES)
def test_422_80_for_a_body_that_cannot_be_read(anna: OAuthAccount, body: bytes) -> None:
    assert anna.refused("POST", "/tokens", content=body) == (422, 80)


@pytest.mark.parametrize("scope", NOT_ENABLED)
def test_422_90_for_a_scope_that_is_none_or_not_enabled(anna: OAuthAccount, scope: str) -> None:
    body = {"scopes": [anna.scope(), scope]}
    assert anna.refused("POST", "/tokens", json=body) == (422, 90)


def test_422_90_for_a_scope_of_the_other_world(anna: OAuthAccount) -> None:
    answer = anna.client.post("/tokens", json={"scopes": [scope_in(anna.other_world())]})
    assert refusal_of(answer) == (422, 90)
    assert "not enabled" in answer.json()["message"]


def test_a_refused_token_is_not_made(cast: Cast) -> None:
    with oauth_accounts(cast.installation) as worlds:
        fresh = worlds["sandbox"]
        fresh.refused("POST", "/tokens", json={"scopes": ["nothing"]})
        assert fresh.read("/tokens") == []


# GET /tokens --------------------------------------------------------------------------------------


def test_tokens_are_listed_newest_first_in_windows(cast: Cast) -> None:
    with oauth_accounts(cast.installation) as worlds:
        fresh = worlds["production"]
        made = [fresh.make(name=str(number)) for number in range(4)]
        listed = fresh.read("/tokens")
        assert [one["name"] for one in listed] == ["3", "2", "1", "0"]
        assert [one["token"] for one in listed] == [one["token"] for one in reversed(made)]
        assert {frozenset(one) for one in listed} == {frozenset(TOKEN_FIELDS)}
        window = fresh.read("/tokens", skip=1, limit=2)
        assert [one["name"] for one in window] == ["2", "1"]
        assert fresh.read("/tokens", skip=4) == []
        assert worlds["sandbox"].read("/tokens") == []


@pytest.mark.parametrize(
    "query",
    ["limit=101", "limit=0", "limit=-1", "limit=x", "limit=1.5", "skip=-1", "skip=x", "skip=1e9"],
)
def test_422_60_for_a_window_that_is_none(anna: OAuthAccount, query: str) -> None:
    assert anna.refused("GET", f"/tokens?{query}") == (422, 60)


def test_an_empty_window_is_the_default_one(anna: OAuthAccount) -> None:
    assert anna.client.get("/tokens?limit=&skip=").status_code == 200
    assert anna.client.get("/tokens?limit=100&skip=0&other=1").status_code == 200


def test_one_token_is_told_whole(anna: OAuthAccount) -> None:
    made = anna.make(name="shop")
    answer = anna.client.get(f"/tokens/{made['token']}")
    data = data_of(answer)
    assert anna.still_has(made)
    assert {name: answer.json()[name] for name in TOKEN_FIELDS} == data


@pytest.mark.parametrize("token", NO_TOKENS)
def test_422_60_for_what_is_no_token(anna: OAuthAccount, token: str) -> None:
    assert anna.refused("GET", f"/tokens/{token}") == (422, 60)


def test_404_120_for_a_token_that_is_unknown_or_not_ours(
    anna: OAuthAccount, bruno: OAuthAccount
) -> None:
    theirs = bruno.make()["token"]
    unknown = anna.client.get(f"/tokens/{UNKNOWN}")
    assert refusal_of(unknown) == (404, 120)
    assert anna.client.get(f"/tokens/{theirs}").json() == unknown.json()
    assert bruno.client.get(f"/tokens/{theirs}").status_code == 200


def test_404_120_for_a_token_of_the_other_world(cast: Cast) -> None:
    token = cast.anna["production"].make()["token"]
    assert cast.anna["sandbox"].refused("GET", f"/tokens/{token}") == (404, 120)


# DELETE /tokens/{t} -------------------------------------------------------------------------------


def test_delete_says_deleted_and_the_token_is_refused(anna: OAuthAccount) -> None:
    token = anna.make()["token"]
    assert anna.status_with(token) == 200
    answer = anna.client.request("DELETE", f"/tokens/{token}", content=b"{}")
    assert answer.status_code == 200
    assert answer.json() == {"data": None, "success": True, "message": "Deleted", "error": None}
    wait_for(lambda: anna.status_with(token) == 401, what="the token is refused")
    assert token not in {one["token"] for one in anna.read("/tokens")}
    assert anna.refused("DELETE", f"/tokens/{token}") == (404, 180)


@pytest.mark.parametrize("token", NO_TOKENS)
def test_400_170_for_what_is_no_token(anna: OAuthAccount, token: str) -> None:
    assert anna.refused("DELETE", f"/tokens/{token}") == (400, 170)


@pytest.mark.parametrize("path", ["/tokens", "/tokens/"])
def test_400_170_without_a_token(anna: OAuthAccount, path: str) -> None:
    assert anna.refused("DELETE", path) == (400, 170)


def test_404_180_for_a_token_that_is_unknown_or_not_ours(
    anna: OAuthAccount, bruno: OAuthAccount
) -> None:
    theirs = bruno.make()["token"]
    unknown = anna.client.delete(f"/tokens/{UNKNOWN}")
    assert refusal_of(unknown) == (404, 180)
    assert anna.client.delete(f"/tokens/{theirs}").json() == unknown.json()
    assert bruno.status_with(theirs) == 200
