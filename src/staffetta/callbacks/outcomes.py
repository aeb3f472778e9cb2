"""What an attempt's outcome means for its callback (contract section 5, "Callbacks").

Pure. Any 2xx is delivered, 410 ends it, everything else is repeated one minute later, then five
times as late each time, until the repeats are used up and it becomes a dead letter.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec

FIRST_REPEAT: Final = timedelta(minutes=1)
REPEAT_FACTOR: Final = 5
JITTER_SHARE: Final = 0.2  # of a step, at most, is added to it: repeats of one outage spread out
RETRY_AFTER_MAX: Final = timedelta(hours=24)
REPEATS_MAX: Final = 10  # whatever an account's setting says
ANSWER_CHARACTERS_MAX: Final = 512
ERROR_CHARACTERS_MAX: Final = 300
_GONE: Final = 410
_SERVER_FAULTS: Final = 500


class Answered(msgspec.Struct, frozen=True):
    """The receiver answered: its status, its Retry-After, the beginning of what it said."""

    status: int
    retry_after: str | None
    text: str


class NoAnswer(msgspec.Struct, frozen=True):
    """No answer came: why, in words."""

    reason: str


Outcome = Answered | NoAnswer


class Delivered(msgspec.Struct, frozen=True):
    """The receiver has it."""


class Ended(msgspec.Struct, frozen=True):
    """The receiver wants no more of it."""


class TryAgain(msgspec.Struct, frozen=True):
    """Not now; later."""

    at: datetime


class Dead(msgspec.Struct, frozen=True):
    """The repeats are used up: a dead letter, which can be replayed."""


Decision = Delivered | Ended | TryAgain | Dead


def decide(outcome: Outcome, tries: int, repeats: int, now: datetime, chance: float) -> Decision:
    """What becomes of a callback after `tries` attempts of its round, this one included.

    `repeats` is how many may follow the first; `chance`, from 0 to 1, places the next one within
    its jitter.
    """
    if isinstance(outcome, Answered):
        if is_success(outcome.status):
            return Delivered()
        if outcome.status == _GONE:
            return Ended()
    if tries > repeats:
        return Dead()
    step = repeat_after(tries) * (1 + JITTER_SHARE * chance)
    asked = outcome.retry_after if isinstance(outcome, Answered) else None
    return TryAgain(now + max(step, retry_after(asked, now)))


def is_success(status: int) -> bool:
    """Whether a status says that the receiver has it."""
    return 200 <= status < 300


def is_outage(outcome: Outcome) -> bool:
    """Whether an outcome says that the host is down, rather than that it refuses one callback."""
    return isinstance(outcome, NoAnswer) or outcome.status >= _SERVER_FAULTS


def repeat_after(tries: int) -> timedelta:
    """How long after the failure of attempt `tries` the next follows, without jitter."""
    return timedelta(seconds=FIRST_REPEAT.total_seconds() * REPEAT_FACTOR ** (tries - 1))


def retry_after(value: str | None, now: datetime) -> timedelta:
    """How long a Retry-After header asks to wait: seconds or a date (RFC 9110, 10.2.3), capped.

    What is neither, or lies in the past, asks for nothing.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        asked = timedelta(seconds=min(int(text[:9]), RETRY_AFTER_MAX.total_seconds()))
    else:
        asked = _until(text, now)
    return min(max(asked, timedelta(0)), RETRY_AFTER_MAX)


def _until(text: str, now: datetime) -> timedelta:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return timedelta(0)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware - now


def failure_words(outcome: Outcome) -> str:
    """Why an attempt failed, for its record; "" when it did not."""
    match outcome:
        case NoAnswer(reason=reason):
            return printable(reason, ERROR_CHARACTERS_MAX)
        case Answered(status=status) if is_success(status):
            return ""
        case Answered(status=410):
            return "answered 410: the receiver wants no more of it"
        case Answered(status=status) if 300 <= status < 400:
            return f"answered {status}: redirects are not followed"
        case Answered(status=status):
            return f"answered {status}"


def answer_text(body: bytes) -> str:
    """The beginning of an answer as it is recorded: text without anything a terminal obeys."""
    return printable(body.decode("utf-8", "replace"), ANSWER_CHARACTERS_MAX)


def printable(text: str, characters_max: int) -> str:
    """`text` cut to a length, with what cannot be printed (NUL too) replaced; lines stay."""
    cut = text[:characters_max]
    if cut.isprintable():
        return cut
    return "".join(
        one if one.isprintable() or one in "\n\t" else "\N{REPLACEMENT CHARACTER}" for one in cut
    )
