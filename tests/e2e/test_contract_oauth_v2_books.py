"""Scopes, wallet and bundles as OAuth v2 shows them, row by row (section 7 of the contract)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from carrier import add_carrier
from contract_site import ES_PRICE, IT_PRICE, WW_PRICE, money, new_number
from installation import free_port, wait_for
from oauth_v2_account import (
    SMS_HOSTS,
    WORLDS,
    Cast,
    OAuthAccount,
    data_of,
    moment,
    oauth_accounts,
    oauth_cast,
    refusal_of,
    since,
)
from oauth_v2_refusals import UNKNOWN

SCOPE_FIELDS = {"id", "scope", "method", "endpoint", "domain", "enabled"}
DETAIL_FIELDS = {*SCOPE_FIELDS, "rateLimit", "freeLimits", "requirements", "prices"}
FREE = {"dayLimit": False, "monthLimit": False, "yearLimit": False, "totalLimit": False}
SUBSCRIPTION_FIELDS = {
    *("id", "scope", "domain", "active", "startsAt", "expiresAt", "totalRequests"),
    *("availableRequests", "pricePerRequest", "type", "autorenew", "createdAt", "updatedAt"),
    "price",
}
WRONG_WINDOWS = ["limit=101", "limit=0", "limit=-1", "limit=x", "skip=-1", "skip=x"]
NO_IDS = ["x", "0" * 25, "g" * 24, "0-1", "%00", "è"]


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with oauth_cast(tmp_path_factory.mktemp("books")) as cast:
        add_carrier(cast.installation, free_port(), countries="IT")
        for account in (cast.anna, cast.bruno):
            topup(account["production"], "100")
        production = cast.anna["production"]
        scope = scopes_of(production)["POST", "IT-messages"]
        wait_for(lambda: production.read(f"/scopes/{scope['id']}")["prices"], what="its price")
        yield cast


@pytest.fixture(params=WORLDS)
def anna(cast: Cast, request: pytest.FixtureRequest) -> OAuthAccount:
    return cast.anna[request.param]


@pytest.fixture
def bruno(cast: Cast, anna: OAuthAccount) -> OAuthAccount:
    return cast.bruno[anna.world]


@pytest.fixture
def fresh(cast: Cast) -> Iterator[OAuthAccount]:
    """A sandbox with nothing in its history but the credit it has."""
    with oauth_accounts(cast.installation, "fresh") as worlds:
        yield worlds["sandbox"]


def whose(account: OAuthAccount) -> tuple[str, ...]:
    return ("--email", account.email, "--environment", account.world)


def topup(account: OAuthAccount, amount: str) -> None:
    account.installation.json("topup", *whose(account), "--amount", amount)


def sell(account: OAuthAccount, *options: str) -> None:
    where = ("--environment", account.world)
    account.installation.json("bundle", "add", account.email, *where, *options)


def scopes_of(account: OAuthAccount) -> dict[tuple[str, str], Any]:
    """The scopes of the account's own environment, by method and endpoint."""
    return {
        (one["method"], one["endpoint"]): one
        for one in account.read("/scopes")
        if one["domain"] == SMS_HOSTS[account.world]
    }


def all_scopes_token(account: OAuthAccount) -> str:
    token: str = account.make("*:*/*")["token"]
    return token


def sent_one(account: OAuthAccount, token: str, **body: Any) -> dict[str, Any]:
    """A message that was accepted; routes of production are known a moment after they are made."""
    given = {"recipient": new_number(), "message": "hello", **body}

    def accepted() -> dict[str, Any] | None:
        answer = account.send(token, **given)
        message: dict[str, Any] | None = answer.json().get("data")
        return message if answer.status_code == 201 else None

    found = wait_for(accepted, what="accepted")
    assert found is not None
    return found


# GET /scopes, /scopes/{id} ------------------------------------------------------------------------


def test_scopes_are_those_that_a_token_for_everything_has(anna: OAuthAccount) -> None:
    listed = anna.read("/scopes")
    assert {frozenset(one) for one in listed} == {frozenset(SCOPE_FIELDS)}
    assert [one["scope"] for one in listed] == anna.make("*:*/*")["scopes"]
    for one in listed:
        assert one["scope"] == f"{one['method']}:{one['domain']}/{one['endpoint']}"
        assert one["enabled"] is True
        assert len(one["id"]) == 24
    assert len({one["id"] for one in listed}) == len(listed)


@pytest.mark.parametrize("limit", ["0", "1", "true", "false", "x", ""])
def test_a_limit_of_scopes_changes_nothing(anna: OAuthAccount, limit: str) -> None:
    assert anna.read("/scopes", limit=limit) == anna.read("/scopes")


def test_ids_of_scopes_never_change(cast: Cast) -> None:
    """On whatever installation, for whatever account."""
    known = {
        "production": ("POST:sms.openapi.com/IT-messages", "82129a1a37e52b573eb5ec5b"),
        "sandbox": ("GET:test.sms.openapi.com/messages", "7175855322f9a800e2a476ff"),
    }
    for world, (scope, scope_id) in known.items():
        for account in (cast.anna[world], cast.bruno[world]):
            assert {one["scope"]: one["id"] for one in account.read("/scopes")}[scope] == scope_id


