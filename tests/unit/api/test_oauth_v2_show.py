"""How OAuth v2 shows money, usage and callbacks: pure, as tables."""

from datetime import UTC, datetime, timedelta

import pytest

from staffetta.accounts.usage import RequestError
from staffetta.api.oauth.v2.show_callback import callback_object, callback_summary
from staffetta.api.oauth.v2.show_money import (
    covers,
    subscription_id,
    subscription_object,
    transaction_object,
    wallet_object,
)
from staffetta.api.oauth.v2.show_usage import addresses, error_object
from staffetta.callbacks.claim import Claim
from staffetta.callbacks.history import Delivery
from staffetta.callbacks.letters import Told
from staffetta.domain.environments import Environment
from staffetta.ledger.book import EntryKind
from staffetta.ledger.bundle import Bundle
from staffetta.ledger.read_wallet import WalletView
from staffetta.ledger.transactions import Transaction

NOW = datetime(2026, 3, 14, 9, 26, 53, 999_999, tzinfo=UTC)
ID = bytes.fromhex("65f2c1a0" + "00" * 8)
PRODUCTION = Environment.PRODUCTION


def make_bundle(**changes) -> Bundle:
    fields = {
        "space_id": 7,
        "id": 12,
        "name": "",
        "market": None,
        "country": None,
        "segment_count": 1000,
        "remaining_count": 950,
        "period": 1,
        "price_micro": 25_000_000,
        "period_days": 30,
        "autorenew": True,
        "starts_at": NOW,
        "ends_at": NOW + timedelta(days=30),
        "ended_at": None,
        "ended_reason": "",
        "created_at": NOW,
    }
    return Bundle(**{**fields, **changes})


def make_delivery(**changes) -> Delivery:
    claim = Claim(
        space_id=7,
        id=ID,
        host="example.com",
        kind="message",
        message_id=ID,
        recipient_id=ID,
        event="delivered",
        attempt=3,
        attempts_before=0,
        changed_at=NOW,
        created_at=NOW,
        sent_at=NOW,
        delivered_at=NOW,
        charged_micro=0,
        possibly_duplicate=False,
        payload=None,
    )
    fields = {
        "claim": claim,
        "service": "v2",
        "segment": "IT-messages",
        "target": {"url": "https://example.com/", "method": "JSON", "field": "data", "custom": 1},
        "status": "delivered",
        "started_at": NOW,
        "attempted_at": NOW,
        "settled_at": NOW,
        "elapsed_ms": 12,
        "http_status": 200,
        "attempt_count": 2,
    }
    return Delivery(**{**fields, **changes})


def test_what_is_held_is_no_credit():
    wallet = WalletView(10_100_000, 1_000_000, -5_000_000, NOW, NOW)
    assert wallet_object(wallet) == {
        "credit": 9.1,
        "createdAt": "2026-03-14T09:26:53Z",
        "updatedAt": "2026-03-14T09:26:53Z",
    }


@pytest.mark.parametrize(
    ("days", "kind"),
    [
        (1, "day"),
        (7, "week"),
        (28, "month"),
        (30, "month"),
        (31, "month"),
        (365, "year"),
        (366, "year"),
        (90, "90 days"),
        (2, "2 days"),
    ],
)
def test_the_type_of_a_bundle_is_how_long_it_runs(days: int, kind: str):
    assert subscription_object(make_bundle(period_days=days), PRODUCTION, NOW)["type"] == kind


@pytest.mark.parametrize(
    ("price_micro", "count", "each"),
    [(25_000_000, 1000, 0.025), (10_000_000, 3, 3.333333), (0, 5, 0.0), (1, 1000, 0.0)],
)
def test_the_price_of_a_request_is_rounded_to_the_micro_unit(
    price_micro: int, count: int, each: float
):
    bundle = make_bundle(price_micro=price_micro, segment_count=count)
    assert subscription_object(bundle, PRODUCTION, NOW)["pricePerRequest"] == each


def test_a_bundle_that_ended_early_is_over_when_it_ended():
    ended = make_bundle(ended_at=NOW + timedelta(days=2))
    shown = subscription_object(ended, PRODUCTION, NOW + timedelta(days=3))
    assert shown["expiresAt"] == shown["updatedAt"] == "2026-03-16T09:26:53Z"
    assert (shown["active"], shown["autorenew"], shown["availableRequests"]) == (False, False, "0")


def test_a_bundle_whose_period_is_over_is_not_active_though_nothing_ended_it():
    shown = subscription_object(make_bundle(), PRODUCTION, NOW + timedelta(days=31))
    assert (shown["active"], shown["availableRequests"]) == (False, "0")


