"""v1's callbacks, sentence by sentence: what is told, together, and that nothing told is lost.

Paragraph "Callback" of the HTTP contract, section 4: a whole installation calls back to receivers
on loopback, which a server bound to loopback allows.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from contract_receiver import CallbackReceiver, Came, receiving
from contract_site import serving
from installation import wait_for
from oauth_v2_account import OAuthAccount, as_customer, oauth_accounts
from process_table import children_of, kill, with_role
from v1_account import V1Account, in_days, new_number, refusal_of, v1_of

MANY = 250  # recipients; a thousand and more are shown without a network


@dataclass(frozen=True)
class Cast:
    """An account of the sandbox, by v1 and by OAuth v2."""

    anna: V1Account
    oauth: OAuthAccount


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with (
        serving(tmp_path_factory.mktemp("v1_callbacks")) as site,
        oauth_accounts(site.installation, "anna") as accounts,
    ):
        oauth = accounts["sandbox"]
        whose = ("--email", oauth.email, "--environment", "sandbox")
        token = site.run("token", "create", *whose)["token"]
        yield Cast(v1_of(as_customer(site, oauth, token)), oauth)


@pytest.fixture
def receiver() -> Iterator[CallbackReceiver]:
    with receiving() as receiver:
        yield receiver


def told(came: list[Came]) -> dict[str, str]:
    """What was said of each number last."""
    return {
        one["number"]: one["state"] for each in came for one in each.message["recipients"]["list"]
    }


def wait_until_told(
    receiver: CallbackReceiver, numbers: list[str], state: str = "DELIVERED"
) -> list[Came]:
    """Every callback, once each of these numbers was told to be in a state."""
    expected = dict.fromkeys(numbers, state)
    wait_for(lambda: told(list(receiver.came)) == expected, 120, f"{state} told of each")
    return list(receiver.came)


def many(first: int) -> list[str]:
    return [f"+39-335{number:07d}" for number in range(first, first + MANY)]


# What is told -------------------------------------------------------------------------------------


def test_a_summary_of_the_message_is_posted_with_the_recipients_that_changed(
    cast: Cast, receiver: CallbackReceiver
) -> None:
    numbers = [new_number(), new_number()]
    options = {"callback_url": receiver.url, "custom": {"order": 7}}
    message = cast.anna.send(recipients=numbers, options=options)
    last = wait_until_told(receiver, numbers)[-1].message
    shown = cast.anna.read(message["id"])
    listed = last["recipients"].pop("list")
    assert last == shown
    assert (last["state"], last["options"]["custom"]) == (2, {"order": 7})
    at_rest = {one["number"]: one for one in cast.anna.recipients(message["id"])}
    assert listed
    assert all(one == at_rest[one["number"]] for one in listed)


def test_it_is_json_and_signed_with_the_accounts_secret(
    cast: Cast, receiver: CallbackReceiver
) -> None:
    number = new_number()
    cast.anna.send(recipients=number, options={"callback_url": receiver.url})
    came = wait_until_told(receiver, [number])[-1]
    assert (came.method, came.headers["content-type"]) == ("POST", "application/json")
    whose = (cast.oauth.email, "--environment", "sandbox")
    secret = cast.oauth.installation.json("callbacks", "secret", "show", *whose)["secret"]
    assert came.is_signed(secret)


def test_with_a_field_it_is_a_form_with_the_json_in_that_field(
    cast: Cast, receiver: CallbackReceiver
) -> None:
    options = {"callback_url": receiver.url, "callback_field": "esito"}
    message = cast.anna.send(test=True, options=options)
    (came,) = receiver.wait()
    assert came.headers["content-type"] == "application/x-www-form-urlencoded"
    assert set(came.form) == {"esito"}
    body = json.loads(came.form["esito"][0])
    assert (body["id"], body["state"]) == (message["id"], 2)
    assert [one["state"] for one in body["recipients"]["list"]] == ["DELIVERED"]


def test_changes_are_gathered_a_thousand_at_most_and_a_second_apart_at_least(
    cast: Cast, receiver: CallbackReceiver
) -> None:
    numbers = [f"+39-336{number:07d}" for number in range(1_300)]
    cast.anna.send(recipients=numbers, test=True, options={"callback_url": receiver.url})
    came = wait_until_told(receiver, numbers)
    assert [len(one.message["recipients"]["list"]) for one in came] == [1_000, 300]
    run = cast.oauth.installation.json
    made = [
        datetime.fromisoformat(run("callbacks", "show", one.headers["webhook-id"])["createdAt"])
        for one in came
    ]
    assert made[1] - made[0] >= timedelta(seconds=1)


@pytest.mark.parametrize("how", ["a waiting message", "an open transaction"])
def test_cancelling_tells_every_recipient(cast: Cast, receiver: CallbackReceiver, how: str) -> None:
    numbers = [new_number(), new_number()]
    given: Mapping[str, dict[str, Any]] = {
        "a waiting message": {"options": {"timestamp_send": in_days(2)}},
        "an open transaction": {"transaction": True},
    }
    options = {**given[how].get("options", {}), "callback_url": receiver.url}
    message = cast.anna.send(**{**given[how], "recipients": numbers, "options": options})
    assert cast.anna.delete(message["id"]).status_code == 200
    (came,) = wait_until_told(receiver, numbers, "UNDELIVERABLE")
    assert came.message["state"] == 3


def test_a_url_that_may_not_be_reached_is_refused(cast: Cast) -> None:
    for url in ("http://10.0.0.1/", "ftp://example.com/", 7):
        assert refusal_of(cast.anna.post(options={"callback_url": url})) == (422, 305)


# How it is delivered ------------------------------------------------------------------------------


def test_a_failure_is_shown_repeated_and_replayed_and_the_account_sees_it(
    cast: Cast, receiver: CallbackReceiver
) -> None:
    receiver.answers(410)
    message = cast.anna.send(
        recipients=(number := new_number()), test=True, options={"callback_url": receiver.url}
    )
    (first,) = receiver.wait()
    identifier = first.headers["webhook-id"]
    run: Callable[..., Any] = cast.oauth.installation.json
    shown = wait_for(
        lambda: (one := run("callbacks", "show", identifier))["status"] == "ended" and one
    )
    assert (shown["kind"], shown["event"]) == ("v1", "recipients_changed")
    assert [one["httpStatus"] for one in shown["attempts"]] == [410]
    assert shown["messageId"] == message["id"]
    listed = run("callbacks", "list", "--account", cast.oauth.email, "--status", "ended")
    assert shown["id"] in {one["id"] for one in listed}

    receiver.answers(200)
    assert run("callbacks", "replay", identifier)["replayed"] == 1
    _, second = receiver.wait(2)
    assert second.headers["webhook-id"] == identifier
    assert told([second]) == {number: "DELIVERED"}

    (one,) = (each for each in cast.oauth.read("/callbacks") if each["id"] == shown["id"])
    assert one["scope"] == "POST:test.ws.messaggisms.com/messages"
    assert one["url"] == receiver.url
    assert one["data"] == cast.anna.read(message["id"])
    whole = cast.oauth.read(f"/callbacks/{shown['id']}")
    assert whole["data"] == second.message


def test_every_end_is_told_though_housekeeping_and_delivery_are_killed_in_between(
    cast: Cast, receiver: CallbackReceiver
) -> None:
    """The one while changes come, the other with a request under way that nobody answers."""
    numbers = many(0)
    supervisor = cast.oauth.installation.process
    assert supervisor is not None
    receiver.is_open.clear()
    cast.anna.send(recipients=numbers, options={"callback_url": receiver.url})
    receiver.wait()
    for role in ("callbacks", "housekeeping"):
        (victim,) = with_role(children_of(supervisor.pid), role)
        kill([victim])
    receiver.is_open.set()
    first, *_ = wait_until_told(receiver, numbers)
    identifier = first.headers["webhook-id"]
    # Nobody knows whether the first one arrived, so it comes again.
    wait_for(lambda: [one.headers["webhook-id"] for one in receiver.came].count(identifier) > 1)