def test_a_scope_is_told_with_its_limits_and_prices(anna: OAuthAccount) -> None:
    by_endpoint = scopes_of(anna)
    reading = anna.read(f"/scopes/{by_endpoint['GET', 'messages']['id']}")
    assert set(reading) == DETAIL_FIELDS
    assert (reading["freeLimits"], reading["prices"]) == (FREE, {})
    assert reading["rateLimit"] == "10000/minute"
    italian = by_endpoint["POST", "IT-messages"]
    sending = anna.read(f"/scopes/{italian['id']}")
    assert {name: sending[name] for name in SCOPE_FIELDS} == italian
    assert sending["freeLimits"] == {**FREE, "dayLimit": 0}
    assert sending["requirements"] == {}
    assert set(sending["prices"]) == {"it-messages"}


def test_prices_are_those_of_the_routes(cast: Cast) -> None:
    sandbox = cast.anna["sandbox"]
    prices = {
        one["endpoint"]: sandbox.read(f"/scopes/{one['id']}")["prices"]
        for one in sandbox.read("/scopes")
        if one["method"] == "POST" and one["domain"] == SMS_HOSTS["sandbox"]
    }
    assert prices["IT-messages"] == {"it-messages": IT_PRICE}
    assert prices["ES-messages"] == {"es-messages": ES_PRICE}
    assert prices["WW-messages"]["ww-messages-fr"] == WW_PRICE
    assert prices["WW-messages"]["ww-messages-it"] == IT_PRICE
    assert prices["otp"]["otp-de"] == WW_PRICE
    assert prices["senders"] == prices["explain"] == {}
    token = all_scopes_token(sandbox)
    assert sent_one(sandbox, token)["price"] == prices["IT-messages"]["it-messages"]


@pytest.mark.parametrize("scope_id", [UNKNOWN, *NO_IDS])
def test_404_10_for_an_unknown_scope(anna: OAuthAccount, scope_id: str) -> None:
    assert anna.refused("GET", f"/scopes/{scope_id}") == (404, 10)


def test_404_10_for_a_scope_of_the_other_world(cast: Cast) -> None:
    scope_id = cast.anna["production"].read("/scopes")[0]["id"]
    assert cast.anna["sandbox"].refused("GET", f"/scopes/{scope_id}") == (404, 10)


# GET /wallet, /wallet/transactions ----------------------------------------------------------------


@pytest.mark.parametrize(("world", "credit"), [("sandbox", 1000), ("production", 0)])
def test_the_wallet_tells_its_credit(cast: Cast, world: str, credit: float) -> None:
    with oauth_accounts(cast.installation, "new") as worlds:
        wallet = worlds[world].read("/wallet")
    assert set(wallet) == {"credit", "createdAt", "updatedAt"}
    assert wallet["credit"] == credit
    assert timedelta(minutes=-2) < since(moment(wallet["createdAt"])) <= timedelta(0)
    assert moment(wallet["updatedAt"]) >= moment(wallet["createdAt"])


def test_what_is_sent_is_taken_off_the_credit(anna: OAuthAccount) -> None:
    before = anna.read("/wallet")["credit"]
    message = sent_one(anna, all_scopes_token(anna))
    assert anna.read("/wallet")["credit"] == money(before - message["totalPrice"])
    newest = anna.read("/wallet/transactions", limit=1)[0]
    assert newest["amount"] == -message["totalPrice"]
    assert message["id"] in newest["description"]


def test_transactions_are_the_ledgers_newest_first(fresh: OAuthAccount) -> None:
    token = all_scopes_token(fresh)
    messages = [sent_one(fresh, token) for _ in range(3)]
    topup(fresh, "5.25")
    sell(fresh, "--segments", "10", "--price", "2", "--name", "spring")
    entries = fresh.read("/wallet/transactions")
    assert {frozenset(one) for one in entries} == {
        frozenset({"id", "amount", "createdAt", "description"})
    }
    cost = messages[0]["totalPrice"]
    assert [one["amount"] for one in entries] == [-2, 5.25, -cost, -cost, -cost, 1000]
    assert sum(one["amount"] for one in entries) == money(fresh.read("/wallet")["credit"])
    described = [one["description"] for one in entries]
    for message, words in zip(reversed(messages), described[2:5], strict=True):
        assert message["id"] in words
    assert "spring" in described[0]
    assert len({one["id"] for one in entries}) == len(entries)
    times = [moment(one["createdAt"]) for one in entries]
    assert times == sorted(times, reverse=True)
    assert fresh.read("/wallet/transactions", skip=2, limit=3) == entries[2:5]
    assert fresh.read("/wallet/transactions", skip=len(entries)) == []


def test_transactions_of_others_are_not_there(cast: Cast) -> None:
    anna, bruno = cast.anna["sandbox"], cast.bruno["sandbox"]
    topup(bruno, "7.77")
    assert 7.77 in [one["amount"] for one in bruno.read("/wallet/transactions")]
    assert 7.77 not in [one["amount"] for one in anna.read("/wallet/transactions")]
    assert 7.77 not in [
        one["amount"] for one in cast.bruno["production"].read("/wallet/transactions")
    ]


