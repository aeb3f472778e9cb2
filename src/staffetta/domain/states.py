"""The states of one recipient, and every change between them, as a table.

Owns: which event may follow which state. What is not in the table raises. The API's two views of a
state (contract sections 4 and 5) are derived from it and never stored.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    """Where one recipient of a message stands. The values are the database's."""

    SCHEDULED = "scheduled"  # waits for its due time: sendAt, or the pause before another try
    QUEUED = "queued"  # may be claimed now
    SUBMITTING = "submitting"  # claimed by one process, perhaps on the wire
    SUBMITTED = "submitted"  # a carrier accepted it; the delivery report is awaited
    UNCERTAIN = "uncertain"  # perhaps accepted: written to a carrier that never answered
    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"  # taken back while waiting; a dry run rests here from the start


class Event(StrEnum):
    """What can happen to a recipient."""

    DUE = "due"  # its time has come
    CLAIMED = "claimed"  # a dispatch process took it
    ACCEPTED = "accepted"  # the carrier answered with message ids
    REFUSED = "refused"  # the carrier refused for good, or one time too many
    PUT_BACK = "put_back"  # nothing was written, or throttled: may go again at once
    TRY_LATER = "try_later"  # a temporary refusal: may go again after a pause
    LEFT_OPEN = "left_open"  # written, and never answered
    SEND_AGAIN = "send_again"  # policy: an open answer is sent once more, flagged
    REPORT_DELIVERED = "report_delivered"
    REPORT_FAILED = "report_failed"
    REPORT_EXPIRED = "report_expired"
    REPORT_REJECTED = "report_rejected"
    TIME_OVER = "time_over"  # 48 hours after it was due
    CANCEL = "cancel"


class IllegalTransition(Exception):
    """An event that the table does not allow in this state: a bug, never bad input."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"a recipient that is {state} cannot take the event {event}")
        self.state = state
        self.event = event


_REPORTS: Final = {
    Event.REPORT_DELIVERED: State.DELIVERED,
    Event.REPORT_FAILED: State.UNDELIVERABLE,
    Event.REPORT_EXPIRED: State.EXPIRED,
    Event.REPORT_REJECTED: State.REJECTED,
}

TRANSITIONS: Final = MappingProxyType(
    {
        State.SCHEDULED: {
            Event.DUE: State.QUEUED,
            Event.CANCEL: State.CANCELLED,
            Event.TIME_OVER: State.EXPIRED,
            # A segment of an earlier try can still be reported while the rest waits for the next.
            **_REPORTS,
        },
        State.QUEUED: {
            Event.CLAIMED: State.SUBMITTING,
            Event.TIME_OVER: State.EXPIRED,
            **_REPORTS,
        },
        State.SUBMITTING: {
            Event.ACCEPTED: State.SUBMITTED,
            Event.REFUSED: State.REJECTED,
            Event.PUT_BACK: State.QUEUED,
            Event.TRY_LATER: State.SCHEDULED,
            Event.LEFT_OPEN: State.UNCERTAIN,
            # No TIME_OVER: the claim's owner settles it, or its death makes it uncertain.
            **_REPORTS,
        },
        State.SUBMITTED: {Event.TIME_OVER: State.EXPIRED, **_REPORTS},
        State.UNCERTAIN: {
            Event.SEND_AGAIN: State.QUEUED,
            Event.TIME_OVER: State.EXPIRED,
            **_REPORTS,
        },
        State.DELIVERED: {},
        State.UNDELIVERABLE: {},
        State.REJECTED: {},
        State.EXPIRED: {},
        State.CANCELLED: {},
    }
)

FINAL: Final = frozenset(state for state, events in TRANSITIONS.items() if not events)
LIVE: Final = frozenset(State) - FINAL


def advance(state: State, event: Event) -> State:
    """The state after `event`; raises IllegalTransition for what the table does not list."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise IllegalTransition(state, event) from None
