"""What a try's outcome means, as a table."""

from datetime import UTC, datetime, timedelta

import pytest

from staffetta.domain.encodings import Encoding
from staffetta.domain.states import State
from staffetta.messaging.connector import (
    Accepted,
    Busy,
    Claim,
    NotSent,
    Outcome,
    Refused,
    Segment,
    Uncertain,
)
from staffetta.messaging.outcomes import FAILURES_MAX, backoff, decide

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OK = Accepted("A1", "a1")
NO = Refused(0x0B, "invalid destination", temporary=False)
LATER = Refused(0x08, "system error", temporary=True)
BUSY = Busy(0x58, 2.0)
UNSENT = NotSent("the link went down first")
OPEN = Uncertain("no answer in time")


def claim_of(segment_count: int, **changes: object) -> Claim:
    fields: dict[str, object] = {
        "space_id": 1,
        "recipient_id": b"r" * 12,
        "attempt": 1,
        "sender": "ACME",
        "number": "+393331234567",
        "encoding": Encoding.GSM_7,
        "segments": tuple(Segment(number, "x") for number in range(1, segment_count + 1)),
        "segment_total": segment_count,
        "reference": 7,
        "flash": False,
        "expires_at": NOW + timedelta(hours=48),
        "accepted_before": False,
        "failure_count": 0,
        "resend_count": 0,
        "capture_micro": 0,
    }
    return Claim(**{**fields, **changes})  # type: ignore[arg-type]  # a table of plain fields


@pytest.mark.parametrize(
    ("outcomes", "state", "accepted"),
    [
        ([OK], State.SUBMITTED, True),
        ([NO], State.REJECTED, False),
        ([LATER], State.SCHEDULED, False),
        ([BUSY], State.SCHEDULED, False),
        ([UNSENT], State.QUEUED, False),
        ([OPEN], State.UNCERTAIN, False),
        ([OK, OK], State.SUBMITTED, True),
        ([OK, NO], State.UNDELIVERABLE, True),
        ([OK, LATER], State.SCHEDULED, True),
        ([OK, BUSY], State.SCHEDULED, True),
        ([OK, UNSENT], State.QUEUED, True),
        ([OK, OPEN], State.UNCERTAIN, True),
        ([NO, OPEN], State.UNCERTAIN, False),
        ([LATER, NO], State.REJECTED, False),
        ([BUSY, NO, UNSENT], State.REJECTED, False),
    ],
)
def test_the_gravest_outcome_decides(outcomes: list[Outcome], state: State, accepted: bool) -> None:
    decision = decide(claim_of(len(outcomes)), outcomes, NOW)
    assert (decision.state, decision.accepted) == (state, accepted)


def test_a_refusal_after_an_earlier_acceptance_is_a_failed_delivery_not_an_unsent_message() -> None:
    decision = decide(claim_of(1, accepted_before=True), [NO], NOW)
    assert decision.state is State.UNDELIVERABLE


def test_temporary_refusals_pause_longer_each_time_and_end() -> None:
    decisions = [
        decide(claim_of(1, failure_count=count), [LATER], NOW) for count in range(FAILURES_MAX)
    ]
    pauses = [decision.due_at - NOW for decision in decisions if decision.due_at]
    assert pauses == sorted(pauses)
    assert len(pauses) == FAILURES_MAX - 1
    assert decisions[-1].state is State.REJECTED
    assert decisions[-1].command_status == 0x08


def test_throttling_counts_no_failure_and_waits_as_asked() -> None:
    decision = decide(claim_of(1, failure_count=3), [BUSY], NOW)
    assert decision.failure_count == 3
    assert decision.due_at == NOW + timedelta(seconds=2)
    assert decision.detail == "the carrier asked to slow down"


def test_a_recipient_is_told_why_the_carrier_took_nothing() -> None:
    decision = decide(claim_of(1), [Busy(0x45, 1.0, "the account is out of credit")], NOW)
    assert decision.detail == "the account is out of credit"


def test_the_pause_has_a_ceiling() -> None:
    assert backoff(50) == timedelta(minutes=15)
