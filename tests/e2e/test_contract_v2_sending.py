"""How v2 takes a text and what becomes of a message: encodings, states, times, repeated requests.

Paragraphs "Send body" and "States" of the HTTP contract, section 5, over real HTTP.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from carrier import Carrier, running_carrier
from contract_refusals import UNKNOWN
from contract_site import Customer, Site, created, error_of, money, new_number, serving
from installation import wait_for

# The whole default alphabet of GSM 03.38 without ESC, and the ten characters of its extension.
DEFAULT_ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"
# Late and silent enough to be told from a busy machine, which may stand still for a while.
SETTINGS = {
    "STAFFETTA_NETWORK_LATE_SECONDS": "5",
    "STAFFETTA_NETWORK_THROTTLE_SECONDS": "1",
    "STAFFETTA_RESPONSE_SECONDS": "5",
}


@dataclass(frozen=True)
class Cast:
    """One account in both environments; the carrier of production keeps a journal."""

    site: Site
    sandbox: Customer
    production: Customer
    phones: Carrier


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    directory = tmp_path_factory.mktemp("sending")
    with running_carrier(directory) as phones, serving(directory, **SETTINGS) as site:
        sandbox = site.customer("alice")
        site.connector("acme", phones.port, "*", "0.03")
        production = site.enter("alice", "production")
        production.topup("100")
        wait_for(lambda: production.post().status_code == 201, what="the route is known")
        yield Cast(site, sandbox, production, phones)


# Encodings ----------------------------------------------------------------------------------------

# Each text with its encoding, its count, and the characters of each segment.
GSM, UCS = "GSM-7", "UCS-2"
TEXTS: dict[str, tuple[str, str, int, list[int]]] = {
    "GSM-7: 160 septets": ("x" * 160, GSM, 160, [160]),
    "153 when several": ("x" * 161, GSM, 161, [153, 8]),
    "two full segments": ("x" * 306, GSM, 306, [153, 153]),
    "one more": ("x" * 307, GSM, 307, [153, 153, 1]),
    "ten full segments": ("x" * 1530, GSM, 1530, [153] * 10),
    "UCS-2: 70 code units": ("ж" * 70, UCS, 70, [70]),
    "67 when several": ("ж" * 71, UCS, 71, [67, 4]),
    "two full of UCS-2": ("ж" * 134, UCS, 134, [67, 67]),
    "one more of UCS-2": ("ж" * 135, UCS, 135, [67, 67, 1]),
    "ten full of UCS-2": ("ж" * 670, UCS, 670, [67] * 10),
    "the default alphabet is GSM-7": (DEFAULT_ALPHABET, GSM, 127, [127]),
    "an extension character counts two": (EXTENSION, GSM, 20, [10]),
    "eighty of them fill one": ("€" * 80, GSM, 160, [80]),
    "and is never split": ("€" * 80 + "x", GSM, 161, [76, 5]),
    "though it costs a segment": ("x" * 152 + "€" + "x" * 152, GSM, 306, [152, 152, 1]),
    "at the end of the first": ("x" * 151 + "€" + "x" * 152, GSM, 305, [152, 152]),
    "a surrogate pair counts two": ("😀", UCS, 2, [1]),
    "35 pairs fill one": ("😀" * 35, UCS, 70, [35]),
    "and is never split either": ("😀" * 36, UCS, 72, [33, 3]),
    "though it costs one too": ("ж" * 66 + "😀" + "ж" * 66, UCS, 134, [66, 66, 1]),
    "a joined emoji": ("👩\u200d👩\u200d👧", UCS, 8, [5]),
    "one foreign character decides": ("x" * 69 + "ç", UCS, 70, [70]),
    "for the whole text": ("x" * 70 + "ç", UCS, 71, [67, 4]),
    "a curly apostrophe": ("it’s", UCS, 4, [4]),
    "a backtick": ("`", UCS, 1, [1]),
    "a tab": ("a\tb", UCS, 3, [3]),
    "not normalised: e and an accent": ("e\u0301", UCS, 2, [2]),
    "not normalised: a ligature": ("ﬁ", UCS, 1, [1]),
    "not altered: spaces and lines": ("  x \r\n ", GSM, 7, [7]),
    "not altered: a space that is none": ("a\u00a0b", UCS, 3, [3]),
    "not altered: placeholders": ("{{name}}", GSM, 12, [8]),
}


@pytest.mark.parametrize("case", TEXTS)
def test_a_text_is_encoded_counted_and_cut(cast: Cast, case: str) -> None:
    text, encoding, characters, lengths = TEXTS[case]
    message = cast.production.send(message=text)
    told = {name: message[name] for name in ("encoding", "charactersCount", "messageCount")}
    assert told == {
        "encoding": encoding,
        "charactersCount": characters,
        "messageCount": len(lengths),
    }
    assert message["message"] == text
    number = message["recipient"]
    parts = wait_for(lambda: arrived(cast, number, len(lengths)), what="all segments")
    assert [len(part) for part in parts] == lengths
    assert "".join(parts) == text


def arrived(cast: Cast, number: str, count: int) -> list[str]:
    """What a phone got, once it has so many segments."""
    entries = [one for one in cast.phones.journal() if f"+{one.destination}" == number]
    parts = [one.text for one in sorted(entries, key=lambda one: one.part)]
    return parts if len(parts) == count else []


# States -------------------------------------------------------------------------------------------

# By the last digits of the number: the final state, whether a carrier accepted it, whether it is
# flagged as a possible duplicate.
OUTCOMES = {
    "0001": ("DELIVERED", True, False),
    "9901": ("UNDELIVERABLE", True, False),
    "9902": ("REJECTED", False, False),
    "9903": ("EXPIRED", True, False),
    "9904": ("PENDING", True, False),  # no report: PENDING until 48 hours have passed
    "9905": ("DELIVERED", True, False),
    "9906": ("DELIVERED", True, False),
    "9907": ("DELIVERED", True, False),
    "9908": ("DELIVERED", True, False),
    "9909": ("DELIVERED", True, True),
}


@pytest.fixture(scope="module")
def ended(cast: Cast) -> dict[tuple[str, str], dict[str, Any]]:
    """One message to each number in each market, when all that end have ended."""
    stems = {"IT": "+39334567", "ES": "+34617890", "WW": "+3361567"}
    sent = {
        (market, digits): cast.sandbox.send(market, recipient=_with_tail(stem, digits))
        for market, stem in stems.items()
        for digits in OUTCOMES
    }
    assert {message["state"] for message in sent.values()} == {"NEW"}

    def all_ended() -> dict[tuple[str, str], dict[str, Any]] | None:
        now = {key: cast.sandbox.read(message["id"]) for key, message in sent.items()}
        reached = [now[key]["state"] == OUTCOMES[key[1]][0] for key in sent]
        return now if all(reached) else None

    found = wait_for(all_ended, 120, "every message in its last state")
    assert found is not None
    return found


def _with_tail(stem: str, digits: str) -> str:
    """A number of its country's length with these last digits."""
    length = {"+39": 13, "+34": 12, "+33": 12}[stem[:3]]
    return stem.ljust(length - len(digits), "0")[: length - len(digits)] + digits


