"""What the overview tells of failures: one line for each cause, one for each kind of refusal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from staffetta.accounts.usage import RequestError
from staffetta.messaging.failures import Cause
from staffetta.messaging.traffic import Trouble

LISTED_MAX: Final = 12
_SAID_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """A cause, and how carriers put it."""

    cause: Cause
    count: int
    said: Sequence[str]  # the most frequent first, a few at most


@dataclass(frozen=True, slots=True)
class Refusal:
    """A kind of request that the API refused."""

    http_status: int
    code: str  # as the API's body has it
    sentence: str
    scope: str
    count: int


def reasons_of(troubles: Sequence[Trouble]) -> Sequence[Reason]:
    """The causes, the most frequent first; `troubles` have the most frequent first."""
    counts: dict[Cause, int] = {}
    said: dict[Cause, list[str]] = {}
    for trouble in troubles:
        counts[trouble.cause] = counts.get(trouble.cause, 0) + trouble.count
        words = said.setdefault(trouble.cause, [])
        if trouble.said and len(words) < _SAID_MAX:
            words.append(trouble.said)
    reasons = [Reason(cause, count, said[cause]) for cause, count in counts.items()]
    return sorted(reasons, key=lambda one: (-one.count, one.cause))[:LISTED_MAX]


def refusals_of(errors: Sequence[RequestError]) -> Sequence[Refusal]:
    """The kinds of refused requests, the most frequent first."""
    counts: dict[tuple[int, str, str, str], int] = {}
    for error in errors:
        kind = (error.http_status, f"{error.error:g}", error.message, error.scope)
        counts[kind] = counts.get(kind, 0) + 1
    refusals = [Refusal(*kind, count) for kind, count in counts.items()]
    return sorted(refusals, key=lambda one: (-one.count, one.sentence))[:LISTED_MAX]
