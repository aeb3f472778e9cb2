"""The HTTP contract of v2 as tables: each call that succeeds, each refusal, over real HTTP.

What stands below the tables in the contract (encodings, prices, words, codes, lists, callbacks) is
in the files beside this one.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from carrier import add_carrier, links_of
from contract_refusals import FRENCH, GERMAN, ITALIAN, REFUSED_BODIES, SPANISH, UNKNOWN
from contract_site import Customer, Site, created, error_of, serving
from installation import free_port, wait_for

BODY_BYTES_MAX = 60_000
MESSAGE_KEYS = {
    *("id", "username", "state", "sender", "recipient", "internationalPrefix", "countryCode"),
    *("message", "encoding", "charactersCount", "messageCount", "price", "totalPrice"),
    *("blocklisted", "blocklistedReason", "options", "callback"),
    *("createdAt", "updatedAt", "sentAt", "deliveredAt"),
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@dataclass(frozen=True)
class Cast:
    """Who plays: an account in both environments, a poor one, one that may do little."""

    site: Site
    sandbox: Customer
    production: Customer  # its carrier, of IT, ES and FR alone, is away
    poor: Customer  # 0.03 available
    guarded: Customer


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    directory = tmp_path_factory.mktemp("contract")
    with serving(directory, STAFFETTA_BODY_BYTES_MAX=str(BODY_BYTES_MAX)) as site:
        sandbox, poor, guarded = site.customers("alice", "poor", "guarded")
        add_carrier(site.installation, free_port(), countries="IT,ES,FR")
        production = site.enter("alice", "production")
        production.topup("100")
        poor.topup("-999.97")
        guarded.guard("--countries", "IT,FR", "--day-spend-max", "0.2")
        wait_for(lambda: production.post().status_code == 201, what="the route is known")
        yield Cast(site, sandbox, production, poor, guarded)


# What succeeds ------------------------------------------------------------------------------------


@pytest.mark.parametrize("world", ["sandbox", "production"])
@pytest.mark.parametrize(
    ("path", "recipient", "prefix", "country"),
    [
        ("/IT-messages", ITALIAN, "39", "IT"),
        ("/ES-messages", SPANISH, "34", "ES"),
        ("/WW-messages", FRENCH, "33", "FR"),
        ("/WW-messages", ITALIAN, "39", "IT"),
    ],
)
def test_post_answers_201_and_the_message(
    cast: Cast, world: str, path: str, recipient: str, prefix: str, country: str
) -> None:
    customer: Customer = getattr(cast, world)
    answer = customer.client.post(path, json={"recipient": recipient, "message": "hello"})
    message = created(answer)
    assert set(message) == MESSAGE_KEYS
    assert re.fullmatch(r"[0-9a-f]{24}", message["id"])
    assert TIME.fullmatch(message["createdAt"])
    assert TIME.fullmatch(message["updatedAt"])
    told = {name: message[name] for name in MESSAGE_KEYS - {"id", "createdAt", "updatedAt"}}
    assert told == {
        "username": "alice@example.com",
        "state": "NEW",
        "sender": "Openapi",
        "recipient": recipient,
        "internationalPrefix": prefix,
        "countryCode": country,
        "message": "hello",
        "encoding": "GSM-7",
        "charactersCount": 5,
        "messageCount": 1,
        "price": message["price"],
        "totalPrice": message["price"],
        "blocklisted": False,
        "blocklistedReason": None,
        "options": {"dryRun": False, "failOnMultipleMessages": False},
        "callback": None,
        "sentAt": None,
        "deliveredAt": None,
    }
    assert (message["price"] == 0) is (path == "/WW-messages")


@pytest.mark.parametrize("world", ["sandbox", "production"])
def test_post_otp_answers_201_and_the_message_with_its_code(cast: Cast, world: str) -> None:
    customer: Customer = getattr(cast, world)
    message = created(customer.otp())
    assert set(message) == MESSAGE_KEYS | {"isOtp", "otp", "otpOptions"}
    assert message["isOtp"] is True
    assert message["otp"] in message["message"]
    assert message["otpOptions"] == {"length": 5, "alphanumeric": False, "cacheSeconds": 0}


def test_get_messages_answers_200_and_messages_newest_first(cast: Cast) -> None:
    sent = [cast.production.send()["id"] for _ in range(3)]
    answer = cast.production.client.get("/messages?skip=0&limit=100")
    assert answer.status_code == 200
    assert isinstance(answer.json()["data"], list)
    assert all(set(one) == MESSAGE_KEYS for one in answer.json()["data"] if not one.get("isOtp"))
    ids = [one["id"] for one in answer.json()["data"]]
    assert [one for one in ids if one in sent] == sent[::-1]
    assert ids == sorted(ids, reverse=True)


def test_get_message_answers_200_and_the_message(cast: Cast) -> None:
    message = cast.production.send()
    answer = cast.production.client.get(f"/messages/{message['id']}")
    assert (answer.status_code, answer.json()) == (200, {"data": message})


# Refusals: what a body alone provokes -------------------------------------------------------------


@pytest.mark.parametrize("case", REFUSED_BODIES)
def test_a_body_is_refused(cast: Cast, case: str) -> None:
    row = REFUSED_BODIES[case]
    answer = cast.sandbox.client.post(row.path, content=json.dumps(row.body).encode())
    assert error_of(answer) == (row.status, row.code), answer.text
    for word in row.words:
        assert word in answer.json()["message"]


@pytest.mark.parametrize("path", ["/IT-messages", "/ES-messages", "/WW-messages", "/otp"])
@pytest.mark.parametrize(
    "body", [b"", b"hello", b"{", b"[]", b'"x"', b"null", b"7", b'{"recipient": NaN}', b"\xff{}"]
)
def test_1000_the_body_is_not_json_or_not_an_object(cast: Cast, path: str, body: bytes) -> None:
    answer = cast.sandbox.client.post(path, content=body)
    assert error_of(answer) == (400, 1000)
    assert "body" in answer.json()["message"]


@pytest.mark.parametrize("number", ["+393331234567", "+12025550101", "+447012345678"])
def test_mobile_perhaps_mobile_and_personal_numbers_are_taken(cast: Cast, number: str) -> None:
    message = cast.sandbox.send("WW", recipient=number)
    assert message["recipient"] == number


@pytest.mark.parametrize("sender", ["abc", "Eleven char", "A1 2b 3C", "12345678 ab"])
def test_a_sender_of_3_to_11_letters_digits_and_spaces_is_taken(cast: Cast, sender: str) -> None:
    assert cast.sandbox.send(sender=sender)["sender"] == sender


@pytest.mark.parametrize("sender", [None, "", ...])
def test_sender_null_or_empty_is_openapi(cast: Cast, sender: object) -> None:
    given = {} if sender is ... else {"sender": sender}
    assert cast.sandbox.send(**given)["sender"] == "Openapi"


def test_send_options_and_callback_are_echoed_with_their_defaults(cast: Cast) -> None:
    message = cast.sandbox.send(
        options={"failOnMultipleMessages": True}, callback={"url": "https://sms.invalid/x"}
    )
    assert message["options"] == {"dryRun": False, "failOnMultipleMessages": True}
    assert message["callback"] == {
        "url": "https://sms.invalid/x",
        "method": "JSON",
        "field": "data",
        "retry": 0,
        "headers": {},
        "custom": None,
    }


@pytest.mark.parametrize("nothing", [{"options": None}, {"options": {}}, {"callback": None}])
def test_null_and_empty_options_are_the_defaults(cast: Cast, nothing: dict[str, Any]) -> None:
    message = cast.sandbox.send(**nothing)
    assert message["options"] == {"dryRun": False, "failOnMultipleMessages": False}


# Refusals: what somebody's state provokes ---------------------------------------------------------


@pytest.mark.parametrize(
    ("market", "body", "needed"),
    [
        ("IT", {}, "0.045"),
        ("IT", {"message": "x" * 161}, "0.09"),
        ("ES", {}, "0.05"),
        ("WW", {}, "1.00"),
        ("WW", {"message": "x" * 161}, "2.00"),
        ("WW", {"options": {"dryRun": True}}, "1.00"),
        ("IT", {"options": {"dryRun": True}}, "0.045"),
    ],
)
def test_2001_credit_too_low_says_needed_and_available(
    cast: Cast, market: str, body: dict[str, Any], needed: str
) -> None:
    answer = cast.poor.post(market, **body)
    assert error_of(answer) == (402, 2001)
    assert f"{needed} needed" in answer.json()["message"]
    assert "0.03 available" in answer.json()["message"]
    assert cast.poor.listed() == []


def test_2001_for_a_one_time_password_too(cast: Cast) -> None:
    answer = cast.poor.otp()
    assert error_of(answer) == (402, 2001)
    assert "1.00 needed, 0.03 available" in answer.json()["message"]


COUNTRY, DAY = "may not send to DE", "daily spending cap"
GUARDS = {
    "a country not allowed": ("WW", {"recipient": GERMAN}, COUNTRY),
    "a country not allowed, on a dry run": (
        "WW",
        {"recipient": GERMAN, "options": {"dryRun": True}},
        COUNTRY,
    ),
    "the daily spending cap, IT": ("IT", {"message": "x" * 1530}, DAY),
    "the daily spending cap, WW": ("WW", {"message": "x" * 1530}, DAY),
}


@pytest.mark.parametrize("case", GUARDS)
def test_2040_a_guard_refuses_and_says_which(cast: Cast, case: str) -> None:
    market, body, words = GUARDS[case]
    answer = cast.guarded.post(market, **body)
    assert error_of(answer) == (422, 2040)
    assert words in answer.json()["message"]


def test_2040_the_otp_rate_of_recipient_prefix_and_account_says_which(cast: Cast) -> None:
    customer = cast.site.customer("otp-guarded")
    customer.guard("--otp-per-recipient", "1/600", "--otp-per-prefix", "2/600")
    customer.guard("--otp-per-account", "3/600")
    rows = [
        ("+33612340001", None),
        ("+33612340001", "recipient guard"),
        ("+33612340002", None),
        ("+33612340003", "prefix guard"),
        (ITALIAN, None),
        (SPANISH, "account guard"),
    ]
    for number, words in rows:
        answer = customer.otp(recipient=number)
        if words is None:
            assert answer.status_code == 201, answer.text
        else:
            assert error_of(answer) == (422, 2040)
            assert words in answer.json()["message"]
    assert len(customer.listed()) == 3


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize(
    "message_id",
    [UNKNOWN, "x", "0" * 23, "0" * 25, "g" * 24, "-1", "%00", "of another", "of another world"],
)
def test_2070_no_such_message(cast: Cast, method: str, message_id: str) -> None:
    if message_id == "of another":
        message_id = cast.guarded.send()["id"]
    if message_id == "of another world":
        message_id = cast.production.send()["id"]
    answer = cast.sandbox.client.request(method, f"/messages/{message_id}")
    assert error_of(answer) == (404, 2070)


@pytest.mark.parametrize("market", ["WW", "OTP"])
def test_2080_no_route_is_configured_and_nothing_charged(cast: Cast, market: str) -> None:
    customer, body = cast.production, {"recipient": GERMAN}
    before = customer.credit
    answer = customer.otp(**body) if market == "OTP" else customer.post(market, **body)
    assert error_of(answer) == (503, 2080)
    assert "no route" in answer.json()["message"]
    assert customer.credit == before


def test_a_route_whose_link_is_down_counts_as_a_route(cast: Cast) -> None:
    assert "bound" not in links_of(cast.site.installation)
    message = cast.production.send("ES")
    assert cast.production.read(message["id"])["state"] == "NEW"


def test_checks_come_in_the_order_of_the_contract(
    cast: Cast,
) -> None:
    """Body, recipient, market, sender, text, segments, callback, words, credit.

    Everything is wrong at first; what was refused is mended, and the next thing is refused.
    """
    cast.site.run("words", "add", "casino")
    customer = cast.poor
    body: dict[str, Any] = {
        "recipient": "x",
        "message": "",
        "sender": "!",
        "options": {"dryRun": True, "failOnMultipleMessages": True},
        "callback": {"url": "x"},
    }
    wait_for(lambda: _refused(customer, message="casino") == (422, 2044), what="words are known")
    assert error_of(customer.client.post("/ES-messages", content="[]")) == (400, 1000)
    ladder: Sequence[tuple[int, dict[str, Any]]] = [
        (2011, {"recipient": ITALIAN}),
        (2013, {"recipient": SPANISH}),
        (2021, {"sender": "123"}),
        (2024, {"sender": "Name"}),
        (2031, {"message": "casino " * 30}),
        (2030, {"options": {"dryRun": True}}),
        (2060, {"callback": {"url": "https://example.com"}}),
        (2044, {"message": "hello"}),
        (2001, {}),
    ]
    for code, mended in ladder:
        answer = customer.client.post("/ES-messages", json=body)
        assert answer.json()["code"] == code, answer.text
        body |= mended


def test_a_route_is_asked_for_before_credit(cast: Cast) -> None:
    penniless = cast.site.enter("poor", "production")
    assert error_of(penniless.post("WW", recipient=GERMAN)) == (503, 2080)
    assert error_of(penniless.post("WW", recipient=FRENCH)) == (402, 2001)


def _refused(customer: Customer, **body: Any) -> tuple[int, int]:
    return error_of(customer.post("ES", options={"dryRun": True}, **body))


def test_refusals_store_and_charge_nothing(cast: Cast) -> None:
    """By the way: the account that was refused so often has paid for what it sent alone."""
    customer = cast.site.customer("refused")
    for row in REFUSED_BODIES.values():
        customer.client.post(row.path, content=json.dumps(row.body))
    assert customer.listed() == []
    assert customer.credit == 1000
