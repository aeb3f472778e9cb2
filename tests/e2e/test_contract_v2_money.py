"""What v2 costs: prices, holds, bundles, dry runs, and the price of forbidden words.

Paragraphs "Prices", "Bundles", "Forbidden words" and "dryRun" of the HTTP contract, section 5, over
real HTTP. Money is read where a client reads it: in Messages, and in what /explain calls available.
"""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from carrier import Carrier, running_carrier
from contract_site import (
    ES_PRICE,
    IT_PRICE,
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

TWO, TEN = "x" * 161, "x" * 1530
DRY = {"options": {"dryRun": True}}


@dataclass(frozen=True)
class Cast:
    """An account in both environments; production goes by carriers of several prices."""

    site: Site
    sandbox: Customer
    production: Customer
    phones: Carrier


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    directory = tmp_path_factory.mktemp("money")
    with running_carrier(directory) as phones, serving(directory) as site:
        sandbox = site.customer("alice")
        site.connector("near", phones.port, "IT,FR", "0.03")
        site.connector("far", phones.port, "DE", "0.07")
        site.connector("cheap", free_port(), "CH", "0.03")  # these two are away
        site.connector("dear", free_port(), "CH", "0.05")
        site.run_all(("words", "add", "casino"), ("words", "add", "clave", "--country", "MX"))
        production = site.enter("alice", "production")
        production.topup("100")
        wait_for(
            lambda: production.post("WW", recipient=new_number("CH"), **DRY).status_code == 201,
            what="the routes are known",
        )
        mexican = {"recipient": "+525512345678"}
        for words in ({"message": "casino"}, {"message": "clave", **mexican}):
            wait_for(
                lambda words=words: sandbox.post("WW", **words, **DRY).status_code == 422,
                what=f"{words} are known",
            )
        yield Cast(site, sandbox, production, phones)


@pytest.fixture(scope="module")
def bundled(cast: Cast) -> Customer:
    """An account for bundles."""
    return cast.site.customer("bundled")


@pytest.fixture(scope="module")
def bad_name(cast: Cast) -> Customer:
    """An account that offends."""
    return cast.site.customer("offender")


@pytest.fixture
def offender(bad_name: Customer) -> Iterator[Customer]:
    """The same, not blocked, and not left blocked."""
    yield bad_name
    lift(bad_name)


def lift(customer: Customer) -> None:
    """Until every process knows: within a second."""
    customer.lift()
    wait_for(lambda: customer.post(**DRY).status_code == 201, what="lifted")


# Prices -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("market", "text", "price", "total"),
    [
        ("IT", "x", IT_PRICE, IT_PRICE),
        ("IT", TWO, IT_PRICE, 2 * IT_PRICE),
        ("IT", TEN, IT_PRICE, 10 * IT_PRICE),
        ("ES", "x", ES_PRICE, ES_PRICE),
        ("ES", TWO, ES_PRICE, 2 * ES_PRICE),
    ],
)
def test_it_and_es_have_a_fixed_price_charged_on_acceptance(
    cast: Cast, market: str, text: str, price: float, total: float
) -> None:
    before = cast.sandbox.credit
    message = cast.sandbox.send(market, message=text)
    assert (message["price"], message["totalPrice"]) == (money(price), money(total))
    assert cast.sandbox.credit == money(before - total)
    final = cast.sandbox.final(message["id"])
    assert (final["price"], final["totalPrice"]) == (message["price"], message["totalPrice"])
    assert cast.sandbox.credit == money(before - total)
    assert isinstance(message["price"], float)


@pytest.mark.parametrize(
    ("country", "text", "price", "total"),
    [
        ("FR", "x", 0.03, 0.03),
        ("FR", TWO, 0.03, 0.06),
        ("DE", "x", 0.07, 0.07),
        ("DE", TWO, 0.07, 0.14),
    ],
)
def test_ww_costs_0_in_the_201_and_its_networks_price_once_the_carrier_has_accepted(
    cast: Cast, country: str, text: str, price: float, total: float
) -> None:
    customer = cast.production
    before = customer.credit
    message = customer.send("WW", recipient=new_number(country), message=text)
    assert (message["price"], message["totalPrice"]) == (0, 0)
    assert customer.credit == money(before - total)  # held
    sent = customer.wait(message["id"], lambda now: now["sentAt"] is not None, "accepted")
    assert (sent["price"], sent["totalPrice"]) == (money(price), money(total))
    assert customer.credit == money(before - total)  # charged


def test_otp_costs_0_in_the_201_and_ww_s_price_once_the_carrier_has_accepted(cast: Cast) -> None:
    before = cast.sandbox.credit
    message = created(cast.sandbox.otp())
    assert (message["price"], message["totalPrice"]) == (0, 0)
    final = cast.sandbox.final(message["id"])
    assert (final["price"], final["totalPrice"]) == (money(WW_PRICE), money(WW_PRICE))
    assert cast.sandbox.credit == money(before - WW_PRICE)


