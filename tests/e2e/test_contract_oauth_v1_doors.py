"""What is the same at every call of OAuth v1: doors, credentials, general refusals, tolerances.

Sections 1 to 3 of the HTTP contract, as far as they concern OAuth v1, over real HTTP.
"""

from collections.abc import Iterator

import httpx
import pytest
from oauth_v1_account import (
    BODY_BYTES_MAX,
    OTHER,
    UNKNOWN,
    Cast,
    KeyHolder,
    refusal_of,
    serving_oauth,
    v1_scopes,
    v2_scopes,
)

# Every way in: host, prefix, environment (section 1).
DOORS = [
    ("oauth.openapi.it", "", "production"),
    ("oauth.altravia.com", "", "production"),
    ("test.oauth.openapi.it", "", "sandbox"),
    ("test.oauth.altravia.com", "", "sandbox"),
    ("OAUTH.openapi.it:443", "", "production"),
    ("oauth.example.org", "", "sandbox"),
    ("anything.example", "/oauth/v1", "production"),
    ("anything.example", "/sandbox/oauth/v1", "sandbox"),
]


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with serving_oauth(tmp_path_factory.mktemp("oauth-v1")) as cast:
        yield cast


@pytest.fixture(params=["production", "sandbox"])
def alice(cast: Cast, request: pytest.FixtureRequest) -> KeyHolder:
    return cast.alice.within(request.param)


# Doors and credentials ----------------------------------------------------------------------------


@pytest.mark.parametrize(("host", "prefix", "environment"), DOORS)
def test_every_name_and_prefix_opens_its_environment(
    cast: Cast, host: str, prefix: str, environment: str
) -> None:
    url = f"{cast.installation.url}{prefix}/scopes"
    right, wrong = cast.alice.within(environment), cast.alice.within(OTHER[environment])
    answer = httpx.get(url, headers={"Host": host, "Authorization": right.basic}, timeout=30)
    assert answer.status_code == 200
    assert answer.json()["data"] == v1_scopes(environment) + v2_scopes(environment)
    refused = httpx.get(url, headers={"Host": host, "Authorization": wrong.basic}, timeout=30)
    assert refusal_of(refused) == (401, 120)


@pytest.mark.parametrize(
    "case",
    [
        *("missing", "Bearer", "no Base64", "no colon", "wrong key", "wrong e-mail"),
        *("another account's key", "key of the other environment", "a token for a key", "empty"),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(
            ("POST", "/token"),
            ("GET", "/token"),
            ("PUT", "/token"),
            ("DELETE", f"/token/{UNKNOWN}"),
        ),
        *(("GET", "/scopes"), ("GET", "/credit"), ("GET", "/counters/day/x")),
    ],
)
def test_wrong_credentials_are_401_120(
    cast: Cast, alice: KeyHolder, case: str, method: str, path: str
) -> None:
    pairs = {
        "wrong key": (alice.email, "x" * 32),
        "wrong e-mail": ("nobody@example.com", alice.api_key),
        "another account's key": (alice.email, cast.bob.within(alice.environment).api_key),
        "key of the other environment": (
            alice.email,
            alice.within(OTHER[alice.environment]).api_key,
        ),
        "a token for a key": (alice.email, UNKNOWN),
        "empty": ("", ""),
    }
    headers = {"missing": "", "Bearer": f"Bearer {alice.api_key}", "no Base64": "Basic §"}
    headers |= {"no colon": "Basic YWxpY2U="}
    base = "/sandbox/oauth/v1" if alice.environment == "sandbox" else "/oauth/v1"
    url = f"{cast.installation.url}{base}{path}"
    if case in pairs:
        answer = alice.http.request(method, url, auth=pairs[case])
    else:
        given = {"Authorization": headers[case].encode("latin-1")} if headers[case] else {}
        answer = alice.http.request(method, url, headers=given)
    assert refusal_of(answer) == (401, 120)
    assert answer.headers["www-authenticate"].startswith("Basic")


def test_the_e_mail_may_be_written_in_capitals(alice: KeyHolder) -> None:
    url = f"{alice.installation.url}/oauth/v1/scopes"
    key = alice.within("production").api_key
    assert httpx.get(url, auth=(alice.email.upper(), key), timeout=30).status_code == 200


# What is the same everywhere ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/nothing", "/token/a/b", "/counters", "/counters/week/1", "/tokens"]
)
def test_an_unknown_path_is_404(alice: KeyHolder, path: str) -> None:
    for method in ("GET", "POST"):
        assert refusal_of(alice.call(method, path)) == (404, 404)


@pytest.mark.parametrize(
    ("path", "wrong", "allowed"),
    [
        ("/token", "OPTIONS", {"GET", "POST", "PUT", "PATCH", "DELETE"}),
        (f"/token/{UNKNOWN}", "POST", {"GET", "PUT", "PATCH", "DELETE"}),
        ("/scopes", "POST", {"GET"}),
        ("/credit", "DELETE", {"GET"}),
        ("/counters/total", "PUT", {"GET"}),
    ],
)
def test_a_wrong_method_is_405_with_allow(
    alice: KeyHolder, path: str, wrong: str, allowed: set[str]
) -> None:
    answer = alice.call(wrong, path)
    assert refusal_of(answer) == (405, 405)
    assert set(answer.headers["allow"].split(", ")) == allowed


def test_a_body_over_the_limit_is_413(alice: KeyHolder) -> None:
    for method, path in (("POST", "/token"), ("PUT", f"/token/{UNKNOWN}")):
        answer = alice.call(method, path, content=b" " * (BODY_BYTES_MAX + 1))
        assert refusal_of(answer) == (413, 413)


@pytest.mark.parametrize("slashes", ["", "/", "//"])
def test_paths_work_with_and_without_a_final_slash(alice: KeyHolder, slashes: str) -> None:
    token = alice.make()["token"]
    paths = ("/token", f"/token/{token}", "/scopes", "/credit", "/counters/total")
    assert {alice.call("GET", f"{path}{slashes}").status_code for path in paths} == {200}
    assert alice.call("DELETE", f"/token/{token}{slashes}").status_code == 200


@pytest.mark.parametrize("body", [b"{}", b"[", b"x" * 1000])
def test_get_and_delete_may_carry_a_body_which_is_ignored(alice: KeyHolder, body: bytes) -> None:
    token = alice.make()["token"]
    for path in ("/token", f"/token/{token}", "/scopes", "/credit", "/counters/total"):
        assert alice.call("GET", path, content=body).status_code == 200
    assert alice.call("DELETE", f"/token/{token}", content=body).status_code == 200


@pytest.mark.parametrize("base", ["/oauth/v1", "/oauth/v1/", "/sandbox/oauth/v1"])
def test_head_on_the_base_answers_200(cast: Cast, base: str) -> None:
    assert httpx.head(f"{cast.installation.url}{base}", timeout=30).status_code == 200


def test_no_token_and_no_key_is_in_the_log(cast: Cast, alice: KeyHolder) -> None:
    token = alice.make()["token"]
    for method, path in (
        *(("GET", f"/token/{token}"), ("POST", f"/token/{token}"), ("GET", f"/token/{token}/x")),
        *(("PATCH", f"/token/{token}"), ("DELETE", f"/token/{token}")),
    ):
        alice.call(method, path)
    log = cast.installation.log_path.read_text()
    assert token not in log
    assert alice.api_key not in log
    assert token not in httpx.get(f"{cast.installation.url}/metrics", timeout=30).text
