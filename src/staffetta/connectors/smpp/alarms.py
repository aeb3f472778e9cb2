"""What of a carrier a person should look at, as its links notice it.

Owns which links of this process say so: an alarm is raised by the first and over with the last.
Storing and showing is others' work.
"""

from collections.abc import Callable
from typing import Final

from staffetta.routing.alarms import AlarmChange, AlarmKind

ALL_LINKS: Final = 0  # instead of a link's number: what holds for the whole connector


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

    def end(self) -> None:
        """The links were stopped: nobody is left to see the end of what they noticed."""
        for kind, links in self._links.items():
            if links:
                self._changed(AlarmChange(self._connector_id, kind, None))
        self._links.clear()