@pytest.mark.parametrize(
    ("market", "endpoints"),
    [
        ("IT", ["IT-messages"]),
        ("ES", ["ES-messages"]),
        ("WW", ["WW-messages", "otp"]),
        (None, ["IT-messages", "ES-messages", "WW-messages", "otp"]),
    ],
)
def test_what_a_bundle_covers(market: str | None, endpoints: list[str]):
    every = ["IT-messages", "ES-messages", "WW-messages", "otp", "senders"]
    bundle = make_bundle(market=market)
    assert [
        endpoint
        for endpoint in every
        if covers(bundle, frozenset({f"POST:sms.openapi.com/{endpoint}"}), PRODUCTION)
    ] == endpoints
    assert not covers(bundle, frozenset({"POST:test.sms.openapi.com/IT-messages"}), PRODUCTION)


def test_an_operator_reads_the_number_of_a_bundle_in_its_id():
    assert subscription_id(12) == "000000000000000000000012"


@pytest.mark.parametrize(
    ("kind", "message_id", "note", "words"),
    [
        (EntryKind.TOP_UP, None, "", "Top-up"),
        (EntryKind.TOP_UP, None, "wire 7", "Top-up: wire 7"),
        (EntryKind.CHARGE, ID, "", f"Message {ID.hex()}"),
        (EntryKind.CAPTURE, ID, "", f"Message {ID.hex()}"),
        (EntryKind.REFUND, ID, "", f"Refund of message {ID.hex()}"),
        (EntryKind.PENALTY, ID, "", f"Penalty for forbidden words, message {ID.hex()}"),
        (EntryKind.BUNDLE, None, "bundle 1", "Bundle: bundle 1"),
        (EntryKind.ADJUSTMENT, None, "", "Adjustment"),
    ],
)
def test_every_kind_of_entry_is_described(
    kind: EntryKind, message_id: bytes | None, note: str, words: str
):
    entry = Transaction(ID, 1, NOW, kind, -100_300_000, 0, "revenue", message_id, note)
    assert transaction_object(entry) == {
        "id": ID.hex(),
        "amount": -100.3,
        "createdAt": "2026-03-14T09:26:53Z",
        "description": words,
    }


def test_no_kind_of_entry_is_forgotten():
    for kind in EntryKind:
        entry = Transaction(ID, 1, NOW, kind, 1, 0, "revenue", None, "")
        assert transaction_object(entry)["description"]


@pytest.mark.parametrize(("number", "shown"), [(125.22, "125.22"), (1001.0, "1001")])
def test_the_number_of_an_error_is_the_refusals(number: float, shown: str):
    error = RequestError(ID, NOW, "GET:x/y", "x", 401, number, "Wrong Token", "192.0.2.7")
    assert str(error_object(error)["errorCode"]) == shown


def test_the_address_that_stands_for_others_is_not_shown():
    assert addresses(["192.0.2.7", "0.0.0.0", "2001:db8::1"]) == ["192.0.2.7", "2001:db8::1"]


def test_a_status_is_text_in_the_list_and_a_number_alone():
    one = make_delivery()
    assert callback_summary(one, None, PRODUCTION)["httpResponseCode"] == "200"
    assert callback_object(one, None, PRODUCTION)["httpResponseCode"] == 200
    unanswered = make_delivery(http_status=None)
    assert callback_summary(unanswered, None, PRODUCTION)["httpResponseCode"] is None


def test_a_callback_whose_message_is_gone_says_where_it_went():
    shown = callback_object(make_delivery(target=None), None, PRODUCTION)
    assert (shown["data"], shown["headers"], shown["url"]) == (None, None, None)
    assert shown["scope"] == "POST:sms.openapi.com/IT-messages"


def test_an_event_of_the_account_has_no_scope():
    plain = make_delivery(service=None, segment=None, target=None)
    payload = {"url": "https://example.com/", "body": {"event": "low_credit"}}
    claim = Claim(**{**as_fields(plain.claim), "kind": "low_credit", "payload": payload})
    shown = callback_object(
        make_delivery(service=None, segment=None, target=None, claim=claim), None, PRODUCTION
    )
    assert (shown["scope"], shown["domain"]) == (None, None)
    assert (shown["data"], shown["url"]) == ({"event": "low_credit"}, "https://example.com/")


def as_fields(claim: Claim) -> dict[str, object]:
    return {name: getattr(claim, name) for name in claim.__struct_fields__}


def test_the_signature_is_not_shown_nor_a_moment_that_has_not_come():
    kept = {"url": "https://example.com/", "headers": {"X-Secret": "s"}}
    told = Told(kept, {"id": ID.hex()})
    tried = callback_object(make_delivery(target=kept), told, PRODUCTION)["headers"]
    assert tried["X-Secret"] == "s"
    assert {"webhook-id", "webhook-timestamp"} <= set(tried)
    assert "webhook-signature" not in tried
    waiting = make_delivery(target=kept, attempted_at=None, started_at=None, status="owed")
    untried = callback_object(waiting, told, PRODUCTION)
    assert not {"webhook-timestamp", "webhook-signature"} & set(untried["headers"])
    assert (untried["active"], untried["completedAt"]) == (True, None)
