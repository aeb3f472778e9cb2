"""The rules of a trace that need no rows: order, shortened numbers, stretches of time."""

from datetime import UTC, datetime, timedelta

import pytest

from staffetta.messaging.tracing.entries import stretches_of
from staffetta.messaging.tracing.find import FoundRecipient
from staffetta.messaging.tracing.redact import redacted, redacted_recipient
from staffetta.messaging.tracing.timeline import Event, Timeline, in_order

START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


def at(seconds: float, text: str = "") -> Event:
    return Event(START + timedelta(seconds=seconds), "x", text)


def untimed(text: str) -> Event:
    return Event(None, "x", text)


def test_events_of_several_tellers_come_in_the_order_of_time() -> None:
    merged = in_order([[at(0, "a"), at(3, "d")], [at(1, "b"), at(2, "c")]])
    assert [event.text for event in merged] == ["a", "b", "c", "d"]


def test_of_one_moment_the_earlier_teller_goes_first() -> None:
    merged = in_order([[at(1, "a"), at(1, "b")], [at(1, "c")]])
    assert [event.text for event in merged] == ["a", "b", "c"]


def test_what_has_no_time_stays_behind_the_one_before_it() -> None:
    merged = in_order([[at(1, "a"), untimed("b"), at(9, "d")], [at(5, "c")]])
    assert [event.text for event in merged] == ["a", "b", "c", "d"]


def test_what_has_no_time_at_the_front_goes_with_the_first_that_has() -> None:
    merged = in_order([[at(1, "a")], [untimed("b"), at(5, "c")]])
    assert [event.text for event in merged] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "written", ["+393331234567", "393331234567", "00393331234567", "3331234567", "1234567"]
)
def test_however_a_number_is_written_it_is_shortened(written: str) -> None:
    event = Event(START, "report", f"to {written}.", {"number": written, "more": [written]})
    timeline = Timeline(bytes(12), bytes(12), "a", "b", "+393331234567", "x", [event], [])
    shown = redacted(timeline)
    assert "1234567" not in str(shown)
    assert shown.events[0].text.endswith("67.")


def test_whose_a_message_was_is_told_to_nobody() -> None:
    event = Event(START, "request", "from anna@example.com", {"account": "anna@example.com"})
    shown = redacted(
        Timeline(bytes(12), None, "anna@example.com", "sandbox", None, "x", [event], [])
    )
    assert "anna" not in str(shown)
    assert shown.events[0].text == "from an account"


def test_a_sender_that_is_a_number_is_shortened_like_one() -> None:
    event = Event(START, "request", "sender +393339876543", {"sender": "+393339876543"})
    pdu = Event(START, "pdu", "source_addr=393339876543", {})
    events = [event, pdu]
    shown = redacted(Timeline(bytes(12), bytes(12), "a", "b", "+393331234567", "x", events, []))
    assert "9876543" not in str(shown)
    assert shown.events[0].facts["sender"] == "+3933******43"


def test_a_sender_that_is_a_name_stays() -> None:
    event = Event(START, "request", "sender ACMECORP", {"sender": "ACMECORP"})
    shown = redacted(Timeline(bytes(12), bytes(12), "a", "b", "+393331234567", "x", [event], []))
    assert shown.events[0] == event


def test_whom_a_report_names_beside_is_shortened_too() -> None:
    event = Event(START, "report", "DELIVRD", {"destination": "393390000001"})
    shown = redacted(Timeline(bytes(12), bytes(12), "a", "b", "+393331234567", "x", [event], []))
    assert shown.events[0].facts["destination"] == "3933******01"


def test_a_list_tells_neither_whose_messages_are_nor_from_which_number() -> None:
    found = FoundRecipient(
        "anna@example.com",
        "production",
        bytes(12),
        bytes(12),
        "v2",
        "+393339876543",
        START,
        "rejected",
        START,
        "anna@example.com may not send from 393339876543 to +393331234567",
    )
    shown = redacted_recipient(found, "+393331234567")
    assert (shown.account, shown.sender) == ("an account", "+3933******43")
    assert shown.detail == "an account may not send from 3933******43 to +3933******67"


def test_moments_that_touch_are_one_stretch() -> None:
    moments = [START, START + timedelta(seconds=5), START + timedelta(hours=1), START]
    stretches = stretches_of(moments)
    assert len(stretches) == 2
    assert all(any(start <= one <= end for start, end in stretches) for one in moments)
