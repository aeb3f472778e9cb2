"""Callbacks of v2, sentence by sentence: what is told, how, and that nothing told is ever lost.

Paragraph "Callbacks" of the HTTP contract, section 5: a whole installation calls back to receivers
on loopback, which a server bound to loopback allows.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from contract_receiver import Answer, CallbackReceiver, Came, receiving
from contract_site import UNDER_WAY, Customer, Site, created, error_of, new_number, serving
from installation import wait_for
from process_table import kill
from standardwebhooks import Webhook

LATE = "9906"  # numbers that end so are PENDING for as long as the setting below says
SETTINGS = {"STAFFETTA_NETWORK_LATE_SECONDS": "5"}  # long enough to look, on a busy machine too
CUSTOM = {"order": 7, "nested": {"list": [1, None, "è"]}}
ANSWER_SECONDS = 30


@dataclass(frozen=True)
class Cast:
    """An account of the sandbox, and one whose callback was never answered."""

    site: Site
    customer: Customer
    silent: CallbackReceiver


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with (
        receiving() as silent,
        serving(tmp_path_factory.mktemp("callbacks"), **SETTINGS) as site,
    ):
        customer = site.customer("alice")
        silent.is_open.clear()
        customer.send(recipient="+393337779902", callback={"url": silent.url, "retry": 0})
        yield Cast(site, customer, silent)
        silent.is_open.set()


@pytest.fixture
def receiver() -> Iterator[CallbackReceiver]:
    with receiving() as receiver:
        yield receiver


def send(cast: Cast, receiver: CallbackReceiver, tail: str = "", **callback: Any) -> dict[str, Any]:
    """A message that calls back; to a number with these last digits."""
    number = new_number()
    recipient = number[: len(number) - len(tail)] + tail
    return cast.customer.send(recipient=recipient, callback={"url": receiver.url, **callback})


def record(cast: Cast, came: Came, status: str) -> dict[str, Any]:
    """What the operator sees of a callback that came, once it has that status."""
    webhook_id = came.headers["webhook-id"]

    def shown() -> dict[str, Any] | None:
        found = cast.site.run("callbacks", "show", webhook_id)
        return found if found["status"] == status else None

    found = wait_for(shown, 2 * ANSWER_SECONDS, f"{webhook_id} {status}")
    assert found is not None
    return found


def assert_due_in(shown: dict[str, Any], low: int, high: int) -> None:
    """Due again in so many seconds: from the last attempt's beginning, and from its end."""
    last = shown["attempts"][-1]
    wait = datetime.fromisoformat(shown["dueAt"]) - datetime.fromisoformat(last["at"])
    assert wait >= timedelta(seconds=low)
    assert wait - timedelta(milliseconds=last["elapsedMs"]) <= timedelta(seconds=high)


# What is told, and when ---------------------------------------------------------------------------


@pytest.mark.parametrize("market", ["IT", "WW"])
def test_pending_then_the_final_state_with_the_message_and_custom_at_the_top(
    cast: Cast, receiver: CallbackReceiver, market: str
) -> None:
    number = {"IT": f"+39333700{LATE}", "WW": f"+3361270{LATE}"}[market]
    sent = cast.customer.send(
        market, recipient=number, callback={"url": receiver.url, "custom": CUSTOM}
    )
    receiver.wait()
    now = cast.customer.read(sent["id"])
    receiver.wait(2)
    assert receiver.states_of(sent["id"]) == ["PENDING", "DELIVERED"]
    pending, final = (one.message for one in receiver.came)
    assert pending == {**now, "custom": CUSTOM}
    assert now["state"] == "PENDING"
    assert (pending["sentAt"] is not None, pending["deliveredAt"]) == (True, None)
    assert final == {**cast.customer.read(sent["id"]), "custom": CUSTOM}
    assert final["deliveredAt"] is not None
    assert final["totalPrice"] > 0


