"""Callbacks, errors and statistics of OAuth v2, row by row (section 7 of the contract)."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from contract_receiver import CallbackReceiver, receiving
from contract_site import IT_PRICE, money, new_number
from installation import wait_for
from oauth_v2_account import (
    SMS_HOSTS,
    WORLDS,
    Cast,
    OAuthAccount,
    moment,
    oauth_accounts,
    oauth_cast,
    refusal_of,
)
from oauth_v2_refusals import UNKNOWN

CALLBACK_FIELDS = {
    *("id", "scope", "domain", "active", "startedAt", "createdAt", "completedAt"),
    *("httpResponseCode", "data", "custom", "headers", "elapsedTime", "attempt", "retry"),
    *("field", "method", "url"),
}
COUNT_FIELDS = {
    *("totalRequests", "walletRequests", "subscriptionRequests", "errorRequests", "walletAmount"),
}
HOST = SMS_HOSTS["sandbox"]
REJECTED = "9902"  # numbers that end so call back once, with their end
CUSTOM = {"order": 7, "nested": ["è", None]}
WRONG_WINDOWS = ["limit=101", "limit=0", "limit=x", "skip=-1", "skip=x", "scopes=http://x/"]
NO_IDS = ["x", "0" * 23, "0" * 25, "g" * 24, "%00", "è"]
WRONG_DATES = ["x", "26", "2026-13", "2026-00", "2026-02-30", "2026-3", "2026-03-1", "2026-03-14Z"]
WRONG_DATES += ["0000", "1969", "9999", "2026-03-14T00:00:00Z", "14-03-2026", "202603", "-2026"]


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with oauth_cast(tmp_path_factory.mktemp("history")) as cast:
        yield cast


@pytest.fixture(params=WORLDS)
def anna(cast: Cast, request: pytest.FixtureRequest) -> OAuthAccount:
    return cast.anna[request.param]


@pytest.fixture
def fresh(cast: Cast) -> Iterator[OAuthAccount]:
    """A sandbox with no history."""
    with oauth_accounts(cast.installation, "fresh") as worlds:
        yield worlds["sandbox"]


@pytest.fixture
def receiver() -> Iterator[CallbackReceiver]:
    with receiving() as receiver:
        yield receiver


def token_of(account: OAuthAccount) -> str:
    token: str = account.make("*:*/*")["token"]
    return token


def send(account: OAuthAccount, token: str, market: str = "IT", **body: Any) -> dict[str, Any]:
    given = {"recipient": new_number(market), "message": "hello", **body}
    answer = account.send(token, market, **given)
    assert answer.status_code == 201, answer.text
    message: dict[str, Any] = answer.json()["data"]
    return message


def rejected_number(market: str = "IT") -> str:
    number = new_number(market)
    return number[: -len(REJECTED)] + REJECTED


def shown(account: OAuthAccount, message_id: str, *, active: bool) -> dict[str, Any]:
    """The callback about a message, once it is settled, or still to be sent again."""

    def look() -> dict[str, Any] | None:
        about = [
            one
            for one in account.read("/callbacks")
            if one["data"]["id"] == message_id and one["attempt"] and one["active"] is active
        ]
        return about[0] if about else None

    found = wait_for(look, what="the callback was tried")
    assert found is not None
    return found


# GET /callbacks, /callbacks/{id} ------------------------------------------------------------------


def test_a_delivered_callback_is_told_whole(
    fresh: OAuthAccount, receiver: CallbackReceiver
) -> None:
    callback = {
        "url": receiver.url,
        "method": "POST",
        "field": "payload",
        "headers": {"X-Shared-Secret": "s3cret"},
        "custom": CUSTOM,
    }
    sent = send(fresh, token_of(fresh), recipient=rejected_number(), callback=callback)
    (came,) = receiver.wait()
    listed = shown(fresh, sent["id"], active=False)
    assert set(listed) == CALLBACK_FIELDS
    assert listed["httpResponseCode"] == "200"
    one = fresh.read(f"/callbacks/{listed['id']}")
    assert one == {**listed, "httpResponseCode": 200}
    assert came.headers["webhook-id"].endswith(one["id"])
    assert (one["scope"], one["domain"]) == (f"POST:{HOST}/IT-messages", HOST)
    assert (one["attempt"], one["retry"]) == (1, 0)
    assert (one["method"], one["field"], one["url"]) == ("POST", "payload", receiver.url)
    assert one["custom"] == CUSTOM
    told = {name.lower(): value for name, value in one["headers"].items()}
    assert told == {name: came.headers[name] for name in told}
    assert {"x-shared-secret", "content-type", "webhook-id", "webhook-timestamp"} <= set(told)
    assert "webhook-signature" not in told
    assert 0 <= one["elapsedTime"] < 30_000
    times = [moment(one[name]) for name in ("createdAt", "startedAt", "completedAt")]
    assert times == sorted(times)
    current = fresh.stranger.get(
        f"{fresh.sms_url}/messages/{sent['id']}",
        headers={"Authorization": f"Bearer {token_of(fresh)}"},
    ).json()["data"]
    assert one["data"] == {**current, "custom": CUSTOM}


def test_a_failed_attempt_is_told_while_it_is_to_be_repeated(
    fresh: OAuthAccount, receiver: CallbackReceiver
) -> None:
    receiver.answers(503)
    callback = {"url": receiver.url, "retry": 3}
    sent = send(fresh, token_of(fresh), recipient=rejected_number(), callback=callback)
    receiver.wait()
    one = shown(fresh, sent["id"], active=True)
    assert (one["httpResponseCode"], one["attempt"], one["retry"]) == ("503", 1, 0)
    assert (one["completedAt"], one["method"], one["field"]) == (None, "JSON", "data")
    assert one["startedAt"] is not None
    # Repeated by the operator: the second attempt ends it.
    receiver.answers(410)
    other = send(
        fresh, token_of(fresh), recipient=rejected_number(), callback={"url": receiver.url}
    )
    ended = shown(fresh, other["id"], active=False)
    assert (ended["httpResponseCode"], ended["attempt"]) == ("410", 1)
    receiver.answers(200)
    fresh.installation.json("callbacks", "replay", f"cb_{ended['id']}")

    def repeated() -> bool:
        now = fresh.read(f"/callbacks/{ended['id']}")
        return (now["attempt"], now["retry"], now["httpResponseCode"]) == (2, 1, 200)

    assert wait_for(repeated, what="the second attempt is told")


def test_one_that_nobody_answered_has_no_status(fresh: OAuthAccount) -> None:
    callback = {"url": "http://127.0.0.1:9/", "retry": 0}
    sent = send(fresh, token_of(fresh), recipient=rejected_number(), callback=callback)
    one = shown(fresh, sent["id"], active=False)
    assert (one["httpResponseCode"], one["attempt"]) == (None, 1)


def test_callbacks_are_listed_newest_first_in_windows_by_scope(
    fresh: OAuthAccount, receiver: CallbackReceiver
) -> None:
    token = token_of(fresh)
    callback = {"url": receiver.url}
    sent = [
        send(fresh, token, market, recipient=rejected_number(market), callback=callback)["id"]
        for market in ("IT", "ES", "IT")
    ]
    receiver.wait(3)
    for message_id in sent:
        shown(fresh, message_id, active=False)
    by_id = {one["data"]["id"]: one for one in fresh.read("/callbacks")}
    assert set(by_id) == set(sent)
    listed = fresh.read("/callbacks")
    assert [one["id"] for one in listed] == sorted((one["id"] for one in listed), reverse=True)
    assert fresh.read("/callbacks", skip=1, limit=1) == listed[1:2]

    def about(*scopes: str) -> set[str]:
        return {one["data"]["id"] for one in fresh.read("/callbacks", scopes=",".join(scopes))}

    spanish, italian = f"POST:{HOST}/ES-messages", f"POST:{HOST}/IT-messages"
    assert about(spanish) == {sent[1]}
    assert about(spanish, italian) == about(f"POST:{HOST}/*") == set(sent)
    assert about(f"GET:{HOST}/messages") == about("POST:nobody.example/x") == set()


def test_400_210_for_what_is_no_callback_and_no_query(anna: OAuthAccount) -> None:
    for callback_id in NO_IDS:
        assert anna.refused("GET", f"/callbacks/{callback_id}") == (400, 210), callback_id
    for query in WRONG_WINDOWS:
        assert anna.refused("GET", f"/callbacks?{query}") == (400, 210), query


def test_404_200_for_a_callback_that_is_unknown_or_not_ours(
    cast: Cast, fresh: OAuthAccount, receiver: CallbackReceiver
) -> None:
    callback = {"url": receiver.url}
    sent = send(fresh, token_of(fresh), recipient=rejected_number(), callback=callback)
    theirs = shown(fresh, sent["id"], active=False)["id"]
    for account in (cast.anna["sandbox"], cast.anna["production"]):
        unknown = account.client.get(f"/callbacks/{UNKNOWN}")
        assert refusal_of(unknown) == (404, 200)
        assert account.client.get(f"/callbacks/{theirs}").json() == unknown.json()
        assert theirs not in [one["id"] for one in account.read("/callbacks")]


# GET /errors --------------------------------------------------------------------------------------


def test_refusals_are_listed_newest_first(fresh: OAuthAccount) -> None:
    token = token_of(fresh)
    narrow = fresh.make()["token"]
    fresh.send(token, recipient="nobody", message="x")
    fresh.send(token, "ES", recipient=new_number("IT"), message="x")
    fresh.send(narrow, recipient=new_number(), message="x")

    def three() -> list[dict[str, Any]] | None:
        found: list[dict[str, Any]] = fresh.read("/errors")
        return found if len(found) == 3 else None

    listed = wait_for(three, what="three refusals")
    assert listed is not None
    assert {frozenset(one) for one in listed} == {
        frozenset(
            {"id", "scope", "domain", "errorAt", "httpResponseCode", "errorCode", "message", "ip"}
        )
    }
    assert [(one["httpResponseCode"], one["errorCode"]) for one in listed] == [
        (403, 125.23),
        (422, 2013),
        (422, 2011),
    ]
    italian, spanish = f"POST:{HOST}/IT-messages", f"POST:{HOST}/ES-messages"
    assert [one["scope"] for one in listed] == [italian, spanish, italian]
    assert {(one["domain"], one["ip"]) for one in listed} == {(HOST, "127.0.0.1")}
    assert all(one["message"] and len(one["id"]) == 24 for one in listed)
    assert abs(moment(listed[0]["errorAt"]) - datetime.now(UTC)).total_seconds() < 60
    assert fresh.read("/errors", skip=1, limit=1) == listed[1:2]
    assert fresh.read("/errors", scopes=spanish) == listed[1:2]
    assert fresh.read("/errors", scopes=f"{spanish},{italian}") == listed
    assert fresh.read("/errors", scopes="POST:nobody.example/x") == []


def test_refusals_of_others_are_not_there(cast: Cast, fresh: OAuthAccount) -> None:
    fresh.send(token_of(fresh), recipient="nobody", message="x")
    wait_for(lambda: len(fresh.read("/errors")) == 1, what="the refusal")
    assert cast.bruno["sandbox"].read("/errors") == []
    assert cast.bruno["production"].read("/errors") == []


@pytest.mark.parametrize("query", WRONG_WINDOWS)
def test_400_190_for_a_query_that_is_none(anna: OAuthAccount, query: str) -> None:
    assert anna.refused("GET", f"/errors?{query}") == (400, 190)


# GET /stats, /stats/apis, /stats/apis/{domain}, /stats/ips ----------------------------------------


def asked_in_one_day(fresh: OAuthAccount) -> tuple[OAuthAccount, str, datetime] | None:
    """An account that sent some and asked some, with its token and the day; None at midnight."""
    began, token = datetime.now(UTC), token_of(fresh)
    assert fresh.read("/stats") == {
        **dict.fromkeys(COUNT_FIELDS, 0),
        "totalIps": 0,
        "totalApis": 0,
    }
    send(fresh, token)
    send(fresh, token, message="x" * 200)
    where = ("--environment", "sandbox", "--market", "ES")
    fresh.installation.json("bundle", "add", fresh.email, *where, "--segments", "5", "--price", "1")
    send(fresh, token, "ES")
    fresh.send(token, recipient="nobody", message="x")
    assert fresh.status_with(token) == 200
    assert fresh.status_with(token) == 200
    return (fresh, token, began) if datetime.now(UTC).date() == began.date() else None


def test_statistics_equal_what_was_sent(cast: Cast) -> None:
    with ExitStack() as accounts:

        def asked() -> tuple[OAuthAccount, str, datetime] | None:
            worlds = accounts.enter_context(oauth_accounts(cast.installation, "fresh"))
            return asked_in_one_day(worlds["sandbox"])

        found = wait_for(asked, what="all within one day")
        assert found is not None
        assert_statistics(*found)


def assert_statistics(fresh: OAuthAccount, token: str, day: datetime) -> None:
    counts = {
        "totalRequests": 6,
        "walletRequests": 2,
        "subscriptionRequests": 1,
        "errorRequests": 1,
        "walletAmount": money(3 * IT_PRICE),
    }
    expected = {**counts, "totalIps": 1, "totalApis": 1}
    wait_for(lambda: fresh.read("/stats") == expected, what=f"{expected}")
    dates = [f"{day:%Y}", f"{day:%Y-%m}", f"{day:%Y-%m-%d}"]
    for date in dates:
        assert fresh.read("/stats", date=date) == expected
    assert fresh.read("/stats", date="") == expected
    by_domain = fresh.read("/stats/apis", date=dates[1])
    assert by_domain == {HOST: {**counts, "totalIps": 1, "totalScopes": 3}}
    domain = fresh.read(f"/stats/apis/{HOST}", date=dates[0])
    assert {name: domain[name] for name in COUNT_FIELDS} == counts
    assert (domain["ip"], domain["totalIps"], domain["totalScopes"]) == (["127.0.0.1"], 1, 3)
    italian = {
        "totalRequests": 3,
        "walletRequests": 2,
        "subscriptionRequests": 0,
        "errorRequests": 1,
        "walletAmount": money(3 * IT_PRICE),
    }
    assert domain["scopes"][f"POST:{HOST}/IT-messages"] == italian
    assert domain["scopes"][f"GET:{HOST}/messages"]["totalRequests"] == 2
    assert domain["scopes"][f"POST:{HOST}/ES-messages"]["subscriptionRequests"] == 1
    assert fresh.read("/stats/ips") == fresh.read("/stats/ips", date=dates[2]) == ["127.0.0.1"]
    assert fresh.read(f"/tokens/{token}")["stats"] == counts
    assert {one["token"]: one["stats"] for one in fresh.read("/tokens")}[token] == counts
    for before in ("1999", "2019-12", "2020-02-29"):
        assert fresh.read("/stats", date=before)["totalRequests"] == 0
        assert fresh.read("/stats/apis", date=before) == {}
        assert fresh.read("/stats/ips", date=before) == []


def test_a_domain_that_nobody_called_has_nothing(cast: Cast) -> None:
    nothing = {
        **dict.fromkeys(COUNT_FIELDS, 0),
        "totalIps": 0,
        "totalScopes": 0,
        "ip": [],
        "scopes": {},
    }
    bruno = cast.bruno["sandbox"]
    for domain in (HOST, "sms.openapi.com", "company.openapi.com", "x"):
        assert bruno.read(f"/stats/apis/{domain}") == nothing


@pytest.mark.parametrize("path", ["/stats", "/stats/apis", f"/stats/apis/{HOST}", "/stats/ips"])
def test_422_240_for_a_date_that_is_none(anna: OAuthAccount, path: str) -> None:
    for date in WRONG_DATES:
        assert anna.refused("GET", path, params={"date": date}) == (422, 240), date
