"""The Message as v2 shows it."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import msgspec
import pytest

from staffetta.api.v2.render import STATES, message_object, render_list, render_message
from staffetta.domain.encodings import Encoding
from staffetta.domain.environments import Market
from staffetta.domain.states import FINAL, State
from staffetta.messaging.view import MessageView

NOW = datetime(2026, 3, 14, 9, 26, 53, 589793, tzinfo=UTC)
VIEW = MessageView(
    id=bytes(range(12)),
    market=Market.ITALY,
    state=State.QUEUED,
    dry_run=False,
    sender="ACME",
    recipient="+393331234567",
    calling_code="39",
    country="IT",
    text="ciao è 🙂",
    encoding=Encoding.UCS_2,
    characters_count=9,
    segment_count=3,
    price_micro=35_000,
    total_price_micro=105_000,
    options={"dryRun": False, "failOnMultipleMessages": False},
    callback=None,
    blocklisted_reason=None,
    possibly_duplicate=False,
    created_at=NOW,
    updated_at=NOW,
    sent_at=None,
    delivered_at=None,
    send_at=None,
)


def shown(**changes: object) -> dict[str, object]:
    return message_object(msgspec.structs.replace(VIEW, **changes), "anna@example.com")


def test_a_message_has_these_fields_in_this_order():
    assert list(shown().items()) == [
        ("id", "000102030405060708090a0b"),
        ("username", "anna@example.com"),
        ("state", "NEW"),
        ("sender", "ACME"),
        ("recipient", "+393331234567"),
        ("internationalPrefix", "39"),
        ("countryCode", "IT"),
        ("message", "ciao è 🙂"),
        ("encoding", "UCS-2"),
        ("charactersCount", 9),
        ("messageCount", 3),
        ("price", 0.035),
        ("totalPrice", 0.105),
        ("blocklisted", False),
        ("blocklistedReason", None),
        ("options", {"dryRun": False, "failOnMultipleMessages": False}),
        ("callback", None),
        ("createdAt", "2026-03-14T09:26:53Z"),
        ("updatedAt", "2026-03-14T09:26:53Z"),
        ("sentAt", None),
        ("deliveredAt", None),
    ]


@pytest.mark.parametrize("state", State)
def test_every_state_is_shown(state: State):
    expected = {State.CANCELLED: "REJECTED"}.get(state, state.name)
    live = {"SUBMITTED": "PENDING", "UNCERTAIN": "PENDING"}
    assert shown(state=state)["state"] == (
        expected if state in FINAL else live.get(state.name, "NEW")
    )
    assert state in STATES


def test_a_dry_run_stays_new():
    assert shown(state=State.CANCELLED, dry_run=True)["state"] == "NEW"


def test_possibly_duplicate_is_there_only_when_true():
    assert "possiblyDuplicate" not in shown()
    assert shown(possibly_duplicate=True)["possiblyDuplicate"] is True


def test_a_blocklisted_message_says_why():
    message = shown(blocklisted_reason="forbidden word", state=State.REJECTED)
    assert (message["blocklisted"], message["blocklistedReason"]) == (True, "forbidden word")


def test_times_are_utc_whatever_they_came_in():
    rome = timezone(timedelta(hours=1))
    assert shown(sent_at=NOW.astimezone(rome))["sentAt"] == "2026-03-14T09:26:53Z"


@pytest.mark.parametrize("micro", [0, 1, 10_000, 30_000, 70_000, 123_457, 1_100_000])
def test_prices_are_json_numbers_without_noise(micro: int):
    view = msgspec.structs.replace(VIEW, price_micro=micro, segment_count=1)
    price = msgspec.json.decode(render_message(view, ""), type=dict)["data"]["price"]
    assert Decimal(repr(price)) == Decimal(micro) / 1_000_000


def test_answers_have_the_message_under_data():
    one = msgspec.json.decode(render_message(VIEW, "anna@example.com"))
    many = msgspec.json.decode(render_list([VIEW, VIEW], "anna@example.com"))
    assert one == {"data": shown()}
    assert many == {"data": [shown(), shown()]}
