"""Who may call OAuth v2, where, and with which habits (sections 1 to 3 and 8 of the contract)."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from oauth_v2_account import (
    PREFIXES,
    WORLDS,
    Cast,
    OAuthAccount,
    data_of,
    oauth_cast,
    refusal_of,
)

HOSTS = "oauth.example.org=oauth/v2,try.example.org=oauth/v2:sandbox"


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with oauth_cast(tmp_path_factory.mktemp("oauth_v2"), STAFFETTA_HOSTS=HOSTS) as cast:
        yield cast


@pytest.fixture(params=WORLDS)
def anna(cast: Cast, request: pytest.FixtureRequest) -> OAuthAccount:
    return cast.anna[request.param]


@pytest.fixture
def bruno(cast: Cast, anna: OAuthAccount) -> OAuthAccount:
    return cast.bruno[anna.world]


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
        "none": anna.stranger.get(url),
        "a wrong key": anna.stranger.get(url, auth=(anna.email, "x" * 32)),
        "no key": anna.stranger.get(url, auth=(anna.email, "")),
        "the key of the other world": anna.stranger.get(url, auth=(anna.email, other.api_key)),
        "the key of another account": anna.stranger.get(url, auth=(anna.email, bruno.api_key)),
        "a token": anna.stranger.get(url, headers=token),
        "not Basic": anna.stranger.get(url, headers={"Authorization": "Digest x"}),
        "not base64": anna.stranger.get(url, headers={"Authorization": "Basic !"}),
    }
    for case, answer in answers.items():
        assert refusal_of(answer) == (401, 120), case
        assert answer.headers["www-authenticate"].startswith("Basic")
    assert anna.client.get(path).status_code == 200


def test_401_140_for_a_change_by_nobody(anna: OAuthAccount) -> None:
    made = anna.make()
    url = f"{anna.client.base_url}tokens/{made['token']}"
    for auth in (None, (anna.email, "x" * 32)):
        assert refusal_of(anna.stranger.patch(url, auth=auth, json={"name": "x"})) == (401, 140)
    assert anna.still_has(made)


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
    answer = account.stranger.get(
        url, headers={"Host": host}, auth=(account.email, account.api_key)
    )
    domains = {one["domain"] for one in data_of(answer)}
    assert all(domain.startswith("test.") == (world == "sandbox") for domain in domains)
    elsewhere = cast.anna[account.other_world()].api_key
    wrong = account.stranger.get(url, headers={"Host": host}, auth=(other.email, elsewhere))
    assert refusal_of(wrong) == (401, 120)


def test_the_key_of_an_account_is_its_own_whatever_case_the_address_has(anna: OAuthAccount) -> None:
    url = f"{anna.client.base_url}wallet"
    assert anna.stranger.get(url, auth=(anna.email.upper(), anna.api_key)).status_code == 200


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
