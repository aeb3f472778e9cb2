"""Lists of messages, and the limit of requests: the rest of the HTTP contract, section 5.

Two installations: one whose tokens may make 25 requests a minute, one whose tokens may make 10,000.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from contract_site import Customer, Site, created, error_of, new_number, serving
from installation import wait_for

PER_MINUTE = 25


@dataclass(frozen=True)
class Cast:
    """An account with a message of each state, and one with many messages."""

    site: Site
    some: Customer
    many: Customer
    other: Customer  # whom tests send with
    states: dict[str, list[str]]  # from a state to the ids of its messages, newest first


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with serving(tmp_path_factory.mktemp("lists")) as site:
        some, many, other = site.customers("some", "many", "other")
        for _ in range(103):
            many.send(message="x")
        yield Cast(site, some, many, other, _one_of_each(some))


def _one_of_each(customer: Customer) -> dict[str, list[str]]:
    """Messages that end in each state, or stay in it; and a dry run, which is in none."""
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    cancelled = customer.send(sendAt=later)
    customer.client.delete(f"/messages/{cancelled['id']}")
    customer.send(options={"dryRun": True})
    tails = {"9901": "UNDELIVERABLE", "9902": "REJECTED", "9903": "EXPIRED", "9904": "PENDING"}
    states = {"REJECTED": [cancelled["id"]], "NEW": [customer.send(sendAt=later)["id"]]}
    for tail, state in {**tails, "0000": "DELIVERED"}.items():
        message = customer.send(recipient=f"+39333765{tail}")
        customer.wait(message["id"], lambda now, state=state: now["state"] == state, state)
        states.setdefault(state, []).insert(0, message["id"])
    return states


def ids(messages: list[dict[str, Any]]) -> list[str]:
    return [message["id"] for message in messages]


def test_the_list_is_newest_first_and_100_unless_asked(cast: Cast) -> None:
    listed = cast.many.listed()
    assert len(listed) == 100
    assert ids(listed) == sorted(ids(listed), reverse=True)
    assert all(newer["createdAt"] >= older["createdAt"] for newer, older in pairwise(listed))


@pytest.mark.parametrize(
    ("skip", "limit"), [(0, 1), (0, 103), (0, 1000), (3, 7), (100, 100), (103, 1)]
)
def test_skip_and_limit_choose_a_part(cast: Cast, skip: int, limit: int) -> None:
    everything = ids(cast.many.listed(limit=1000))
    assert len(everything) == 103
    assert ids(cast.many.listed(skip=skip, limit=limit)) == everything[skip : skip + limit]


@pytest.mark.parametrize("limit", [1000, 50, 7])
def test_a_cursor_leads_through_all_of_them_once(cast: Cast, limit: int) -> None:
    found: list[str] = []
    query: dict[str, Any] = {"limit": limit}
    while True:
        answer = cast.many.client.get("/messages", params=query).json()
        found += ids(answer["data"])
        if "nextCursor" not in answer:
            break
        assert len(answer["data"]) == limit
        query["cursor"] = answer["nextCursor"]
    assert found == ids(cast.many.listed(limit=1000))


def test_a_cursor_is_not_moved_by_what_comes_meanwhile(cast: Cast) -> None:
    customer = cast.site.customer("moves")
    sent = [customer.send()["id"] for _ in range(4)][::-1]
    first = customer.client.get("/messages?limit=2").json()
    customer.send()
    rest = customer.client.get(f"/messages?limit=2&cursor={first['nextCursor']}").json()
    assert ids(first["data"]) + ids(rest["data"]) == sent


@pytest.mark.parametrize(
    "state", ["NEW", "PENDING", "DELIVERED", "UNDELIVERABLE", "REJECTED", "EXPIRED"]
)
def test_state_chooses_what_is_in_it(cast: Cast, state: str) -> None:
    assert ids(cast.some.listed(state=state)) == cast.states[state]
    assert all(message["state"] == state for message in cast.some.listed(state=state))


def test_recipient_chooses_what_went_to_a_number(cast: Cast) -> None:
    number = new_number()
    sent = [cast.other.send(recipient=number, message=text)["id"] for text in ("one", "two")]
    cast.other.send()
    assert ids(cast.other.listed(recipient=number)) == sent[::-1]
    assert cast.other.listed(recipient=new_number()) == []


def test_from_includes_and_to_excludes_its_moment(cast: Cast) -> None:
    customer = cast.site.customer("times")
    before = customer.send()

    def in_another_second() -> dict[str, Any] | None:
        message = customer.send()
        return message if message["createdAt"] > before["createdAt"] else None

    after = wait_for(in_another_second, what="another second")
    assert after is not None
    moment = after["createdAt"]
    newer, older = ids(customer.listed(**{"from": moment})), ids(customer.listed(to=moment))
    assert after["id"] in newer
    assert before["id"] in older
    assert newer + older == ids(customer.listed())
    rome = datetime.fromisoformat(moment).astimezone(UTC) + timedelta(hours=1)
    shifted = rome.isoformat().replace("+00:00", "+01:00")
    assert ids(customer.listed(to=shifted)) == older
    assert customer.listed(**{"from": moment, "to": moment}) == []


def test_filters_hold_together(cast: Cast) -> None:
    number = "+393337659901"
    (found,) = cast.some.listed(recipient=number, state="UNDELIVERABLE", limit=5)
    assert cast.some.listed(recipient=number, state="DELIVERED") == []
    assert cast.some.listed(recipient=number, to="2020-01-01") == []
    assert cast.some.listed(recipient=number, skip=1) == []
    assert found["recipient"] == number


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("skip=-1", "skip"),
        ("skip=1.5", "skip"),
        ("state=SENT", "state"),
        ("state=delivered", "state"),
        ("recipient=3331234567", "recipient"),
        ("from=yesterday", "from"),
        ("from=2026-03-14T09:26:53", "from"),
        ("to=2026-13-01", "to"),
        ("cursor=first", "cursor"),
        ("limit=%00", "limit"),
        ("state=%ff", "state"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_1001_and_named(
    cast: Cast, query: str, named: str
) -> None:
    answer = cast.some.client.get(f"/messages?{query}")
    assert error_of(answer) == (422, 1001)
    assert named in answer.json()["message"]


def test_nobody_sees_the_messages_of_another_account_or_world(cast: Cast) -> None:
    mine = cast.other.send(recipient=new_number())
    elsewhere = cast.site.enter("other", "production")
    for other in (cast.many, elsewhere):
        assert other.listed(recipient=mine["recipient"]) == []
        assert mine["id"] not in ids(other.listed(limit=1000))
        assert error_of(other.client.get(f"/messages/{mine['id']}")) == (404, 2070)


# The limit of requests ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Where a token may make few requests a minute."""
    settings = {"STAFFETTA_RATE_LIMIT_PER_MINUTE": str(PER_MINUTE)}
    with serving(tmp_path_factory.mktemp("rates"), **settings) as site:
        site.run("account", "create", "--email", "alice@example.com")
        yield site


