"""The whole table of states, walked."""

import pytest

from staffetta.domain.states import (
    FINAL,
    LIVE,
    TRANSITIONS,
    Event,
    IllegalTransition,
    State,
    advance,
)


def test_every_state_has_a_row() -> None:
    assert set(TRANSITIONS) == set(State)


def test_final_states_are_the_five_that_nothing_follows() -> None:
    assert FINAL == {
        State.DELIVERED,
        State.UNDELIVERABLE,
        State.REJECTED,
        State.EXPIRED,
        State.CANCELLED,
    }


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_an_event_advances_or_raises(state: State, event: Event) -> None:
    if event in TRANSITIONS[state]:
        assert advance(state, event) is TRANSITIONS[state][event]
    else:
        with pytest.raises(IllegalTransition):
            advance(state, event)


@pytest.mark.parametrize("state", sorted(LIVE))
def test_every_live_state_can_reach_every_report(state: State) -> None:
    for event, end in (
        (Event.REPORT_DELIVERED, State.DELIVERED),
        (Event.REPORT_FAILED, State.UNDELIVERABLE),
        (Event.REPORT_REJECTED, State.REJECTED),
        (Event.REPORT_EXPIRED, State.EXPIRED),
    ):
        assert advance(state, event) is end


def test_a_claim_in_flight_neither_expires_nor_is_cancelled() -> None:
    for event in (Event.TIME_OVER, Event.CANCEL, Event.CLAIMED):
        with pytest.raises(IllegalTransition):
            advance(State.SUBMITTING, event)
