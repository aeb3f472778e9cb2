"""Tokens of OAuth v2 changed and renewed, row by row (section 7 of the HTTP contract)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
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
    oauth_cast,
    refusal_of,
    scope_in,
    since,
)
from oauth_v2_refusals import NO_TOKENS, NOT_ENABLED, UNKNOWN, WRONG_BODIES, WRONG_FORMATS


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
    wait_for(lambda: anna.status_with(token) == 403, what="the old scope is refused")
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
    assert bruno.still_has(theirs)


@pytest.mark.parametrize("case", WRONG_FORMATS)
def test_422_100_for_the_wrong_format(anna: OAuthAccount, case: str) -> None:
    made = anna.make()
    path = f"/tokens/{made['token']}"
    assert anna.refused("PATCH", path, json=WRONG_FORMATS[case]) == (422, 100)
    assert anna.still_has(made)


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
    wait_for(lambda: anna.status_with(old["token"]) == 401, what="the old token is refused")
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
        path = f"/tokens/{ours['token']}"
        answer = anna.stranger.patch(path, headers=headers, content=b"{}")
        assert refusal_of(answer) == (401, 130), case
    assert refusal_of(anna.renew(theirs["token"], ours["refreshToken"])) == (401, 130)
    assert anna.still_has(ours)
    assert anna.still_has(other)
    assert bruno.still_has(theirs)


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
    assert anna.still_has(made)


def test_a_refresh_token_opens_nothing_else(anna: OAuthAccount) -> None:
    made = anna.make()
    headers = {"Authorization": f"Bearer {made['refreshToken']}"}
    for method, path in (("GET", "/tokens"), ("DELETE", f"/tokens/{made['token']}")):
        answer = anna.stranger.request(method, path, headers=headers)
        assert refusal_of(answer) == (401, 120)
    assert anna.status_with(made["refreshToken"]) == 401
