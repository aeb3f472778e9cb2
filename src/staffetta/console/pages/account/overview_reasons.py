"""What the overview tells of failures: one line for each cause, one for each kind of refusal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from staffetta.accounts.usage import RequestError
from staffetta.messaging.failures import Cause
from staffetta.messaging.traffic import Trouble

LISTED_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class Reason:
    """A cause, and how often it was one. What carriers and links say of it is for operators."""

    cause: Cause
    count: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A kind of request that the API refused."""

    http_status: int
    code: str  # as the API's body has it
    sentence: str
    scope: str
    count: int


def reasons_of(troubles: Sequence[Trouble]) -> Sequence[Reason]:
    """The causes, the most frequent first."""
    counts: dict[Cause, int] = {}
    for trouble in troubles:
        counts[trouble.cause] = counts.get(trouble.cause, 0) + trouble.count
    reasons = [Reason(cause, count) for cause, count in counts.items()]
    return sorted(reasons, key=lambda one: (-one.count, one.cause))[:LISTED_MAX]


def refusals_of(errors: Sequence[RequestError]) -> Sequence[Refusal]:
    """The kinds of refused requests, the most frequent first."""
    counts: dict[tuple[int, str, str, str], int] = {}
    for error in errors:
        kind = (error.http_status, f"{error.error:g}", error.message, error.scope)
        counts[kind] = counts.get(kind, 0) + 1
    refusals = [Refusal(*kind, count) for kind, count in counts.items()]
    return sorted(refusals, key=lambda one: (-one.count, one.sentence))[:LISTED_MAX]
