"""What a list of messages is asked for, and what it gives."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from staffetta.domain.ids import ID_BYTES, lowest_id
from staffetta.domain.states import State
from staffetta.messaging.view import MessageView

_BEFORE_ALL: Final = datetime(1970, 1, 1, tzinfo=UTC)
_AFTER_ALL: Final = datetime(2106, 1, 1, tzinfo=UTC)  # the seconds of an id end in that year
_PAST_EVERY_ID: Final = b"\xff" * (ID_BYTES + 1)


class StateFilter(msgspec.Struct, frozen=True):
    """The states asked for: of messages sent once, and of those perhaps sent twice."""

    once: tuple[State, ...]
    perhaps_twice: tuple[State, ...]


class ListQuery(msgspec.Struct, frozen=True):
    """Which messages, newest first. None stands for any."""

    limit: int
    skip: int = 0
    before: bytes | None = None  # an id: only what is older, as `next_before` of the page before
    states: StateFilter | None = None
    number: str | None = None  # of the recipient, E.164 with its plus
    created_from: datetime | None = None  # included
    created_to: datetime | None = None  # excluded

    @property
    def searches(self) -> bool:
        """Whether messages must be looked at that may not be shown."""
        return self.number is not None or self.states is not None

    @property
    def times(self) -> tuple[datetime, datetime]:
        """The bounds of creation, both always given, within the time that ids can tell."""
        return _known(self.created_from or _BEFORE_ALL), _known(self.created_to or _AFTER_ALL)

    @property
    def ids(self) -> tuple[bytes, bytes]:
        """The range of ids, the second excluded: ids know the second of their creation."""
        start, end = self.times
        below = _PAST_EVERY_ID if end == _AFTER_ALL else lowest_id(end + timedelta(seconds=1))
        return lowest_id(start), below if self.before is None else min(below, self.before)


def _known(moment: datetime) -> datetime:
    return min(max(moment, _BEFORE_ALL), _AFTER_ALL)


class Listed(msgspec.Struct, frozen=True):
    """One page. `next_before` is None when there is nothing after it.

    A page may be short, even empty, and still have a next one: a list looks at a bounded number of
    messages and then says how far it came.
    """

    views: Sequence[MessageView]
    next_before: bytes | None
