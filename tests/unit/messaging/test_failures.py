"""Why a message did not arrive: one cause for everything that can be kept of it."""

import pytest

from staffetta.domain.states import State
from staffetta.messaging.bulk import rows as bulk
from staffetta.messaging.failures import Cause, Fate, cause_of
from staffetta.smpp.network_errors import ErrorReason


@pytest.mark.parametrize("reason", ErrorReason, ids=str)
def test_what_an_operator_says_of_a_carriers_error_is_the_cause(reason: ErrorReason) -> None:
    fate = Fate(State.UNDELIVERABLE, was_reported=True, report_error="1", report_reason=reason)
    assert cause_of(fate) == reason


@pytest.mark.parametrize(
    ("state", "error", "cause"),
    [
        (State.UNDELIVERABLE, "001", Cause.UNKNOWN_NUMBER),
        (State.UNDELIVERABLE, "6", Cause.OUT_OF_REACH),
        (State.UNDELIVERABLE, "022", Cause.MEMORY_FULL),
        (State.UNDELIVERABLE, "000", Cause.REPORTED),
        (State.UNDELIVERABLE, None, Cause.REPORTED),
        (State.REJECTED, "E77", Cause.REPORTED),
        (State.EXPIRED, "003", Cause.CARRIER_GAVE_UP),
        (State.EXPIRED, "006", Cause.OUT_OF_REACH),
    ],
)
def test_a_report_is_read_as_networks_mean_it(
    state: State, error: str | None, cause: Cause
) -> None:
    assert cause_of(Fate(state, was_reported=True, report_error=error)) is cause


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (0x0A, Cause.SENDER_REFUSED),
        (0x0B, Cause.NO_ROUTE),
        (0x01, Cause.REFUSED),
        (0x08, Cause.TRIED_TOO_OFTEN),
        (0x4A1, Cause.TRIED_TOO_OFTEN),
        (None, Cause.REFUSED),
    ],
)
def test_a_refusal_says_what_was_wrong_or_that_it_was_tried(
    status: int | None, cause: Cause
) -> None:
    assert cause_of(Fate(State.REJECTED, command_status=status, was_sent=False)) is cause


@pytest.mark.parametrize(
    ("refused_as", "cause"),
    [
        (bulk.NO_ROUTE, Cause.NO_ROUTE),
        (bulk.NOT_ALLOWED, Cause.NOT_ALLOWED),
        (bulk.SENDER_NOT_APPROVED, Cause.SENDER_NOT_APPROVED),
        (bulk.TOO_LONG, Cause.TOO_LONG),
        (bulk.EMPTY, Cause.EMPTY),
    ],
)
def test_what_acceptance_found_comes_first(refused_as: str, cause: Cause) -> None:
    fate = Fate(State.REJECTED, refused_as, was_tried=False, was_sent=False)
    assert cause_of(fate) is cause


@pytest.mark.parametrize(
    ("fate", "cause"),
    [
        (Fate(State.EXPIRED, was_sent=True), Cause.NOT_REPORTED),
        (Fate(State.EXPIRED, was_sent=False), Cause.NOT_TAKEN),
        (Fate(State.REJECTED, was_tried=False, was_sent=False), Cause.FORBIDDEN_WORDS),
    ],
    ids=["sent and silent", "never taken", "never tried"],
)
def test_what_nobody_told_has_a_cause_too(fate: Fate, cause: Cause) -> None:
    assert cause_of(fate) is cause
