"""OAuth v2, /tokens and credentials, row by row (section 7 of the HTTP contract), in both worlds.

A whole installation, real HTTP; two accounts, one of which must never see what the other has.
"""

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from contract_site import serving
from installation import Installation, wait_for
from oauth_v2_account import (
    PREFIXES,
    TOKEN_FIELDS,
    WORLDS,
    OAuthAccount,
    data_of,
    moment,
    oauth_accounts,
    refusal_of,
    scope_in,
)

UNKNOWN = "0123456789abcdef01234567"
YEAR = timedelta(days=365)
NO_TOKENS = ["x", "0" * 23, "0" * 25, "G" * 24, "ABCDEF0123456789abcdef01", "0 0", "%00", "è"]


@dataclass(frozen=True)
class Cast:
    """Two accounts, each in both worlds."""

    installation: Installation
    anna: dict[str, OAuthAccount]
    bruno: dict[str, OAuthAccount]


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with (
        serving(
            tmp_path_factory.mktemp("oauth_v2"),
            STAFFETTA_HOSTS="oauth.example.org=oauth/v2,try.example.org=oauth/v2:sandbox",
        ) as site,
        oauth_accounts(site.installation, "anna") as anna,
        oauth_accounts(site.installation, "bruno") as bruno,
    ):
        yield Cast(site.installation, anna, bruno)


@pytest.fixture(params=WORLDS)
def anna(cast: Cast, request: pytest.FixtureRequest) -> OAuthAccount:
    return cast.anna[request.param]


@pytest.fixture
def bruno(cast: Cast, anna: OAuthAccount) -> OAuthAccount:
    return cast.bruno[anna.world]


def since(then: datetime) -> timedelta:
    return then - datetime.now(UTC)


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
WRONG_FORMATS: dict[str, Any] = {
    "scopes is a text": {"scopes": "GET:sms.openapi.com/messages"},
    "scopes is a number": {"scopes": 5},
    "scopes is an object": {"scopes": {"a": "b"}},
    "scopes holds a number": {"scopes": [5]},
    "scopes holds null": {"scopes": [None]},
    "name is a number": {"name": 5},
    "name is too long": {"name": "x" * 101},
    "name holds a line's end": {"name": "a\nb"},
    "name holds NUL": {"name": "a\0"},
    "ttl is a word": {"ttl": "soon"},
    "ttl is true": {"ttl": True},
    "ttl has a fraction": {"ttl": 1.5},
    "limits is a list": {"limits": [1]},
    "limits is a number": {"limits": 5},
    "a limit is negative": {"limits": {"totalRequests": -1}},
    "a limit is a text": {"limits": {"walletRequests": "5"}},
    "a limit is true": {"limits": {"subscriptionRequests": True}},
    "a limit has a fraction": {"limits": {"totalRequests": 1.5}},
    "a limit is beyond counting": {"limits": {"totalRequests": 10**18}},
    "an amount is negative": {"limits": {"walletAmount": -0.01}},
    "an amount is a text": {"limits": {"walletAmount": "5"}},
    "an amount has seven decimals": {"limits": {"walletAmount": 0.0000001}},
    "ip is a text": {"limits": {"ip": "192.0.2.7"}},
    "ip is no address": {"limits": {"ip": ["192.0.2.700"]}},
    "ip holds a number": {"limits": {"ip": [5]}},
    "too many addresses": {"limits": {"ip": ["192.0.2.7"] * 101}},
    "a limit nobody knows": {"limits": {"total": 5}},
}
WRONG_BODIES = [b"{", b"[1,", b'{"scopes": ["\\ud800"]}', b'{"scopes": ["a\\u0000"]}', b"{" * 9999]
NOT_ENABLED = [
    "GET:company.openapi.com/IT-start",
    "PATCH:sms.openapi.com/messages",
    "POST:sms.openapi.com/nothing",
    "nothing",
    "",
    "http://sms.openapi.com/messages",
    "GET:sms.openapi.com/messages/1",
    "x" * 301,
]


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
    assert data == made
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