@pytest.mark.parametrize(
    ("tail", "state"),
    [("0000", "DELIVERED"), ("9901", "UNDELIVERABLE"), ("9902", "REJECTED"), ("9903", "EXPIRED")],
)
def test_every_final_state_is_told(
    cast: Cast, receiver: CallbackReceiver, tail: str, state: str
) -> None:
    sent = send(cast, receiver, tail)
    final = receiver.wait_final(sent["id"]).message
    assert final == {**cast.customer.read(sent["id"]), "custom": None}
    assert final["state"] == state
    # PENDING came first, or was superseded; what no carrier took was never PENDING.
    assert receiver.states_of(sent["id"])[-1] == state
    assert set(receiver.states_of(sent["id"])[:-1]) <= ({"PENDING"} if tail != "9902" else set())


def test_a_cancelled_message_tells_that_it_is_rejected(
    cast: Cast, receiver: CallbackReceiver
) -> None:
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    sent = cast.customer.send(sendAt=later, callback={"url": receiver.url})
    cast.customer.client.delete(f"/messages/{sent['id']}")
    assert receiver.wait_final(sent["id"]).message["state"] == "REJECTED"
    assert receiver.states_of(sent["id"]) == ["REJECTED"]


def test_a_one_time_password_calls_back_too(cast: Cast, receiver: CallbackReceiver) -> None:
    sent = created(cast.customer.otp(callback={"url": receiver.url, "custom": {"login": "anna"}}))
    final = receiver.wait_final(sent["id"]).message
    assert (final["state"], final["custom"]) == ("DELIVERED", {"login": "anna"})


def test_a_dry_run_and_forbidden_words_call_nobody(cast: Cast, receiver: CallbackReceiver) -> None:
    offender = cast.site.customer("offender")
    cast.site.run("words", "add", "casino")
    callback = {"url": receiver.url}
    dry = cast.customer.send(callback=callback, options={"dryRun": True})

    def refused() -> bool:
        answer = offender.post(message="casino", callback=callback, options={"dryRun": True})
        return answer.status_code == 422

    wait_for(refused, what="the word is known")
    assert error_of(offender.post(message="casino", callback=callback)) == (422, 2050)
    later = send(cast, receiver)
    receiver.wait_final(later["id"])
    assert {one.message["id"] for one in receiver.came} == {later["id"]}
    owed = cast.site.run("callbacks", "list", "--limit", "1000")
    assert not {one["messageId"] for one in owed} & {dry["id"], offender.listed()[0]["id"]}


def test_a_newer_state_supersedes_an_older_one_that_is_unsent(
    cast: Cast, receiver: CallbackReceiver
) -> None:
    """PENDING fails after the message has ended: it is not repeated, and the end is told next."""
    receiver.answer = lambda _headers, body: Answer(500 if b'"PENDING"' in body else 200)
    receiver.is_open.clear()
    sent = send(cast, receiver, LATE, retry=5)
    receiver.wait()
    cast.customer.final(sent["id"])
    receiver.is_open.set()
    receiver.wait_final(sent["id"])
    pending, final = receiver.of(sent["id"])
    assert [pending.message["state"], final.message["state"]] == ["PENDING", "DELIVERED"]
    assert len(record(cast, pending, "superseded")["attempts"]) == 1
    record(cast, final, "delivered")


# How it is told -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [{}, {"method": "JSON"}, {"method": "JSON", "field": "payload"}])
def test_json_is_a_post_with_a_json_body(
    cast: Cast, receiver: CallbackReceiver, method: dict[str, str]
) -> None:
    sent = send(cast, receiver, "9902", **method)
    assert sent["callback"]["method"] == "JSON"
    (came,) = receiver.wait()
    assert (came.method, came.path) == ("POST", "/sms")
    assert came.headers["content-type"].split(";")[0] == "application/json"
    assert came.message["id"] == sent["id"]


@pytest.mark.parametrize(("given", "field"), [({}, "data"), ({"field": "payload"}, "payload")])
def test_post_is_a_form_with_the_json_in_a_field(
    cast: Cast, receiver: CallbackReceiver, given: dict[str, str], field: str
) -> None:
    sent = send(cast, receiver, "9902", method="POST", custom=CUSTOM, **given)
    assert (sent["callback"]["method"], sent["callback"]["field"]) == ("POST", field)
    (came,) = receiver.wait()
    assert came.method == "POST"
    assert came.headers["content-type"].split(";")[0] == "application/x-www-form-urlencoded"
    assert set(came.form) == {field}
    message = json.loads(came.form[field][0])
    assert message == {**cast.customer.read(sent["id"]), "custom": CUSTOM}