@pytest.mark.parametrize("query", WRONG_WINDOWS)
def test_422_60_for_a_window_of_transactions_that_is_none(anna: OAuthAccount, query: str) -> None:
    assert anna.refused("GET", f"/wallet/transactions?{query}") == (422, 60)


# GET /subscriptions, /subscriptions/{id} ----------------------------------------------------------


def test_bundles_are_subscriptions(fresh: OAuthAccount) -> None:
    assert fresh.read("/subscriptions") == []
    sell(fresh, "--segments", "1000", "--price", "25", "--autorenew", "--market", "IT")
    (listed,) = fresh.read("/subscriptions")
    assert set(listed) == SUBSCRIPTION_FIELDS
    assert listed["scope"] == fresh.scope("IT-messages", "POST")
    assert listed["domain"] == SMS_HOSTS[fresh.world]
    assert (listed["totalRequests"], listed["availableRequests"]) == ("1000", "1000")
    assert (listed["pricePerRequest"], listed["price"]) == (0.025, 25)
    assert (listed["type"], listed["autorenew"], listed["active"]) == ("month", True, True)
    assert moment(listed["expiresAt"]) - moment(listed["startsAt"]) == timedelta(days=30)
    assert listed["createdAt"] == listed["startsAt"] == listed["updatedAt"]
    assert fresh.read(f"/subscriptions/{listed['id']}") == listed
    assert fresh.read("/subscriptions", id=listed["id"]) == listed
    sent_one(fresh, all_scopes_token(fresh), message="x" * 200)
    assert fresh.read(f"/subscriptions/{listed['id']}")["availableRequests"] == "998"


def test_a_bundle_that_was_ended_is_not_active(fresh: OAuthAccount) -> None:
    sell(fresh, "--segments", "10", "--price", "1", "--autorenew")
    (listed,) = fresh.read("/subscriptions")
    where = ("--environment", fresh.world)
    number = str(int(listed["id"]))
    fresh.installation.json("bundle", "end", fresh.email, number, *where, "--reason", "over")
    (ended,) = fresh.read("/subscriptions")
    assert (ended["active"], ended["autorenew"]) == (False, False)
    assert (ended["totalRequests"], ended["availableRequests"]) == ("10", "0")
    assert since(moment(ended["expiresAt"])) <= timedelta(0)
    assert ended["updatedAt"] == ended["expiresAt"]


def test_subscriptions_are_listed_newest_first_in_windows_by_scope(fresh: OAuthAccount) -> None:
    for market in ("IT", "ES", "WW", None):
        sell(fresh, "--segments", "5", "--price", "1", *(("--market", market) if market else ()))
    listed = fresh.read("/subscriptions")
    endpoints = [one["scope"].rpartition("/")[2] for one in listed]
    assert endpoints == ["*", "WW-messages", "ES-messages", "IT-messages"]
    assert fresh.read("/subscriptions", skip=1, limit=2) == listed[1:3]

    def found(*scopes: str) -> list[str]:
        wanted = ",".join(scopes)
        every = fresh.read("/subscriptions", scopes=wanted)
        return [one["scope"].rpartition("/")[2] for one in every]

    assert found(fresh.scope("IT-messages", "POST")) == ["*", "IT-messages"]
    assert found(fresh.scope("otp", "POST")) == ["*", "WW-messages"]
    both = (fresh.scope("IT-messages", "POST"), fresh.scope("ES-messages", "POST"))
    assert found(*both) == ["*", "ES-messages", "IT-messages"]
    assert found(fresh.scope("*", "POST")) == endpoints
    assert found(fresh.scope()) == []
    assert found("GET:company.openapi.com/IT-start") == []


@pytest.mark.parametrize("subscription_id", NO_IDS)
def test_400_230_for_what_is_no_subscription(anna: OAuthAccount, subscription_id: str) -> None:
    assert anna.refused("GET", f"/subscriptions/{subscription_id}") == (400, 230)
    assert anna.refused("GET", f"/subscriptions?id={subscription_id}") == (400, 230)


@pytest.mark.parametrize("query", [*WRONG_WINDOWS, "scopes=http://x/", "scopes=a/b/c"])
def test_400_230_for_a_query_that_is_none(anna: OAuthAccount, query: str) -> None:
    assert anna.refused("GET", f"/subscriptions?{query}") == (400, 230)


def test_404_220_for_a_subscription_that_is_unknown_or_not_ours(
    anna: OAuthAccount, bruno: OAuthAccount
) -> None:
    sell(bruno, "--segments", "5", "--price", "1")
    theirs = bruno.read("/subscriptions")[0]["id"]
    unknown = anna.client.get(f"/subscriptions/{UNKNOWN}")
    assert refusal_of(unknown) == (404, 220)
    for other in (theirs, "9" * 24, "f" * 24):
        assert anna.client.get(f"/subscriptions/{other}").json() == unknown.json()
    assert data_of(bruno.client.get(f"/subscriptions/{theirs}"))["id"] == theirs