# PATCH /tokens/{t} with Basic ---------------------------------------------------------------------


def test_patch_changes_what_it_names_and_nothing_else(anna: OAuthAccount) -> None:
    made = anna.make(name="shop", ttl=3600, limits={"totalRequests": 5})
    path = f"/tokens/{made['token']}"

    def change(**body: Any) -> dict[str, Any]:
        answer = anna.client.patch(path, json=body)
        data: dict[str, Any] = data_of(answer)
        assert {name: answer.json()[name] for name in TOKEN_FIELDS} == data
        assert anna.read(path) == data
        return data

    kept = set(TOKEN_FIELDS) - {"updatedAt"}

    def differs(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
        return {name for name in kept if before[name] != after[name]}

    named = change(name="stall")
    assert (differs(made, named), named["name"]) == ({"name"}, "stall")
    scoped = change(scopes=[anna.scope("senders")])
    assert (differs(named, scoped), scoped["scopes"]) == ({"scopes"}, [anna.scope("senders")])
    limited = change(limits={"walletAmount": 1})
    assert (differs(scoped, limited), limited["limits"]) == ({"limits"}, {"walletAmount": 1})
    lasting = change(ttl=86_400)
    assert differs(limited, lasting) == {"expireAt"}
    assert timedelta(hours=23) < since(moment(lasting["expireAt"])) <= timedelta(hours=24)
    assert differs(lasting, change(limits=None)) == {"limits"}
    assert differs(lasting, change()) == {"limits"}


def test_a_changed_token_obeys_within_a_second(anna: OAuthAccount) -> None:
    token = anna.make()["token"]
    assert anna.status_with(token) == 200
    anna.client.patch(f"/tokens/{token}", json={"scopes": [anna.scope("senders")]})
    wait_for(lambda: anna.status_with(token) == 403, 5, "the old scope is refused")
    assert anna.status_with(token, "/senders") in {200, 404}


@pytest.mark.parametrize("token", NO_TOKENS)
def test_400_150_for_what_is_no_token(anna: OAuthAccount, token: str) -> None:
    assert anna.refused("PATCH", f"/tokens/{token}", json={"name": "x"}) == (400, 150)


@pytest.mark.parametrize("path", ["/tokens", "/tokens/"])
def test_400_150_without_a_token(anna: OAuthAccount, path: str) -> None:
    assert anna.refused("PATCH", path, json={"name": "x"}) == (400, 150)


def test_404_160_for_a_token_that_is_unknown_or_not_ours(
    anna: OAuthAccount, bruno: OAuthAccount
) -> None:
    theirs = bruno.make(name="theirs")
    unknown = anna.client.patch(f"/tokens/{UNKNOWN}", json={"name": "x"})
    assert refusal_of(unknown) == (404, 160)
    assert anna.client.patch(f"/tokens/{theirs['token']}", json={"name": "x"}).json() == (
        unknown.json()
    )
    assert bruno.read(f"/tokens/{theirs['token']}") == theirs


@pytest.mark.parametrize("case", WRONG_FORMATS)
def test_422_100_for_the_wrong_format(anna: OAuthAccount, case: str) -> None:
    made = anna.make()
    path = f"/tokens/{made['token']}"
    assert anna.refused("PATCH", path, json=WRONG_FORMATS[case]) == (422, 100)
    assert anna.read(path) == made


def test_422_100_for_no_scopes_and_for_a_body_that_cannot_be_read(anna: OAuthAccount) -> None:
    path = f"/tokens/{anna.make()['token']}"
    assert anna.refused("PATCH", path, json={"scopes": []}) == (422, 100)
    for body in WRONG_BODIES:
        assert anna.refused("PATCH", path, content=body) == (422, 100)


@pytest.mark.parametrize("scope", NOT_ENABLED)
def test_422_110_for_a_scope_that_is_none_or_not_enabled(anna: OAuthAccount, scope: str) -> None:
    path = f"/tokens/{anna.make()['token']}"
    assert anna.refused("PATCH", path, json={"scopes": [scope]}) == (422, 110)
    other = scope_in(anna.other_world())
    assert anna.refused("PATCH", path, json={"scopes": [other]}) == (422, 110)


# PATCH /tokens/{t} with the refresh token ---------------------------------------------------------


@pytest.mark.parametrize("body", [b"{}", b"", b'{"scopes": ["*:*/*"], "name": "x", "ttl": 5}'])
def test_a_refresh_token_answers_a_new_pair_and_the_old_is_gone(
    anna: OAuthAccount, body: bytes
) -> None:
    """Whatever the body says: a refresh token renews, and changes nothing."""
    old = anna.make(name="shop", ttl=7200, limits={"totalRequests": 1000})
    assert anna.status_with(old["token"]) == 200
    answer = anna.renew(old["token"], old["refreshToken"], body)
    new = data_of(answer)
    assert {name: answer.json()[name] for name in TOKEN_FIELDS} == new
    assert new["token"] != old["token"]
    assert new["refreshToken"] != old["refreshToken"]
    for name in ("name", "scopes", "limits"):
        assert new[name] == old[name]
    assert moment(new["expireAt"]) - moment(new["createdAt"]) == timedelta(hours=2)
    assert anna.status_with(new["token"]) == 200
    assert anna.refused("GET", f"/tokens/{old['token']}") == (404, 120)
    wait_for(lambda: anna.status_with(old["token"]) == 401, 5, "the old token is refused")
    assert anna.read(f"/tokens/{new['token']}")["refreshToken"] == new["refreshToken"]


def test_a_new_pair_can_be_renewed_again(anna: OAuthAccount) -> None:
    pair = anna.make()
    for _ in range(3):
        pair = data_of(anna.renew(pair["token"], pair["refreshToken"]))
    assert anna.status_with(pair["token"]) == 200


def test_of_two_refreshes_at_once_exactly_one_wins(anna: OAuthAccount) -> None:
    for _ in range(5):
        old = anna.make()
        with ThreadPoolExecutor(8) as pool:
            answers = list(
                pool.map(lambda _: anna.renew(old["token"], old["refreshToken"]), range(8))  # noqa: B023
            )
        won = [answer for answer in answers if answer.status_code == 200]
        lost = [refusal_of(answer) for answer in answers if answer.status_code != 200]
        assert (len(won), lost) == (1, [(401, 130)] * 7)
        assert anna.status_with(won[0].json()["token"]) == 200


def test_401_130_for_a_wrong_refresh_token(anna: OAuthAccount, bruno: OAuthAccount) -> None:
    ours, other, theirs = anna.make(), anna.make(), bruno.make()
    used = anna.make()
    anna.renew(used["token"], used["refreshToken"])
    wrong = {
        "unknown": "0" * 32,
        "no refresh token": "x",
        "none": "",
        "a token": ours["token"],
        "of another token": other["refreshToken"],
        "of another account": theirs["refreshToken"],
        "used already": used["refreshToken"],
        "not ASCII": "è" * 32,
    }
    for case, refresh_token in wrong.items():
        headers = {b"Authorization": f"Bearer {refresh_token}".strip().encode()}
        url = f"{anna.client.base_url}tokens/{ours['token']}"
        answer = httpx.patch(url, headers=headers, content=b"{}")
        assert refusal_of(answer) == (401, 130), case
    assert refusal_of(anna.renew(theirs["token"], ours["refreshToken"])) == (401, 130)
    assert anna.read(f"/tokens/{ours['token']}") == ours
    assert anna.read(f"/tokens/{other['token']}") == other
    assert bruno.read(f"/tokens/{theirs['token']}") == theirs


def test_401_130_for_a_refresh_token_of_the_other_world(cast: Cast) -> None:
    made = cast.anna["production"].make()
    answer = cast.anna["sandbox"].renew(made["token"], made["refreshToken"])
    assert refusal_of(answer) == (401, 130)


def test_401_130_after_the_token_was_deleted(anna: OAuthAccount) -> None:
    made = anna.make()
    anna.client.delete(f"/tokens/{made['token']}")
    assert refusal_of(anna.renew(made["token"], made["refreshToken"])) == (401, 130)


def test_400_150_for_a_refresh_of_what_is_no_token(anna: OAuthAccount) -> None:
    made = anna.make()
    assert refusal_of(anna.renew("x", made["refreshToken"])) == (400, 150)
    assert anna.read(f"/tokens/{made['token']}") == made


def test_a_refresh_token_opens_nothing_else(anna: OAuthAccount) -> None:
    made = anna.make()
    headers = {"Authorization": f"Bearer {made['refreshToken']}"}
    for method, path in (("GET", "/tokens"), ("DELETE", f"/tokens/{made['token']}")):
        answer = httpx.request(
            method, f"{anna.client.base_url}".rstrip("/") + path, headers=headers
        )
        assert refusal_of(answer) == (401, 120)
    assert anna.status_with(made["refreshToken"]) == 401


# DELETE /tokens/{t} -------------------------------------------------------------------------------


def test_delete_says_deleted_and_the_token_is_refused(anna: OAuthAccount) -> None:
    token = anna.make()["token"]
    assert anna.status_with(token) == 200
    answer = anna.client.request("DELETE", f"/tokens/{token}", content=b"{}")
    assert answer.status_code == 200
    assert answer.json() == {"data": None, "success": True, "message": "Deleted", "error": None}
    wait_for(lambda: anna.status_with(token) == 401, 5, "the token is refused")
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


# Credentials (section 2), doors (section 1), habits (sections 3 and 8) ----------------------------

PATHS = ["/tokens", "/scopes", "/wallet", "/wallet/transactions", "/callbacks", "/errors", "/stats"]
PATHS += ["/stats/apis", "/stats/apis/sms.openapi.com", "/stats/ips", "/subscriptions"]


@pytest.mark.parametrize("path", PATHS)
def test_401_120_without_the_key_of_this_world(cast: Cast, anna: OAuthAccount, path: str) -> None:
    other = cast.anna[anna.other_world()]
    bruno = cast.bruno[anna.world]
    url = f"{anna.client.base_url}".rstrip("/") + path
    token = {"Authorization": f"Bearer {anna.make()['token']}"}
    answers = {
        "none": httpx.get(url),
        "a wrong key": httpx.get(url, auth=(anna.email, "x" * 32)),
        "no key": httpx.get(url, auth=(anna.email, "")),
        "the key of the other world": httpx.get(url, auth=(anna.email, other.api_key)),
        "the key of another account": httpx.get(url, auth=(anna.email, bruno.api_key)),
        "a token": httpx.get(url, headers=token),
        "not Basic": httpx.get(url, headers={"Authorization": "Digest x"}),
        "not base64": httpx.get(url, headers={"Authorization": "Basic !"}),
    }
    for case, answer in answers.items():
        assert refusal_of(answer) == (401, 120), case
        assert answer.headers["www-authenticate"].startswith("Basic")
    assert anna.client.get(path).status_code == 200


def test_401_140_for_a_change_by_nobody(anna: OAuthAccount) -> None:
    made = anna.make()
    url = f"{anna.client.base_url}tokens/{made['token']}"
    for auth in (None, (anna.email, "x" * 32)):
        assert refusal_of(httpx.patch(url, auth=auth, json={"name": "x"})) == (401, 140)
    assert anna.read(f"/tokens/{made['token']}") == made


@pytest.mark.parametrize(
    ("host", "prefix", "world"),
    [
        ("oauth.openapi.com", "", "production"),
        ("test.oauth.openapi.com", "", "sandbox"),
        ("OAuth.openapi.com:443", "", "production"),
        ("oauth.example.org", "", "production"),
        ("try.example.org", "", "sandbox"),
        ("localhost", "/oauth/v2", "production"),
        ("anything.example", "/sandbox/oauth/v2", "sandbox"),
    ],
)
def test_the_host_or_the_path_says_which_world(
    cast: Cast, host: str, prefix: str, world: str
) -> None:
    account, other = cast.anna[world], cast.bruno[world]
    url = f"{cast.installation.url}{prefix}/scopes"
    answer = httpx.get(url, headers={"Host": host}, auth=(account.email, account.api_key))
    domains = {one["domain"] for one in data_of(answer)}
    assert all(domain.startswith("test.") == (world == "sandbox") for domain in domains)
    elsewhere = cast.anna[account.other_world()].api_key
    wrong = httpx.get(url, headers={"Host": host}, auth=(other.email, elsewhere))
    assert refusal_of(wrong) == (401, 120)


def test_the_key_of_an_account_is_its_own_whatever_case_the_address_has(anna: OAuthAccount) -> None:
    url = f"{anna.client.base_url}wallet"
    assert httpx.get(url, auth=(anna.email.upper(), anna.api_key)).status_code == 200


def test_clients_may_do_as_they_are_used_to(anna: OAuthAccount) -> None:
    body = json.dumps({"scopes": [anna.scope()], "ttl": 0})
    form = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": ""}
    assert data_of(anna.client.post("/tokens/", content=body, headers=form))["token"]
    for path in ("/tokens/", "/scopes/", "/wallet/", "/scopes?limit=0", "/scopes?limit=true"):
        assert data_of(anna.client.request("GET", path, content=b"{}"))
    assert anna.client.head("/").status_code == 200


def test_general_refusals_are_in_the_envelope(anna: OAuthAccount) -> None:
    assert anna.refused("GET", "/nothing") == (404, 404)
    assert anna.refused("GET", "/stats/apis/a/b") == (404, 404)
    assert anna.refused("PUT", "/tokens") == (405, 405)
    assert anna.client.put("/wallet").headers["allow"] == "GET"
    big = json.dumps({"scopes": [anna.scope()], "name": "x" * 200_000}).encode()
    assert anna.refused("POST", "/tokens", content=big) == (413, 413)


def test_curl_makes_lists_renews_and_deletes(anna: OAuthAccount) -> None:
    """As scripts do it: the base URL from the environment, the key with -u, JSON with -d."""
    base = f"{anna.installation.url}{PREFIXES[anna.world]}"

    def curl(path: str, *options: str) -> dict[str, Any]:
        command = ["curl", "-s", *options, f"{base}{path}"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
        body: dict[str, Any] = json.loads(done.stdout)
        assert body["success"] is True, body
        return body

    key = ("-u", f"{anna.email}:{anna.api_key}")
    as_json = ("-H", "Content-Type: application/json")
    body = {"name": "my-first-token", "scopes": [anna.scope()], "ttl": 2592000}
    made = curl("/tokens", *key, "-X", "POST", *as_json, "-d", json.dumps(body))
    assert curl(f"/tokens/{made['token']}", *key)["name"] == "my-first-token"
    bearer = ("-H", f"Authorization: Bearer {made['refreshToken']}")
    renewed = curl(f"/tokens/{made['token']}", "-X", "PATCH", *bearer, *as_json, "-d", "{}")
    assert renewed["token"] != made["token"]
    assert curl(f"/tokens/{renewed['token']}", *key, "-X", "DELETE")["message"] == "Deleted"


def test_the_log_never_shows_a_token_that_stood_in_a_path(cast: Cast) -> None:
    account = cast.anna["sandbox"]
    made = account.make()
    account.client.get(f"/tokens/{made['token']}")
    account.renew(made["token"], made["refreshToken"])
    log = Path(cast.installation.log_path).read_text()
    assert made["token"] not in log
    assert made["refreshToken"] not in log
    assert account.api_key not in log