@pytest.mark.parametrize("market", ["IT", "ES", "WW"])
@pytest.mark.parametrize("digits", OUTCOMES)
def test_a_message_goes_through_its_states(
    ended: dict[tuple[str, str], dict[str, Any]], market: str, digits: str
) -> None:
    state, accepted, flagged = OUTCOMES[digits]
    message = ended[market, digits]
    assert message["state"] == state
    assert (message["sentAt"] is not None) is accepted  # sentAt: the carrier accepted it
    assert (message["deliveredAt"] is not None) is (state == "DELIVERED")
    assert message.get("possiblyDuplicate", False) is flagged
    assert (message["totalPrice"] > 0) is accepted


def test_a_late_report_is_waited_for_in_pending(cast: Cast) -> None:
    message = cast.sandbox.send(recipient="+393345679906")
    pending = cast.sandbox.wait(
        message["id"], lambda now: now["state"] == "PENDING", "the carrier has accepted it"
    )
    assert pending["sentAt"] is not None
    assert pending["deliveredAt"] is None
    assert cast.sandbox.final(message["id"])["state"] == "DELIVERED"


def test_a_report_after_a_final_state_changes_nothing(cast: Cast) -> None:
    """The second report of 9908 comes right after the first; then others are sent and end."""
    message = cast.sandbox.send(recipient="+393345689908")
    final = cast.sandbox.final(message["id"])
    for _ in range(3):
        cast.sandbox.final(cast.sandbox.send()["id"])
    assert cast.sandbox.read(message["id"]) == final