def limits(answer: httpx.Response) -> tuple[int, int, int]:
    names = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
    limit, remaining, reset = (int(answer.headers[name]) for name in names)
    return limit, remaining, reset


def test_without_a_setting_it_is_10000_a_minute(cast: Cast) -> None:
    assert limits(cast.some.client.get("/messages"))[0] == 10_000


def test_successes_and_refusals_carry_ratelimit_headers(narrow: Site) -> None:
    customer = narrow.enter("alice")
    answers = [
        customer.post(),
        customer.otp(),
        customer.client.get("/messages"),
        customer.client.get("/messages/x"),
        customer.post(sender="!"),
        customer.client.post("/IT-messages", content=b"{"),
        customer.client.get("/senders"),
    ]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [201, 201, 200, 404, 422, 400, 404]
    for answer in answers:
        limit, remaining, reset = limits(answer)
        assert limit == PER_MINUTE
        assert 0 <= remaining < PER_MINUTE
        assert 0 <= reset <= 60


def test_beyond_the_limit_429_2090_with_retry_after_before_scope_and_body(narrow: Site) -> None:
    """A token of the GET of lists alone: its first requests are 403, those beyond are 429."""
    refused = wait_for(lambda: _exhaust(narrow), what="the limit within one minute")
    for answer in refused:
        assert error_of(answer) == (429, 2090)
        assert str(PER_MINUTE) in answer.json()["message"]
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert limits(answer)[:2] == (PER_MINUTE, 0)
    # Another token of the same account has a minute of its own, and an unknown one is 401.
    other = narrow.enter("alice")
    created(other.post())
    headers = {"Authorization": "Bearer " + "0" * 24}
    assert other.client.get("/messages", headers=headers).status_code == 401


def _exhaust(site: Site) -> list[httpx.Response]:
    """What a new token is answered beyond its limit; nothing where a minute ended on the way."""
    customer = site.enter("alice", scopes=("GET:test.sms.openapi.com/messages",))
    bodies = [b"{}"] * (PER_MINUTE + 1) + [b"{"]
    answers = [customer.client.post("/IT-messages", content=body) for body in bodies]
    statuses = [answer.status_code for answer in answers]
    return answers[PER_MINUTE:] if statuses == [403] * PER_MINUTE + [429, 429] else []