def test_ww_that_no_carrier_accepts_is_never_charged_and_the_hold_comes_back(cast: Cast) -> None:
    before = cast.sandbox.credit
    message = cast.sandbox.send("WW", recipient="+33612349902", message=TWO)
    final = cast.sandbox.final(message["id"])
    assert (final["state"], final["price"], final["totalPrice"]) == ("REJECTED", 0, 0)
    assert cast.sandbox.credit == money(before)


def test_ww_needs_1_eur_a_segment_though_it_costs_less(cast: Cast) -> None:
    """At each edge, from below and exactly; dry runs leave the credit as it is."""
    customer = cast.site.customer("edges")
    customer.topup("-999.000001")
    rows = [("0.999999", 1, 402), ("1.00", 1, 201), ("1.99", 2, 402), ("2.00", 2, 201)]
    rows += [("9.99", 10, 402)]
    had = Decimal("0.999999")
    for credit, segments, status in rows:
        if Decimal(credit) != had:
            customer.topup(str(Decimal(credit) - had))
            had = Decimal(credit)
        answer = customer.post("WW", message="x" * 150 * segments, **DRY)
        assert answer.status_code == status, answer.text
        if status == 402:
            assert error_of(answer) == (402, 2001)
            assert f"{segments}.00 needed" in answer.json()["message"]
            assert f"{credit} available" in answer.json()["message"]
    # IT needs its price alone, and what WW costs in truth leaves room for the next.
    assert customer.send("IT", message=TEN)["messageCount"] == 10
    assert customer.send("WW", message="x" * 450)["messageCount"] == 3


def test_held_is_the_highest_price_of_an_eligible_route_so_many_at_once_cannot_overspend(
    cast: Cast,
) -> None:
    """1.20 holds 0.05 five times before less than 1 EUR is left: the routes cost 0.03 and 0.05."""
    cast.site.run("account", "create", "--email", "burst@example.com")
    customer = cast.site.enter("burst", "production")
    customer.topup("1.20")
    numbers = [new_number("CH") for _ in range(20)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda one: customer.post("WW", recipient=one), numbers))
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {201: 5, 402: 15}
    assert customer.credit == money(0.95)
    assert len(customer.listed()) == 5


# Bundles ------------------------------------------------------------------------------------------


def test_with_a_bundle_segments_come_off_it_first_and_the_rest_is_charged(
    bundled: Customer,
) -> None:
    customer, had = bundled, bundled.credit
    customer.bundle("--segments", "3", "--price", "1")
    before = customer.credit
    assert before == money(had - 1)
    first = customer.send("IT", message=TWO)
    assert first["totalPrice"] == 0
    assert customer.credit == money(before)
    second = customer.send("IT", message=TWO)
    assert second["totalPrice"] == money(IT_PRICE)
    assert customer.credit == money(before - IT_PRICE)
    third = customer.send("IT", message=TWO)
    assert third["totalPrice"] == money(2 * IT_PRICE)
    assert customer.credit == money(before - 3 * IT_PRICE)


def test_ww_needs_no_credit_where_a_bundle_covers_it(cast: Cast) -> None:
    customer = cast.site.customer("covered")
    customer.bundle("--segments", "3", "--price", "999.50")
    assert customer.credit == money(0.5)
    assert customer.post("WW", message="x" * 459 + "y").status_code == 402  # 4 segments
    final = customer.final(customer.send("WW", message="x" * 459)["id"])
    assert (final["state"], final["totalPrice"]) == ("DELIVERED", 0)
    assert customer.credit == money(0.5)
    assert error_of(customer.post("WW")) == (402, 2001)


def test_a_dry_run_takes_nothing_from_a_bundle(bundled: Customer) -> None:
    bundled.bundle("--segments", "1", "--price", "1")
    bundled.send("IT", **DRY)
    assert bundled.send("IT")["totalPrice"] == 0
    assert bundled.send("IT")["totalPrice"] == money(IT_PRICE)


# dryRun -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("market", "price"), [("IT", IT_PRICE), ("ES", ES_PRICE), ("WW", WW_PRICE), ("OTP", WW_PRICE)]
)
def test_a_dry_run_is_a_full_message_with_its_price_and_nothing_happens(
    cast: Cast, market: str, price: float
) -> None:
    before = cast.sandbox.credit
    if market == "OTP":
        message, segments = created(cast.sandbox.otp(**DRY)), 1
        assert message["otp"] is None
    else:
        message, segments = cast.sandbox.send(market, message=TWO, **DRY), 2
    assert (message["state"], message["messageCount"]) == ("NEW", segments)
    assert message["price"] == money(price)
    assert message["totalPrice"] == money(price * segments)
    assert message["options"] == {"dryRun": True, "failOnMultipleMessages": False}
    cast.sandbox.final(cast.sandbox.send()["id"])  # a later one has gone past it
    found = cast.sandbox.read(message["id"])
    kept = {name: message[name] for name in found}
    assert found == kept
    assert (found["state"], found["sentAt"]) == ("NEW", None)
    assert message["id"] not in {one["id"] for one in cast.sandbox.listed(limit=1000)}
    assert cast.sandbox.credit == money(before - IT_PRICE)  # of the later one