# sendAt and DELETE --------------------------------------------------------------------------------


def later(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


def test_send_at_waits_in_new_and_is_shown(cast: Cast) -> None:
    rome = timezone(timedelta(hours=1))
    due_at = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)
    message = cast.sandbox.send(sendAt=due_at.astimezone(rome).isoformat())
    assert message["sendAt"] == due_at.isoformat().replace("+00:00", "Z")
    cast.sandbox.final(cast.sandbox.send()["id"])  # a later one has gone past it
    assert cast.sandbox.read(message["id"]) == message
    assert message["state"] == "NEW"


def test_send_at_sends_when_the_time_has_come(cast: Cast) -> None:
    due_at = datetime.now(UTC) + timedelta(seconds=1.5)
    message = cast.sandbox.send(sendAt=due_at.isoformat())
    assert message["state"] == "NEW"
    final = cast.sandbox.final(message["id"])
    assert final["state"] == "DELIVERED"
    assert datetime.fromisoformat(final["sentAt"]) >= due_at.replace(microsecond=0)


def test_send_at_is_up_to_30_days_ahead(cast: Cast) -> None:
    message = cast.sandbox.send(sendAt=later(days=30, minutes=-1))
    assert cast.sandbox.client.delete(f"/messages/{message['id']}").status_code == 200
    answer = cast.sandbox.post(sendAt=later(days=30, minutes=1))
    assert error_of(answer) == (422, 1001)
    assert "sendAt" in answer.json()["message"]
    assert "30 days" in answer.json()["message"]


@pytest.mark.parametrize(("market", "text"), [("IT", "x"), ("ES", "x" * 161), ("WW", "x" * 161)])
def test_delete_while_waiting_cancels_and_refunds(cast: Cast, market: str, text: str) -> None:
    customer = cast.site.customer(f"cancels-{market.lower()}")
    message = customer.send(market, message=text, sendAt=later(hours=1))
    assert customer.credit < 1000  # charged, or held
    answer = customer.client.delete(f"/messages/{message['id']}")
    assert answer.status_code == 200
    cancelled = answer.json()["data"]
    assert (cancelled["id"], cancelled["state"]) == (message["id"], "REJECTED")
    assert cancelled["sentAt"] is None
    assert customer.credit == money(1000)
    assert customer.read(message["id"]) == cancelled
    again = customer.client.delete(f"/messages/{message['id']}")
    assert error_of(again) == (422, 2075)
    assert customer.credit == money(1000)


def test_delete_of_what_waits_no_longer_is_refused_and_changes_nothing(cast: Cast) -> None:
    message = cast.sandbox.send()
    final = cast.sandbox.final(message["id"])
    before = cast.sandbox.credit
    answer = cast.sandbox.client.delete(f"/messages/{message['id']}")
    assert error_of(answer) == (422, 2075)
    assert "cancelled" in answer.json()["message"]
    assert cast.sandbox.read(message["id"]) == final
    assert cast.sandbox.credit == before
    assert error_of(cast.sandbox.client.delete(f"/messages/{UNKNOWN}")) == (404, 2070)


def test_what_was_cancelled_never_reaches_the_phone(cast: Cast) -> None:
    def cancelled_in_time() -> dict[str, Any] | None:
        """Where the machine stood still for a second, its time had come, and it was refused."""
        message = cast.production.send(sendAt=later(seconds=1))
        answer = cast.production.client.delete(f"/messages/{message['id']}")
        cancelled: dict[str, Any] | None = answer.json().get("data")
        return cancelled

    message = wait_for(cancelled_in_time, what="cancelled before its time")
    assert message is not None
    assert message["state"] == "REJECTED"
    other = cast.production.send(sendAt=later(seconds=1.2))
    wait_for(lambda: arrived(cast, other["recipient"], 1), what="a later one arrived")
    assert not arrived(cast, message["recipient"], 1)


