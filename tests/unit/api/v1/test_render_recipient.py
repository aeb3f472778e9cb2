"""A recipient as v1 shows it, field by field."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from staffetta.api.v1.render_recipient import recipient_object
from staffetta.domain.states import State
from staffetta.messaging.bulk.read import RecipientView

# The moments of the sample in the published documentation.
SENT = datetime(2020, 3, 3, 14, 11, 1, 467_000, tzinfo=UTC)
DONE = datetime(2020, 3, 3, 14, 11, 3, 168_000, tzinfo=UTC)
ARRIVED = datetime(2020, 3, 3, 14, 11, 4, 371_000, tzinfo=UTC)
FRESH = RecipientView(
    id=bytes.fromhex("5e5e65429f272510fb6adcc1"),
    message_id=bytes.fromhex("5e5e65429f272510fb6adcc0"),
    position=0,
    number="+393495155018",
    calling_code="39",
    text="test summary2",
    state=State.QUEUED,
    segment_count=1,
    price_micro=30_000,
    paid_micro=30_000,
    fields=None,
    refused_as=None,
    command_status=None,
    report_state=None,
    report_error=None,
    report_reason=None,
    sent_at=None,
    delivered_at=None,
    done_at=None,
    updated_at=SENT,
    currency="EUR",
)
DELIVERED: dict[str, Any] = {
    "state": State.DELIVERED,
    "report_state": "DELIVRD",
    "report_error": "000",
    "sent_at": SENT,
    "delivered_at": ARRIVED,
    "done_at": DONE,
    "updated_at": ARRIVED,
}


def shown(**changed: Any) -> dict[str, Any]:
    found = recipient_object(msgspec.structs.replace(FRESH, **changed))
    read: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found))
    return read


def test_before_the_first_report_it_is_pending_without_report_and_times() -> None:
    assert shown() == {
        "number": "+39-3495155018",
        "prefix": "+39",
        "send_id": "5e5e65429f272510fb6adcc0_0",
        "body": "test summary2",
        "sms": 1,
        "remaining_chr": 147,
        "state": "PENDING",
        "state_description": "PENDING_WAITING_DELIVERY",
        "state_detail": "The message waits, or nothing was reported of it yet.",
        "price": 0.03,
        "real_cost": 0.03,
        "fields": [],
        "message_id": "5e5e65429f272510fb6adcc0",
        "i": 0,
        "timestamp_sent": None,
        "timestamp_delivery": None,
        "id": "5e5e65429f272510fb6adcc1",
        "report": None,
    }
    assert shown(state=State.SUBMITTED, sent_at=SENT)["timestamp_sent"] is None


def test_when_delivered_it_has_everything_in_the_published_shape() -> None:
    found = shown(**DELIVERED)
    assert found["report"] == {
        "price": {"pricePerMessage": 0.03, "currency": "EUR"},
        "status": {
            "id": 5,
            "groupId": 3,
            "groupName": "DELIVERED",
            "name": "DELIVERED_TO_HANDSET",
            "description": "The message was delivered to the phone.",
        },
        "error": {
            "id": 0,
            "name": "NO_ERROR",
            "description": "No error.",
            "groupId": 0,
            "groupName": "OK",
            "permanent": False,
        },
        "messageId": found["id"],
        "doneAt": "2020-03-03T15:11:03.168+0100",
        "smsCount": 1,
        "sentAt": "2020-03-03T15:11:01.467+0100",
        "to": "393495155018",
    }
    assert found["timestamp_sent"] == {"$date": {"$numberLong": "1583244661467"}}
    assert found["timestamp_delivery"] == {"$date": {"$numberLong": "1583244664371"}}
    status = found["report"]["status"]
    assert (found["state"], found["state_description"], found["state_detail"]) == (
        status["groupName"],
        status["name"],
        status["description"],
    )


def test_in_summer_the_offset_of_a_report_is_two_hours() -> None:
    july = datetime(2020, 7, 1, 22, 30, tzinfo=UTC)
    found = shown(**DELIVERED | {"sent_at": july, "done_at": july})
    assert found["report"]["sentAt"] == "2020-07-02T00:30:00.000+0200"


def test_a_carrier_that_tells_whole_minutes_does_not_deliver_before_sending() -> None:
    minute = SENT.replace(second=0, microsecond=0)
    found = shown(**DELIVERED | {"done_at": minute})
    assert found["report"]["doneAt"] == "2020-03-03T15:11:04.371+0100"


def test_an_end_that_nobody_reports_has_a_report_all_the_same() -> None:
    found = shown(state=State.REJECTED, refused_as="REJECTED_ROUTE_NOT_AVAILABLE", paid_micro=0)
    assert (found["state"], found["state_description"]) == (
        "REJECTED",
        "REJECTED_ROUTE_NOT_AVAILABLE",
    )
    assert found["report"]["error"]["groupName"] == "OPERATOR_ERRORS"
    assert (found["report"]["sentAt"], found["timestamp_sent"]) == (None, None)
    assert found["report"]["doneAt"] == "2020-03-03T15:11:01.467+0100"


def test_a_report_on_the_way_is_pending_and_not_done() -> None:
    found = shown(state=State.SUBMITTED, sent_at=SENT, report_state="ENROUTE", report_error="000")
    assert found["state_description"] == "PENDING_ENROUTE"
    assert found["report"]["doneAt"] is None
    assert found["timestamp_sent"] is not None


@pytest.mark.parametrize(
    ("text", "segment_count", "remaining"),
    [
        ("x" * 160, 1, 0),
        ("x" * 161, 2, 153 - 8),
        ("€", 1, 158),
        ("x" * 152 + "€" * 5, 2, 153 - 10),  # the pair is not split
        ("ж", 1, 69),
        ("ж" * 71, 2, 67 - 4),
        ("😀", 1, 68),
        ("x" * 2000, 0, 0),  # too long: it makes no segments
        ("", 0, 0),
    ],
)
def test_remaining_chr_is_the_room_in_the_last_segment(
    text: str, segment_count: int, remaining: int
) -> None:
    found = shown(text=text, segment_count=segment_count)
    assert (found["sms"], found["remaining_chr"]) == (segment_count, remaining)


def test_a_segments_price_and_the_fields() -> None:
    found = shown(**DELIVERED, segment_count=3, price_micro=162_000, fields={"name": "Anna"})
    assert found["report"]["price"]["pricePerMessage"] == 0.054
    assert (found["price"], found["report"]["smsCount"]) == (0.162, 3)
    assert found["fields"] == {"name": "Anna"}
