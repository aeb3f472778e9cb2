"""OAuth v1: section 6 of the HTTP contract, row by row, in both environments, over real HTTP."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from oauth_v1_account import (
    HOSTS,
    OTHER,
    SCOPE,
    UNKNOWN,
    YEAR,
    Cast,
    KeyHolder,
    is_about,
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


# POST /token --------------------------------------------------------------------------------------


def test_post_token_is_answered_flat(alice: KeyHolder) -> None:
    made = alice.make(SCOPE[alice.environment])
    assert set(made) == {"scopes", "expire", "token", "success", "message", "error"}
    assert made["scopes"] == [SCOPE[alice.environment]]
    assert (made["success"], made["message"], made["error"]) == (True, "", None)
    assert len(made["token"]) == 24
    assert is_about(made["expire"], YEAR)


@pytest.mark.parametrize("pattern", ["*:{}/*", "{}", "*:{}/*/"])
def test_wildcards_are_answered_expanded(alice: KeyHolder, pattern: str) -> None:
    v1, v2 = HOSTS[alice.environment]
    assert alice.make(pattern.format(v1))["scopes"] == v1_scopes(alice.environment)
    assert alice.make(pattern.format(v2))["scopes"] == v2_scopes(alice.environment)


def test_wildcards_of_domains_and_of_everything_are_answered_expanded(alice: KeyHolder) -> None:
    everything = v1_scopes(alice.environment) + v2_scopes(alice.environment)
    assert alice.make("*:*/*")["scopes"] == everything
    assert alice.make("*:*.openapi.com/*")["scopes"] == v2_scopes(alice.environment)
    assert alice.make("POST:*.messaggisms.com/*")["scopes"] == [
        f"POST:{HOSTS[alice.environment][0]}/messages"
    ]


@pytest.mark.parametrize(
    ("terms", "seconds"),
    [
        ({"ttl": 3600}, 3600),
        ({"ttl": "3600"}, 3600),
        ({"ttl": 0}, YEAR),
        ({"ttl": -1}, YEAR),
        ({"ttl": YEAR * 3}, YEAR),
        ({"expire": 31_536_000}, YEAR),
        ({"expire": 600}, 600),
        ({"expire": 0}, YEAR),
        ({"ttl": 60, "expire": 600}, 60),
    ],
)
def test_a_token_lives_as_long_as_it_is_asked_to_and_a_year_at_most(
    alice: KeyHolder, terms: dict[str, Any], seconds: int
) -> None:
    assert is_about(alice.make(SCOPE[alice.environment], **terms)["expire"], seconds)


def test_an_expire_in_the_future_is_kept_to_the_second(alice: KeyHolder) -> None:
    moment = int(time.time()) + 5_000
    made = alice.make(SCOPE[alice.environment], expire=moment)
    assert made["expire"] == moment
    (listed,) = alice.data(f"/token/{made['token']}")
    assert listed["expire"] == moment


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"scopes":[]}', b'{"scopes":null}', b"scopes=", b"{", b"nonsense"]
)
def test_no_scopes_are_406_110(alice: KeyHolder, body: bytes) -> None:
    assert refusal_of(alice.call("POST", "/token", content=body)) == (406, 110)


INVALID_SCOPES: dict[str, Any] = {
    "not a scope": ["?"],
    "an address": ["https://sms.openapi.com/IT-messages"],
    "two segments": ["POST:sms.openapi.com/a/b"],
    "empty": [""],
    "numbers": [7],
    "a service that is not here": ["GET:example.com/messages"],
    "a call that is not here": ["PATCH:sms.openapi.com/messages"],
    "too many": ["*:*/*"] * 501,
}


@pytest.mark.parametrize("case", INVALID_SCOPES)
def test_invalid_scopes_are_406_270(alice: KeyHolder, case: str) -> None:
    token = alice.make()["token"]
    for method, path in (("POST", ""), ("PUT", f"/{token}"), ("PATCH", f"/{token}")):
        answer = alice.call(method, f"/token{path}", json={"scopes": INVALID_SCOPES[case]})
        assert refusal_of(answer) == (406, 270)


def test_scopes_of_the_other_environment_are_not_enabled(alice: KeyHolder) -> None:
    token = alice.make()["token"]
    for scope in (SCOPE[OTHER[alice.environment]], f"*:{HOSTS[OTHER[alice.environment]][0]}/*"):
        for method, path in (("POST", ""), ("PUT", f"/{token}"), ("PATCH", f"/{token}")):
            answer = alice.call(method, f"/token{path}", json={"scopes": [scope]})
            assert refusal_of(answer) == (406, 270)
            assert "API not enabled" in answer.json()["message"]


@pytest.mark.parametrize("field", ["ttl", "expire"])
@pytest.mark.parametrize("value", ["tomorrow", 1.5, [1], True])
def test_a_time_that_is_no_number_is_406_270(alice: KeyHolder, field: str, value: object) -> None:
    body = {"scopes": [SCOPE[alice.environment]], field: value}
    answer = alice.call("POST", "/token", json=body)
    assert refusal_of(answer) == (406, 270)
    assert field in answer.json()["message"]


@pytest.mark.parametrize("text", [r"a\u0000", r"\ud800", r"\udc00\ud800"])
def test_nul_or_half_a_surrogate_pair_is_a_bad_field(alice: KeyHolder, text: str) -> None:
    scope, token = SCOPE[alice.environment], alice.make()["token"]
    for body in (f'{{"scopes":["{text}"]}}', f'{{"scopes":["{scope}"],"custom":{{"{text}":1}}}}'):
        for method, path in (("POST", ""), ("PUT", f"/{token}"), ("PATCH", f"/{token}")):
            answer = alice.call(method, f"/token{path}", content=body.encode())
            assert refusal_of(answer) == (406, 270)


# GET /token ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("environment", ["production", "sandbox"])
def test_no_tokens_are_204_without_a_body(cast: Cast, environment: str) -> None:
    answer = cast.bob.within(environment).call("GET", "/token")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-length" not in answer.headers


def test_tokens_are_listed_newest_first_with_what_they_are(alice: KeyHolder) -> None:
    one, two = alice.make(SCOPE[alice.environment]), alice.make(ttl=60)
    listed = alice.data("/token")
    assert all(set(token) == {"scopes", "expire", "token"} for token in listed)
    assert listed[:2] == [
        {name: made[name] for name in ("scopes", "expire", "token")} for made in (two, one)
    ]


def test_a_filter_of_scopes_finds_the_tokens_that_hold_all_of_them(cast: Cast) -> None:
    holder = cast.open("frank")
    names = ("IT-messages", "ES-messages", "WW-messages")
    italian, spanish, worldwide = (f"POST:test.sms.openapi.com/{name}" for name in names)
    one = holder.make(italian)["token"]
    two = holder.make(italian, spanish)["token"]

    def filtered(query: str) -> list[str]:
        return [token["token"] for token in holder.data(f"/token?{query}")]

    assert filtered("scope=") == [two, one]
    assert filtered(f"scope={italian}") == [two, one]
    assert filtered(f"scope[]={italian}&scope[]={spanish}") == [two]
    assert filtered(f"scope%5B%5D={spanish.replace(':', '%3A')}") == [two]
    for query in (f"scope={worldwide}", f"scope={SCOPE['production']}", "scope=what"):
        answer = holder.call("GET", f"/token?{query}")
        assert (answer.status_code, answer.content) == (204, b"")


# One token ----------------------------------------------------------------------------------------


def test_get_of_one_token_is_a_list_of_it(alice: KeyHolder) -> None:
    made = alice.make(SCOPE[alice.environment], ttl=600)
    (token,) = alice.data(f"/token/{made['token']}")
    assert token == {name: made[name] for name in ("scopes", "expire", "token")}


def test_get_of_what_is_not_there_is_204_and_of_what_is_no_token_402_125(
    cast: Cast, alice: KeyHolder
) -> None:
    made = alice.make()["token"]
    alice.call("DELETE", f"/token/{made}")
    others = cast.bob.within(alice.environment).make()["token"]
    cast.bob.within(alice.environment).call("DELETE", f"/token/{others}")
    elsewhere = alice.within(OTHER[alice.environment]).make()["token"]
    for token in (UNKNOWN, made, others, elsewhere):
        answer = alice.call("GET", f"/token/{token}")
        assert (answer.status_code, answer.content) == (204, b"")
    for wrong in ("x", UNKNOWN[1:], UNKNOWN.upper(), f"{UNKNOWN}0"):
        answer = alice.call("GET", f"/token/{wrong}")
        assert refusal_of(answer) == (402, 125)
        assert answer.json()["message"] == "Wrong Token"


def test_put_replaces_scopes_and_end(alice: KeyHolder) -> None:
    made = alice.make()
    moment = int(time.time()) + 5_000
    body = {"scopes": [f"GET:{HOSTS[alice.environment][1]}/*"], "expire": moment}
    answer = alice.call("PUT", f"/token/{made['token']}", json=body)
    assert answer.status_code == 200
    assert answer.json()["success"] is True
    (token,) = answer.json()["data"]
    reading = [one for one in v2_scopes(alice.environment) if one.startswith("GET:")]
    assert token == {"scopes": reading, "expire": moment, "token": made["token"]}
    assert alice.data(f"/token/{made['token']}") == [token]


def test_put_without_expire_keeps_the_end_and_a_small_one_is_a_duration(alice: KeyHolder) -> None:
    made = alice.make(ttl=5_000)
    path, scopes = f"/token/{made['token']}", [SCOPE[alice.environment]]
    kept = alice.call("PUT", path, json={"scopes": scopes}).json()["data"][0]
    assert kept["expire"] == made["expire"]
    changed = alice.call("PUT", path, json={"scopes": scopes, "expire": 600}).json()["data"][0]
    assert is_about(changed["expire"], 600)


@pytest.mark.parametrize(
    ("change", "seconds"),
    [({"ttl": 600}, 600), ({"expire": 900}, 900), ({"ttl": 0}, YEAR), ({"expire": 0}, YEAR)],
)
def test_patch_of_the_end_keeps_the_scopes(
    alice: KeyHolder, change: dict[str, int], seconds: int
) -> None:
    made = alice.make(SCOPE[alice.environment], ttl=5_000)
    answer = alice.call("PATCH", f"/token/{made['token']}", json=change)
    assert answer.status_code == 200
    (token,) = answer.json()["data"]
    assert (token["token"], token["scopes"]) == (made["token"], made["scopes"])
    assert is_about(token["expire"], seconds)


def test_patch_of_the_scopes_keeps_the_end(alice: KeyHolder) -> None:
    made = alice.make(ttl=5_000)
    body = {"scopes": [SCOPE[alice.environment]]}
    (token,) = alice.call("PATCH", f"/token/{made['token']}", json=body).json()["data"]
    assert token == {"scopes": body["scopes"], "expire": made["expire"], "token": made["token"]}


@pytest.mark.parametrize(
    ("method", "body", "number"),
    [
        *(("PATCH", body, (406, 310)) for body in (b"", b"{}", b'{"scopes":[]}', b"{", b"other=1")),
        *(("PUT", body, (406, 270)) for body in (b"", b"{}", b'{"expire":600}', b"{")),
    ],
)
def test_a_change_of_nothing_is_refused(
    alice: KeyHolder, method: str, body: bytes, number: tuple[int, int]
) -> None:
    made = alice.make()
    assert refusal_of(alice.call(method, f"/token/{made['token']}", content=body)) == number


@pytest.mark.parametrize(("method", "number"), [("PUT", 170), ("PATCH", 290), ("DELETE", 150)])
def test_a_token_that_is_not_there_is_404(
    cast: Cast, alice: KeyHolder, method: str, number: int
) -> None:
    gone = alice.make()["token"]
    alice.call("DELETE", f"/token/{gone}")
    elsewhere = alice.within(OTHER[alice.environment]).make()["token"]
    carol = cast.alice.within(alice.environment)
    body = {"scopes": [SCOPE[alice.environment]]}
    for token in (gone, UNKNOWN, "x", elsewhere):
        answer = carol.call(method, f"/token/{token}", json=body)
        assert refusal_of(answer) == (404, number)


@pytest.mark.parametrize(("method", "number"), [("PUT", 160), ("PATCH", 280), ("DELETE", 140)])
@pytest.mark.parametrize("path", ["/token", "/token/"])
def test_only_single_tokens_are_changed_or_deleted(
    alice: KeyHolder, method: str, number: int, path: str
) -> None:
    answer = alice.call(method, path, json={"scopes": [SCOPE[alice.environment]]})
    assert refusal_of(answer) == (403, number)
    assert "only single tokens" in answer.json()["message"]


def test_delete_ends_a_token(alice: KeyHolder) -> None:
    made = alice.make()
    answer = alice.call("DELETE", f"/token/{made['token']}")
    assert answer.status_code == 200
    assert answer.json() == {"message": "1 deleted token", "success": True, "error": None}
    assert all(token["token"] != made["token"] for token in alice.data("/token"))
