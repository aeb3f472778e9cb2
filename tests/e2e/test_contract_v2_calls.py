"""The other calls of v2: one-time passwords, senders, and /explain, which agrees with what is done.

Paragraphs "OTP body" and "Senders" of the HTTP contract, section 5, over real HTTP.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from contract_refusals import FRENCH, GERMAN, ITALIAN, REFUSED_BODIES, SPANISH, UNKNOWN
from contract_site import (
    WW_PRICE,
    Customer,
    Site,
    created,
    error_of,
    money,
    new_number,
    serving,
)
from installation import free_port, wait_for

MARKED = "GB"  # where an operator asks for approved senders
DRY = {"options": {"dryRun": True}}


@dataclass(frozen=True)
class Cast:
    """An account in both environments, and others in the sandbox."""

    site: Site
    sandbox: Customer
    production: Customer  # its carrier, of IT, FR and GB alone, is away
    unguarded: Customer  # as many passwords to one phone as it likes
    poor: Customer  # 0.03 available
    guarded: Customer  # IT and FR alone
    offender: Customer


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with serving(tmp_path_factory.mktemp("calls")) as site:
        sandbox, unguarded, poor, guarded, offender = site.customers(
            "alice", "unguarded", "poor", "guarded", "offender"
        )
        unguarded.guard("--otp-per-recipient", "none", "--otp-per-prefix", "none")
        poor.topup("-999.97")
        guarded.guard("--countries", "IT,FR")
        site.connector("away", free_port(), "IT,FR,GB", "0.03")
        site.run_all(("words", "add", "casino"), ("sender", "require", MARKED))
        production = site.enter("alice", "production")
        production.topup("100")
        wait_for(lambda: production.post().status_code == 201, what="the route is known")
        wait_for(lambda: _code(sandbox, message="casino") == 2044, what="the word is known")
        marked = new_number(MARKED)
        wait_for(lambda: _code(sandbox, recipient=marked) == 2025, what="the rule is known")
        yield Cast(site, sandbox, production, unguarded, poor, guarded, offender)


def _code(customer: Customer, **body: Any) -> int | None:
    """Why a dry run is refused."""
    code: int | None = customer.post("WW", **body, **DRY).json().get("code")
    return code


# One-time passwords -------------------------------------------------------------------------------


def verify(customer: Customer, message: dict[str, Any], code: str) -> httpx.Response:
    return customer.client.post(f"/otp/{message['id']}/verify", json={"code": code})


def other_than(code: str) -> str:
    """A code of the same length that it is not."""
    return ("2" if code[0] != "2" else "3") + code[1:]


@pytest.mark.parametrize(
    ("asked", "shape"),
    [
        ({}, r"\d{5}"),
        ({"length": 4}, r"\d{4}"),
        ({"length": 10}, r"\d{10}"),
        ({"alphanumeric": False, "length": None}, r"\d{5}"),
        ({"alphanumeric": True}, r"[A-HJ-NP-Z2-9]{5}"),
        ({"alphanumeric": True, "length": 10}, r"[A-HJ-NP-Z2-9]{10}"),
    ],
)
def test_a_code_has_its_length_and_characters(
    cast: Cast, asked: dict[str, Any], shape: str
) -> None:
    """Upper case, without the look-alikes 0 O 1 I; never the same twice."""
    messages = [created(cast.unguarded.otp(**asked)) for _ in range(10)]
    for message in messages:
        assert re.fullmatch(shape, message["otp"])
        assert message["message"].count(message["otp"]) == 1
        assert message["sender"] == "OTP MOBILE"
        assert message["otpOptions"]["alphanumeric"] is bool(asked.get("alphanumeric"))
        assert message["otpOptions"]["length"] == len(message["otp"])
    assert len({message["otp"] for message in messages}) > 1


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("+393331234567", "codice di verifica"),
        ("+34612345678", "Su clave"),
        ("+33612345678", "Votre code de vérification"),
        ("+4915112345678", "Bestätigungscode"),
        ("+436641234567", "Bestätigungscode"),
        ("+447400123456", "verification code"),
        ("+12025550123", "verification code"),
        ("+351912345678", "código de verificação"),
        ("+5511961234567", "código de verificação"),
        ("+48512345678", "Kod weryfikacyjny"),
        ("+380501234567", "код підтвердження"),
        ("+819012345678", "認証コード"),
        ("+8613812345678", "验证码"),
        ("+966512345678", "رمز التحقق"),
        ("+37866661212", "codice di verifica"),
    ],
)
def test_the_text_is_in_the_language_of_the_recipients_country(
    cast: Cast, number: str, words: str
) -> None:
    message = created(cast.sandbox.otp(recipient=number, options={"dryRun": True}))
    assert words in message["message"]
    assert message["messageCount"] == 1


def test_options_callback_and_otp_options_are_echoed(cast: Cast) -> None:
    message = created(
        cast.sandbox.otp(
            options={"failOnMultipleMessages": True},
            callback={"url": "https://sms.invalid/"},
            cacheSeconds=600,
            length=6,
            alphanumeric=True,
        )
    )
    assert message["options"] == {"dryRun": False, "failOnMultipleMessages": True}
    assert message["callback"]["url"] == "https://sms.invalid/"
    assert message["otpOptions"] == {"length": 6, "alphanumeric": True, "cacheSeconds": 600}


def test_within_cache_seconds_the_same_code_goes_again_and_is_charged_again(cast: Cast) -> None:
    customer, body = cast.unguarded, {"recipient": new_number("FR"), "cacheSeconds": 600}
    before = customer.credit
    first, second = (created(customer.otp(**body, length=10)) for _ in range(2))
    assert first["otp"] == second["otp"]
    assert first["id"] != second["id"]
    for message in (first, second):
        assert customer.final(message["id"])["totalPrice"] == money(WW_PRICE)
    assert customer.credit == money(before - 2 * WW_PRICE)
    assert created(customer.otp(recipient=body["recipient"], length=10))["otp"] != first["otp"]
    other = created(customer.otp(recipient=new_number("FR"), cacheSeconds=600, length=10))
    assert other["otp"] != first["otp"]


def test_after_cache_seconds_there_is_a_new_code(cast: Cast) -> None:
    body = {"recipient": new_number("FR"), "cacheSeconds": 2, "length": 10}
    first = created(cast.unguarded.otp(**body))

    def with_a_new_code() -> dict[str, Any] | None:
        message = created(cast.unguarded.otp(**body))
        return message if message["otp"] != first["otp"] else None

    new = wait_for(with_a_new_code, what="a new code")
    assert new is not None
    made_at, new_at = (datetime.fromisoformat(one["createdAt"]) for one in (first, new))
    assert new_at - made_at >= timedelta(seconds=2)  # not before


def test_the_right_code_verifies_once(cast: Cast) -> None:
    message = created(cast.sandbox.otp())
    answer = verify(cast.sandbox, message, message["otp"])
    assert (answer.status_code, answer.json()) == (200, {"data": {"verified": True}})
    again = verify(cast.sandbox, message, message["otp"])
    assert error_of(again) == (422, 1031)
    assert "used" in again.json()["message"]


def test_a_wrong_code_tells_the_tries_left_until_there_are_none(cast: Cast) -> None:
    message = created(cast.sandbox.otp())
    for left in (4, 3, 2, 1, 0):
        answer = verify(cast.sandbox, message, other_than(message["otp"]))
        expected = {"data": {"verified": False, "triesLeft": left}}
        assert (answer.status_code, answer.json()) == (200, expected)
    over = verify(cast.sandbox, message, message["otp"])
    assert error_of(over) == (422, 1031)
    assert "tries" in over.json()["message"]


def test_a_used_code_leaves_the_cache(cast: Cast) -> None:
    body = {"recipient": new_number("FR"), "cacheSeconds": 600, "length": 10}
    first = created(cast.sandbox.otp(**body))
    assert verify(cast.sandbox, first, first["otp"]).status_code == 200
    assert created(cast.sandbox.otp(**body))["otp"] != first["otp"]


@pytest.mark.parametrize("which", ["unknown", "no id", "no password", "of another", "a dry run"])
def test_an_unknown_one_time_password_is_2070(cast: Cast, which: str) -> None:
    ids = {
        "unknown": lambda: UNKNOWN,
        "no id": lambda: "x",
        "no password": lambda: cast.sandbox.send()["id"],
        "of another": lambda: created(cast.guarded.otp())["id"],
        "a dry run": lambda: created(cast.sandbox.otp(options={"dryRun": True}))["id"],
    }
    answer = verify(cast.sandbox, {"id": ids[which]()}, "12345")
    assert error_of(answer) == (404, 2070)


def test_the_same_key_answers_the_first_otp_again(cast: Cast) -> None:
    body, headers = {"recipient": new_number("FR"), "length": 10}, {"Idempotency-Key": "otp"}
    first, again = (cast.sandbox.client.post("/otp", json=body, headers=headers) for _ in range(2))
    assert again.headers["idempotent-replay"] == "true"
    assert (again.status_code, again.json()["data"]["otp"]) == (201, first.json()["data"]["otp"])
    other = cast.sandbox.client.post("/otp", json={**body, "length": 9}, headers=headers)
    assert error_of(other) == (422, 1002)
    assert len(cast.sandbox.listed(recipient=body["recipient"])) == 1


# Senders ------------------------------------------------------------------------------------------

APPLICATION = {
    "countryCode": MARKED,
    "sender": "Acme",
    "trafficType": "transactional",
    "companyWebsite": "https://acme.example",
    "industry": "retail",
    "senderCompanyRelationship": "r" * 60,
}


def register(customer: Customer, **changed: Any) -> httpx.Response:
    return customer.client.post("/senders/alias", json={**APPLICATION, **changed})


def test_without_senders_the_list_is_404_2074(cast: Cast) -> None:
    answer = cast.poor.client.get("/senders")
    assert error_of(answer) == (404, 2074)
    assert answer.json()["message"] == "No senders found"


def test_in_the_sandbox_a_sender_is_approved_at_once(cast: Cast) -> None:
    body = {"recipient": new_number(MARKED), "sender": "Acme"}
    customer = cast.site.customer("registers")
    refused = customer.post("WW", **body)
    assert error_of(refused) == (422, 2025)
    assert f"not approved for country {MARKED}" in refused.json()["message"]
    expected = {"countryCode": MARKED, "sender": "Acme", "state": "APPROVED"}
    assert register(customer).json() == {"data": expected}
    answer = customer.client.get("/senders")
    assert (answer.status_code, answer.json()) == (200, {"data": [expected]})
    wait_for(lambda: customer.post("WW", **body).status_code == 201, what="approved")
    assert error_of(customer.post("WW", **{**body, "sender": "acme"})) == (422, 2025)
    assert error_of(cast.sandbox.post("WW", **body)) == (422, 2025)  # it is another account's


def test_in_production_it_is_pending_until_an_operator_approves(cast: Cast) -> None:
    body = {"recipient": new_number(MARKED), "sender": "Acme"}
    pending = {"countryCode": MARKED, "sender": "Acme", "state": "PENDING"}
    assert register(cast.production).json() == {"data": pending}
    assert cast.production.client.get("/senders").json() == {"data": [pending]}
    assert error_of(cast.production.post("WW", **body)) == (422, 2025)
    cast.site.run("sender", "approve", cast.production.email, "Acme", "--country", MARKED)
    approved = {**pending, "state": "APPROVED"}
    assert cast.production.client.get("/senders").json() == {"data": [approved]}
    wait_for(lambda: cast.production.post("WW", **body).status_code == 201, what="approved")


@pytest.mark.parametrize("sender", [None, "Openapi", "Anything"])
def test_2025_only_in_countries_an_operator_marks(cast: Cast, sender: str | None) -> None:
    marked = {"recipient": new_number(MARKED), "sender": sender}
    for options in ({}, {"dryRun": True}):
        answer = cast.sandbox.post("WW", **marked, options=options)
        assert error_of(answer) == (422, 2025)
        assert f"not approved for country {MARKED}" in answer.json()["message"]
    assert cast.sandbox.post("WW", sender=sender).status_code == 201
    assert cast.sandbox.otp(recipient=marked["recipient"]).status_code == 201


@pytest.mark.parametrize(
    ("changed", "code", "word"),
    [
        ({"countryCode": None}, 1001, "countryCode"),
        ({"countryCode": "Italy"}, 1001, "countryCode"),
        ({"sender": 7}, 1001, "sender"),
        ({"sender": "a!"}, 2021, "sender"),
        ({"sender": "123456"}, 2024, "sender"),
        ({"senderCompanyRelationship": "r" * 61}, 1001, "senderCompanyRelationship"),
        ({"trafficType": []}, 1001, "trafficType"),
    ],
)
def test_a_sender_that_cannot_be_asked_for_is_refused(
    cast: Cast, changed: dict[str, Any], code: int, word: str
) -> None:
    answer = register(cast.poor, **changed)
    assert error_of(answer) == (422, code)
    assert word in answer.json()["message"]
    assert cast.poor.client.get("/senders").status_code == 404


# Explain ------------------------------------------------------------------------------------------

TAKEN: dict[str, tuple[str, dict[str, Any]]] = {
    "IT": ("IT", {}),
    "IT, several": ("IT", {"message": "x" * 161}),
    "ES, UCS-2": ("ES", {"message": "ж" * 71}),
    "WW": ("WW", {"message": "x" * 161}),
    "WW to Italy": ("WW", {"recipient": ITALIAN}),
    "a sender": ("IT", {"sender": "Acme"}),
    "a callback": ("IT", {"callback": {"url": "https://sms.invalid/"}}),
    "fail on several, and one": ("IT", {"options": {"failOnMultipleMessages": True}}),
    "a dry run": ("WW", {"options": {"dryRun": True}}),
}


@pytest.mark.parametrize("case", TAKEN)
def test_explain_says_what_a_send_then_does(cast: Cast, case: str) -> None:
    market, body = TAKEN[case]
    body = {"recipient": new_number("FR" if market == "WW" else market), "message": "hello", **body}
    said = cast.sandbox.explain(market=market, **body)
    message = cast.sandbox.send(market, **body)
    final = message if message["options"]["dryRun"] else cast.sandbox.final(message["id"])
    assert (said["accepted"], said["refusals"], said["market"]) == (True, [], market)
    assert said["recipient"] == {
        "number": message["recipient"],
        "internationalPrefix": message["internationalPrefix"],
        "countryCode": message["countryCode"],
    }
    assert said["sender"]["used"] == message["sender"]
    for name, told in (("name", "encoding"), ("charactersCount",) * 2, ("messageCount",) * 2):
        assert said["encoding"][name] == message[told]
    assert "".join(part["message"] for part in said["segments"]) == message["message"]
    assert said["price"]["price"] == money(final["price"])
    assert said["price"]["totalPrice"] == money(final["totalPrice"])


# Each refusal that a body of a send provokes, and each that somebody's state does.
EXPLAINED = {
    name: row
    for name, row in REFUSED_BODIES.items()
    if row.path in {"/IT-messages", "/ES-messages", "/WW-messages"} and row.code > 2000
}
STATES: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "credit": ("poor", "IT", {"message": "hello"}, 2001),
    "credit of WW": ("poor", "WW", {"recipient": FRENCH}, 2001),
    "a country": ("guarded", "WW", {"recipient": SPANISH}, 2040),
    "no route": ("production", "WW", {"recipient": GERMAN}, 2080),
    "no approval": ("sandbox", "WW", {"recipient": "+447400123456"}, 2025),
    "words on a dry run": (
        "sandbox",
        "IT",
        {"message": "casino", "options": {"dryRun": True}},
        2044,
    ),
    "words": ("offender", "IT", {"message": "casino"}, 2050),
    "a block": ("offender", "IT", {}, 2020),
}


@pytest.mark.parametrize("case", EXPLAINED)
def test_explain_says_why_a_send_is_then_refused(cast: Cast, case: str) -> None:
    row = EXPLAINED[case]
    agree(cast.sandbox, row.path[1:3], dict(row.body), row.code)


def test_explain_says_why_a_state_refuses(cast: Cast) -> None:
    """In order: the offender offends, and is blocked then."""
    for who, market, changed, code in STATES.values():
        agree(getattr(cast, who), market, {"recipient": ITALIAN, "message": "hi", **changed}, code)


def agree(customer: Customer, market: str, body: dict[str, Any], code: int) -> None:
    said = customer.explain(market=market, **body)
    answer = customer.client.post(f"/{market}-messages", json=body)
    assert answer.json()["code"] == code
    first = {"status": answer.status_code, **answer.json()}
    assert (said["accepted"], said["refusals"][:1]) == (False, [first])
