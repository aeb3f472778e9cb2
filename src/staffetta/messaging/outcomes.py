"""What the outcome of a try means for its recipient: a pure decision, made before any SQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, assert_never

import msgspec

from staffetta.domain.states import Event, State, advance
from staffetta.messaging.connector import (
    Accepted,
    Busy,
    Claim,
    NotSent,
    Outcome,
    Refused,
    Uncertain,
)

FAILURES_MAX: Final = 6  # temporary refusals of one recipient before it is rejected
_BACKOFF_FIRST: Final = timedelta(seconds=10)
_BACKOFF_MAX: Final = timedelta(minutes=15)
_BUSY_SECONDS_MIN: Final = 0.5


class Decision(msgspec.Struct, frozen=True):
    """The next state of a claimed recipient, and why."""

    state: State
    due_at: datetime | None  # when it may go again; None leaves what stands
    failure_count: int
    accepted: bool  # the carrier took at least one segment in this try
    command_status: int | None
    detail: str | None


def decide(claim: Claim, outcomes: Sequence[Outcome], now: datetime) -> Decision:
    """Read the outcomes of a claim's segments, the gravest first.

    An open answer outweighs a refusal (the text may be on its way), a refusal outweighs a pause,
    and a message is submitted only when every segment was accepted.
    """
    if not outcomes:  # late answers came meanwhile: every segment is with the carrier
        return _to(advance(State.SUBMITTING, Event.ACCEPTED), claim, accepted=False)
    accepted = any(isinstance(outcome, Accepted) for outcome in outcomes)
    gravest = max(outcomes, key=_gravity)
    match gravest:
        case Uncertain():
            return _to(
                advance(State.SUBMITTING, Event.LEFT_OPEN), claim, accepted, detail=gravest.reason
            )
        case Refused():
            return _refused(gravest, claim, accepted, now)
        case Busy():
            pause = timedelta(seconds=max(gravest.retry_after_seconds, _BUSY_SECONDS_MIN))
            return _to(
                advance(State.SUBMITTING, Event.TRY_LATER),
                claim,
                accepted,
                due_at=now + pause,
                command_status=gravest.command_status,
                detail=gravest.reason,
            )
        case NotSent():
            return _to(
                advance(State.SUBMITTING, Event.PUT_BACK), claim, accepted, detail=gravest.reason
            )
        case Accepted():
            return _to(advance(State.SUBMITTING, Event.ACCEPTED), claim, accepted)
        case _:
            assert_never(gravest)


_GRAVITY: Final = {Accepted: 0, NotSent: 1, Busy: 2, Refused: 3, Uncertain: 5}
_GRAVITY_FOR_GOOD: Final = 4  # a refusal for good outweighs a temporary one


def _gravity(outcome: Outcome) -> int:
    if isinstance(outcome, Refused) and not outcome.temporary:
        return _GRAVITY_FOR_GOOD
    return _GRAVITY[type(outcome)]


def _refused(refusal: Refused, claim: Claim, accepted: bool, now: datetime) -> Decision:
    failure_count = claim.failure_count + 1
    if refusal.temporary and failure_count < FAILURES_MAX:
        return _to(
            advance(State.SUBMITTING, Event.TRY_LATER),
            claim,
            accepted,
            due_at=now + backoff(failure_count),
            failure_count=failure_count,
            command_status=refusal.command_status,
            detail=refusal.reason,
        )
    # A phone that has some segments of a text can never show it: failed, yet not unsent.
    partly = accepted or claim.accepted_before
    return _to(
        advance(State.SUBMITTING, Event.REPORT_FAILED if partly else Event.REFUSED),
        claim,
        accepted,
        failure_count=failure_count,
        command_status=refusal.command_status,
        detail=refusal.reason,
    )


def backoff(failure_count: int) -> timedelta:
    """The pause before the next try: 10 s, 30 s, 90 s and so on, 15 minutes at most."""
    step = min(failure_count, FAILURES_MAX) - 1
    return min(_BACKOFF_FIRST * int(3**step), _BACKOFF_MAX)


def _to(
    state: State,
    claim: Claim,
    accepted: bool,
    *,
    due_at: datetime | None = None,
    failure_count: int | None = None,
    command_status: int | None = None,
    detail: str | None = None,
) -> Decision:
    return Decision(
        state=state,
        due_at=due_at,
        failure_count=claim.failure_count if failure_count is None else failure_count,
        accepted=accepted,
        command_status=command_status,
        detail=detail,
    )