# Idempotency-Key ----------------------------------------------------------------------------------


def with_key(customer: Customer, key: str, body: dict[str, Any], path: str = "/IT-messages") -> Any:
    return customer.client.post(path, json=body, headers={"Idempotency-Key": key})


def test_the_same_key_and_body_answer_the_first_201_again(cast: Cast) -> None:
    customer = cast.site.customer("repeats")
    body = {"recipient": new_number(), "message": "x" * 161, "sendAt": later(hours=1)}
    first = with_key(customer, "key", body)
    again = with_key(customer, "key", body)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replay"] == "true"
    assert "idempotent-replay" not in first.headers
    assert customer.credit == money(1000 - 0.09)
    assert len(customer.listed()) == 1


def test_another_body_is_1002_and_nothing_happens(cast: Cast) -> None:
    body = {"recipient": new_number(), "message": "one"}
    first = created(with_key(cast.sandbox, "other-body", body))
    answer = with_key(cast.sandbox, "other-body", {**body, "message": "two"})
    assert error_of(answer) == (422, 1002)
    assert "Idempotency-Key" in answer.json()["message"]
    assert [one["id"] for one in cast.sandbox.listed(recipient=body["recipient"])] == [first["id"]]


@pytest.mark.parametrize(
    "refused", [{"recipient": "x"}, {"message": ""}, {"sender": "!"}, {"message": 1}]
)
def test_only_a_201_is_remembered_a_refusal_leaves_the_key_free(
    cast: Cast, refused: dict[str, Any]
) -> None:
    key, body = f"free-{refused}", {"recipient": new_number(), "message": "hello"}
    assert with_key(cast.sandbox, key, {**body, **refused}).status_code == 422
    answer = with_key(cast.sandbox, key, body)
    assert answer.status_code == 201
    assert "idempotent-replay" not in answer.headers


def test_a_refusal_for_credit_leaves_the_key_free(cast: Cast) -> None:
    customer = cast.site.customer("refilled")
    customer.topup("-1000")
    body = {"recipient": new_number(), "message": "hello"}
    assert error_of(with_key(customer, "key", body)) == (402, 2001)
    customer.topup("1")
    answer = with_key(customer, "key", body)
    assert (answer.status_code, answer.headers.get("idempotent-replay")) == (201, None)


def test_a_key_is_of_one_account_environment_and_path(cast: Cast) -> None:
    body = {"recipient": new_number(), "message": "hello"}
    stranger = cast.site.customer("stranger")
    first = with_key(cast.sandbox, "mine", body)
    others = [
        with_key(stranger, "mine", body),
        with_key(cast.production, "mine", body),
        with_key(cast.sandbox, "mine", body, "/WW-messages"),
    ]
    assert {one.headers.get("idempotent-replay") for one in (first, *others)} == {None}
    assert len({created(one)["id"] for one in (first, *others)}) == 4


@pytest.mark.parametrize(
    ("key", "status"), [("", 422), ("k", 201), ("k" * 255, 201), ("k" * 256, 422)]
)
def test_a_key_has_1_to_255_characters(cast: Cast, key: str, status: int) -> None:
    answer = with_key(cast.sandbox, key, {"recipient": new_number(), "message": "hello"})
    assert answer.status_code == status
    if status == 422:
        assert error_of(answer) == (422, 1001)
        assert "Idempotency-Key" in answer.json()["message"]


def test_the_same_request_many_times_at_once_is_one_message(cast: Cast) -> None:
    body = {"recipient": new_number(), "message": "hello"}
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: with_key(cast.sandbox, "at-once", body), range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["data"]["id"] for answer in answers}) == 1
    assert sum("idempotent-replay" not in answer.headers for answer in answers) == 1
    assert len(cast.sandbox.listed(recipient=body["recipient"])) == 1