def test_headers_are_sent_along(cast: Cast, receiver: CallbackReceiver) -> None:
    headers = {"X-Shared-Secret": "s3cret", "Authorization": "Bearer mine", "X-Empty": ""}
    sent = send(cast, receiver, "9902", headers=headers)
    assert sent["callback"]["headers"] == headers
    (came,) = receiver.wait()
    assert {name: came.headers[name.lower()] for name in headers} == headers


@pytest.mark.parametrize("method", ["JSON", "POST"])
def test_every_request_is_signed_with_the_accounts_secret(
    cast: Cast, receiver: CallbackReceiver, method: str
) -> None:
    send(cast, receiver, "9902", method=method)
    (came,) = receiver.wait()
    secrets = {
        world: cast.site.run(
            *("callbacks", "secret", "show", cast.customer.email, "--environment", world)
        )["secret"]
        for world in ("sandbox", "production")
    }
    assert came.is_signed(secrets["sandbox"])
    assert not came.is_signed(secrets["production"])
    other = replace(came, body=came.body.replace(b"39333", b"39334"))
    assert not other.is_signed(secrets["sandbox"])
    if method == "JSON":
        assert Webhook(secrets["sandbox"]).verify(came.body, came.headers) == came.message


# What is a success, and what follows a failure ----------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_success(cast: Cast, receiver: CallbackReceiver, status: int) -> None:
    receiver.answers(status)
    send(cast, receiver, "9902", retry=5)
    (came,) = receiver.wait()
    shown = record(cast, came, "delivered")
    assert [one["httpStatus"] for one in shown["attempts"]] == [status]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_3xx_is_a_failure_and_not_followed(
    cast: Cast, receiver: CallbackReceiver, status: int
) -> None:
    with receiving() as elsewhere:
        receiver.answers(status, ("Location", elsewhere.url))
        send(cast, receiver, "9902", retry=0)
        (came,) = receiver.wait()
        shown = record(cast, came, "dead")
        assert [one["httpStatus"] for one in shown["attempts"]] == [status]
        assert "redirect" in shown["attempts"][0]["error"]
        assert elsewhere.came == []


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_after_a_failure_it_is_due_again_in_a_minute_and_a_little(
    cast: Cast, receiver: CallbackReceiver, status: int
) -> None:
    receiver.answers(status)
    sent = send(cast, receiver, "9902", retry=1)
    assert sent["callback"]["retry"] == 1
    (came,) = receiver.wait()
    shown = record(cast, came, "owed")
    assert [one["httpStatus"] for one in shown["attempts"]] == [status]
    assert_due_in(shown, 60, 75)  # with its jitter


def test_retry_after_is_honoured(cast: Cast, receiver: CallbackReceiver) -> None:
    receiver.answers(503, ("Retry-After", "600"))
    send(cast, receiver, "9902", retry=1)
    (came,) = receiver.wait()
    shown = record(cast, came, "owed")
    assert_due_in(shown, 600, 615)


def test_410_ends_it_whatever_retry_says(cast: Cast, receiver: CallbackReceiver) -> None:
    receiver.answers(410)
    send(cast, receiver, "9902", retry=5)
    (came,) = receiver.wait()
    assert len(record(cast, came, "ended")["attempts"]) == 1


def test_what_fails_beyond_its_retries_is_a_dead_letter_that_can_be_replayed(
    cast: Cast, receiver: CallbackReceiver
) -> None:
    receiver.answers(500)
    send(cast, receiver, "9902", retry=0)
    (first,) = receiver.wait()
    record(cast, first, "dead")
    receiver.answers(200)
    cast.site.run("callbacks", "replay", first.headers["webhook-id"])
    _, second = receiver.wait(2)
    assert second.headers["webhook-id"] == first.headers["webhook-id"]
    assert second.message == first.message
    assert len(record(cast, first, "delivered")["attempts"]) == 2


