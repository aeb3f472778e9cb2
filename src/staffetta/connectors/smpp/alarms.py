"""What of a carrier a person should look at, as its links notice it.

Owns which links of this process say so: an alarm is raised by the first and over with the last.
Storing and showing is others' work.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import msgspec

ALL_LINKS: Final = 0  # instead of a link's number: what holds for the whole connector


class AlarmKind(StrEnum):
    """What links raise. The values are the database's."""

    BIND_REFUSED = "bind_refused"  # the carrier refuses who we are
    NOT_BOUND = "not_bound"  # a link has had no bind for long, whatever the reason
    NO_CREDIT = "no_credit"  # the account at the carrier is used up
    SILENT = "silent"  # the carrier is there and does not answer
    UNREADABLE = "unreadable"  # the carrier cannot read what we write


class AlarmChange(msgspec.Struct, frozen=True):
    """An alarm is raised, is so again, or is over."""

    connector_id: int
    kind: AlarmKind
    detail: str | None  # one sentence: what, and what to do; None: it is over


class Alarms:
    """The alarms of one connector. `changed` hears of each raise, and of the end."""

    def __init__(self, connector_id: int, changed: Callable[[AlarmChange], None]) -> None:
        self._connector_id = connector_id
        self._changed = changed
        self._links: dict[AlarmKind, set[int]] = {}  # the links that say so; none: it is over

    def raise_(self, number: int, kind: AlarmKind, detail: str) -> None:
        """A link noticed something, perhaps again; `number` is its own, or ALL_LINKS."""
        self._links.setdefault(kind, set()).add(number)
        self._changed(AlarmChange(self._connector_id, kind, detail))

    def clear(self, number: int, kind: AlarmKind) -> None:
        """A link saw that it is not so.

        The first time this is told in any case: a process that ended may have raised it.
        """
        links = self._links.get(kind)
        if links is not None and number not in links:
            return
        links = self._links.setdefault(kind, set())
        links.discard(number)
        if not links:
            self._changed(AlarmChange(self._connector_id, kind, None))
