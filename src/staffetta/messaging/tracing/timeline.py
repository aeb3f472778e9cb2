"""The words of a trace: events on a line of time. Owns types alone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

NOTHING: Final[Mapping[str, object]] = {}


class Event(msgspec.Struct, frozen=True):
    """One thing that happened, or was decided."""

    at: datetime | None  # None: no row knows when; it stands where it must have been
    kind: str  # a word, like request, quote, segment or callback
    text: str  # one sentence, for people
    facts: Mapping[str, object] = NOTHING  # the same for programs


class Timeline(msgspec.Struct, frozen=True):
    """All that is known of one message, or of one of its recipients."""

    message_id: bytes
    recipient_id: bytes | None  # None: a message of v1 as a whole
    account: str
    environment: str
    number: str | None  # E.164 with its plus
    state: str
    events: Sequence[Event]  # in their order
    remarks: Sequence[str]  # what was left out, or is kept nowhere


def in_order(groups: Sequence[Sequence[Event]]) -> list[Event]:
    """Events of several tellers in the order of time.

    Each teller's events are in their order already. One without a time stays behind the one before
    it; of those of one moment, the earlier teller's come first.
    """
    placed: list[tuple[datetime, int, int, Event]] = []
    for group, events in enumerate(groups):
        known = [event.at for event in events if event.at is not None]
        last = known[0] if known else None
        for index, event in enumerate(events):
            last = event.at or last
            if last is not None:
                placed.append((last, group, index, event))
    return [event for *_, event in sorted(placed, key=lambda one: one[:3])]