def test_without_retry_it_echoes_0_and_the_accounts_setting_applies(
    cast: Cast, receiver: CallbackReceiver
) -> None:
    """Five as shipped; an operator can set none."""
    receiver.answers(404)
    sent = send(cast, receiver, "9902")
    assert sent["callback"]["retry"] == 0
    (came,) = receiver.wait()
    record(cast, came, "owed")
    other = cast.site.customer("impatient")
    other.guard("--callback-retry", "0")
    other.send(recipient="+393337789902", callback={"url": receiver.url})
    _, came = receiver.wait(2)
    record(cast, came, "dead")


def test_what_is_not_answered_within_30_seconds_is_a_failure(cast: Cast) -> None:
    """It was sent before all the other tests, so that nobody has to wait for it."""
    came = cast.silent.wait()[-1]
    (attempt,) = record(cast, came, "dead")["attempts"]
    assert attempt["httpStatus"] is None
    assert ANSWER_SECONDS * 1000 <= attempt["elapsedMs"] < 2 * ANSWER_SECONDS * 1000


# Where it may go ----------------------------------------------------------------------------------


def test_a_server_on_loopback_allows_loopback_by_name_too(cast: Cast) -> None:
    with receiving("127.0.0.1") as receiver:
        url = receiver.url.replace("127.0.0.1", "localhost")
        cast.customer.send(recipient="+393337789902", callback={"url": url})
        (came,) = receiver.wait()
        record(cast, came, "delivered")


def test_names_are_checked_at_the_moment_of_connecting(tmp_path: Path) -> None:
    """Where the operator closed loopback, literals are refused, and names that lead there fail."""
    with (
        receiving("127.0.0.1") as receiver,
        serving(tmp_path, STAFFETTA_CALLBACKS_ALLOW_NETWORKS="none") as site,
    ):
        customer = site.customer("alice")
        for literal in ("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"):
            answer = customer.post(callback={"url": receiver.url.replace("127.0.0.1", literal)})
            assert error_of(answer) == (422, 2060)
            assert "STAFFETTA_CALLBACKS_ALLOW_NETWORKS" in answer.json()["message"]
        url = receiver.url.replace("127.0.0.1", "localhost")
        customer.send(recipient="+393337789902", callback={"url": url, "retry": 0})
        (dead,) = wait_for(lambda: site.run("callbacks", "list", "--status", "dead"), what="dead")
        assert (dead["host"], dead["httpStatus"]) == ("localhost", None)
        assert "address" in dead["error"]
        assert receiver.came == []


# Nothing is lost ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["callbacks", "dispatch"])
def test_each_callback_arrives_though_the_process_is_killed_between_change_and_delivery(
    cast: Cast, receiver: CallbackReceiver, role: str
) -> None:
    """SIGKILL while the receiver holds requests: changes are stored, and nothing was delivered."""
    receiver.is_open.clear()
    sent = [send(cast, receiver)["id"] for _ in range(20)]
    receiver.wait()
    pid = cast.site.installation.pid_of(role)
    kill([pid])
    held = len(receiver.came)
    wait_for(lambda: is_running_again(cast, role, pid), what=f"another {role} process")
    sent += [send(cast, receiver)["id"] for _ in range(5)]
    receiver.is_open.set()
    wait_for(lambda: set(sent) <= delivered_ends(cast), 240, "every end is delivered")
    if role == "callbacks":  # what was held died with its sender, and came again
        ends = {one.message["id"] for one in receiver.came[held:] if is_end(one)}
        assert ends == set(sent)
    for message_id in sent:
        states = receiver.states_of(message_id)
        assert states[-1] == cast.customer.read(message_id)["state"]
        assert states == sorted(states, key="PENDING".__ne__), "an older state after a newer"


def is_end(came: Came) -> bool:
    return came.message["state"] not in UNDER_WAY


def delivered_ends(cast: Cast) -> set[str]:
    """The messages whose final state was delivered, as the operator sees it."""
    options = ("--account", cast.customer.email, "--status", "delivered", "--limit", "1000")
    listed = cast.site.run("callbacks", "list", *options)
    return {one["messageId"] for one in listed if one["event"] == "delivered"}


def is_running_again(cast: Cast, role: str, killed: int) -> bool:
    try:
        return cast.site.installation.pid_of(role) != killed
    except AssertionError:
        return False
