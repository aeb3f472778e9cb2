"""Which link of a connector may ask its carrier for a bind, while none of them is bound.

Pure. One at a time, and the one that was refused alone, until it is bound: many links with one
wrong password would ask as often as locks an account. Owns whose turn it is; how long a link waits
between its tries is `backoff`'s.
"""

from staffetta.connectors.smpp.backoff import Ending


class Knocks:
    """The turns of one connector's links, by number. A bound link shows that all may ask."""

    __slots__ = ("_bound", "_is_refused", "knocking")

    def __init__(self) -> None:
        self._bound: set[int] = set()
        self._is_refused = False  # the one whose turn it is was, and is not bound since
        self.knocking: int | None = None  # whose turn it is while none is bound

    @property
    def bound_count(self) -> int:
        """How many links are bound."""
        return len(self._bound)

    def may_knock(self, number: int) -> bool:
        """Whether a link may connect and ask now."""
        return bool(self._bound) or self.knocking in {None, number}

    def begins(self, number: int) -> None:
        """A link connects."""
        if not self._bound:
            self.knocking = number

    def is_bound(self, number: int) -> None:
        """A link is bound: who we are is believed."""
        self._bound.add(number)
        self._is_refused = False
        self.knocking = None

    def ended(self, number: int, ending: Ending) -> None:
        """A bind is over, or the try of one. Who was refused keeps the turn until it is bound."""
        self._bound.discard(number)
        if self._bound:
            return
        if ending is Ending.MISCONFIGURED:
            self.knocking = number if self.knocking is None else self.knocking
            self._is_refused = True
        elif self.knocking == number and not self._is_refused:
            self.knocking = None
