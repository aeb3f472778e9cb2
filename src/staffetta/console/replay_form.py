"""The form that sends an account's callbacks again: what was typed, and what it means. Pure.

A round takes the oldest first, and no more than a transaction bears. The form of the next round
says where the one before ended, so that none is sent twice and none is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from staffetta.callbacks.overview import ReplayFilter
from staffetta.console.languages import mark
from staffetta.domain.ids import parse_id

AGO_MAX: Final = timedelta(days=366)
SINCE_PROBLEM: Final = mark("Say since when, in UTC: a time up to now, within a year.")
FIELDS: Final = ("since", "which", "after", "host", "message")
_AGO: Final = timedelta(days=1)  # unless somebody says otherwise
# What a replay takes up, by its name in the form.
_REPLAYED: Final = {"dead": ("dead",), "all": ("dead", "ended", "delivered")}


@dataclass(frozen=True, slots=True)
class TypedReplay:
    """What stands in the form."""

    since: str
    which: str = "dead"
    after: str = ""  # an id: the last one of the round before
    host: str = ""
    message: str = ""

    def onward(self, after: bytes) -> Mapping[str, str]:
        """The same with what a round left over, as an address says it."""
        asked = {name: getattr(self, name) for name in FIELDS} | {"after": after.hex()}
        return {name: value for name, value in asked.items() if value}


def typed_replay(asked: Mapping[str, str], now: datetime) -> TypedReplay:
    """The form as an address or a sent form fills it; since a day ago unless it says so."""
    which = asked.get("which", "")
    return TypedReplay(
        since=asked.get("since") or written(now - _AGO),
        which=which if which in _REPLAYED else "dead",
        after=asked.get("after", "") if parse_id(asked.get("after", "")) else "",
        host=asked.get("host", "").replace("\0", ""),
        message=asked.get("message", ""),
    )


def read_replay(typed: TypedReplay, since: str, now: datetime) -> ReplayFilter | None:
    """What it asks for; None: `since` as it was sent is no time, or none that may be meant."""
    at = _moment(since)
    if at is None or not now - AGO_MAX <= at <= now:
        return None
    return ReplayFilter(
        statuses=_REPLAYED[typed.which],
        since=at,
        after=parse_id(typed.after),
        host=typed.host or None,
        message_id=parse_id(typed.message),
    )


def written(at: datetime) -> str:
    """A time as a browser's field has it, to the minute, in UTC."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="minutes")


def _moment(text: str) -> datetime | None:
    """A time as a browser's field writes it, in UTC unless it names an offset."""
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