def test_a_dry_run_never_reaches_a_phone(cast: Cast) -> None:
    dry = cast.production.send(**DRY)
    real = cast.production.send()
    cast.production.final(real["id"])
    numbers = {f"+{one.destination}" for one in cast.phones.journal()}
    assert real["recipient"] in numbers
    assert dry["recipient"] not in numbers


def test_a_dry_run_cannot_be_cancelled(cast: Cast) -> None:
    message = cast.sandbox.send(**DRY)
    assert error_of(cast.sandbox.client.delete(f"/messages/{message['id']}")) == (422, 2075)
    assert cast.sandbox.read(message["id"])["state"] == "NEW"


# Forbidden words ----------------------------------------------------------------------------------

OFFENCES: dict[str, tuple[str, dict[str, Any], int, float]] = {
    "IT message": ("IT", {"message": "the casino"}, 2050, IT_PRICE),
    "IT sender": ("IT", {"sender": "Casino 24"}, 2050, IT_PRICE),
    "ES message of two segments": ("ES", {"message": "casino " * 30}, 2050, 2 * ES_PRICE),
    "WW message": ("WW", {"message": "the casino"}, 2044, 1.0),
    "WW message of two segments": ("WW", {"message": "casino " * 30}, 2044, 2.0),
    "WW sender": ("WW", {"sender": "Casino 24"}, 2044, 1.0),
    "OTP, its text": ("OTP", {"recipient": "+525512345678"}, 2044, 1.0),
}


@pytest.mark.parametrize("case", OFFENCES)
def test_forbidden_words_are_refused_kept_paid_for_and_block(offender: Customer, case: str) -> None:
    market, body, code, penalty = OFFENCES[case]
    customer, before, listed = offender, offender.credit, offender.listed()
    body = {**body, "callback": {"url": "https://sms.invalid/"}}
    answer = customer.otp(**body) if market == "OTP" else customer.post(market, **body)
    assert error_of(answer) == (422, code), answer.text
    assert "forbidden word" in answer.json()["message"]
    kept, *others = customer.listed()  # stored, and it may still be read
    assert others == listed
    assert (kept["state"], kept["blocklisted"]) == ("REJECTED", True)
    assert "forbidden word" in kept["blocklistedReason"]
    assert ("sender" if "sender" in case else "message") in kept["blocklistedReason"]
    assert kept["totalPrice"] == money(penalty)
    assert (kept["sentAt"], kept["deliveredAt"]) == (None, None)
    assert customer.credit == money(before - penalty)
    assert_blocked(customer)
    assert customer.listed() == [kept, *listed]
    assert customer.read(kept["id"]) == kept


def assert_blocked(customer: Customer) -> None:
    """403/2020 to every send at once, and within a second before the body is looked at."""
    for market in ("IT", "ES", "WW"):
        assert error_of(customer.post(market)) == (403, 2020)
        assert error_of(customer.post(market, **DRY)) == (403, 2020)
    assert error_of(customer.otp()) == (403, 2020)
    assert "blocklisted" in customer.otp().json()["message"]
    for path in ("/IT-messages", "/otp"):
        wait_for(
            lambda path=path: error_of(customer.client.post(path, content=b"{")) == (403, 2020)
        )


def test_once_an_operator_has_lifted_the_block_the_account_sends_again(bad_name: Customer) -> None:
    assert error_of(bad_name.post(message="casino")) == (422, 2050)
    assert error_of(bad_name.post()) == (403, 2020)
    lift(bad_name)
    assert bad_name.final(bad_name.send()["id"])["state"] == "DELIVERED"


@pytest.mark.parametrize("market", ["IT", "ES", "WW"])
@pytest.mark.parametrize("body", [{"message": "the casino"}, {"sender": "casino"}])
def test_a_dry_run_with_forbidden_words_is_2044_without_block_or_charge(
    cast: Cast, market: str, body: dict[str, Any]
) -> None:
    before = cast.sandbox.credit
    listed = cast.sandbox.listed()
    answer = cast.sandbox.post(market, **body, **DRY)
    assert error_of(answer) == (422, 2044)
    assert "forbidden word" in answer.json()["message"]
    assert cast.sandbox.credit == money(before)
    assert cast.sandbox.listed() == listed
    assert cast.sandbox.post(market, **DRY).status_code == 201


def test_blocking_does_not_depend_on_credit_and_the_penalty_may_pass_below_zero(
    cast: Cast,
) -> None:
    customer = cast.site.customer("broke")
    customer.topup("-999.99")
    assert error_of(customer.post("WW", message="the casino")) == (422, 2044)
    assert customer.credit == money(0.01 - 1)
    assert error_of(customer.post()) == (403, 2020)


def test_the_block_is_of_one_account_in_one_environment(cast: Cast, offender: Customer) -> None:
    elsewhere = cast.site.enter("offender", "production")
    elsewhere.topup("1")
    assert error_of(offender.post(message="casino")) == (422, 2050)
    assert error_of(offender.post()) == (403, 2020)
    assert elsewhere.post().status_code == 201
    assert cast.sandbox.post().status_code == 201
