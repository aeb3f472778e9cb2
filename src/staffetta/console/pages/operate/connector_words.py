"""How connectors and links are spoken of, in a visitor's language: states, alarms and ages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from babel.dates import format_timedelta
from babel.numbers import format_decimal

from staffetta.console.languages import Language, mark, say_in
from staffetta.routing.alarms import AlarmKind
from staffetta.routing.held_links import HeldLink
from staffetta.routing.live_state import LiveConnector

# A state of a link, its word, and how it looks.
_LINKS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "down": (mark("down"), "idle"),
        "connecting": (mark("connecting"), "waiting"),
        "binding": (mark("binding"), "waiting"),
        "bound": (mark("bound"), "delivered"),
        "no_credit": (mark("no credit"), "failed"),
        "draining": (mark("draining"), "waiting"),
        "waiting": (mark("waiting to connect"), "waiting"),
        "refused": (mark("refused"), "failed"),
    }
)
_HELD_BY_NOBODY: Final = (mark("held by nobody"), "failed")
_STOPPED: Final = (mark("stopped"), "idle")
_DRAINING: Final = (mark("draining"), "waiting")
_STARTING: Final = (mark("starting"), "waiting")
_SOME_BOUND: Final = (mark("partly bound"), "waiting")
# The worst first: what a connector without a bound link is called.
_WORST_FIRST: Final = ("no_credit", "refused", "waiting", "connecting", "binding", "draining")

ALARMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        AlarmKind.BIND_REFUSED: mark("The carrier refuses the bind"),
        AlarmKind.NOT_BOUND: mark("Not bound for long"),
        AlarmKind.NO_CREDIT: mark("No credit at the carrier"),
        AlarmKind.SILENT: mark("The carrier is silent"),
        AlarmKind.UNREADABLE: mark("The carrier cannot read what is sent"),
        AlarmKind.UNMATCHED_REPORTS: mark("Reports find no message"),
    }
)


@dataclass(frozen=True, slots=True)
class Badge:
    """A word and how it looks."""

    word: str
    look: str  # a class of the style sheet


class Wording:
    """Says things of connectors in one language, at one moment."""

    def __init__(self, language: Language, now: datetime) -> None:
        self._language = language
        self._say = say_in(language)
        self.now = now

    def connector(self, one: LiveConnector) -> Badge:
        """The state of a connector."""
        if not one.enabled:
            return self._badge(_STOPPED if one.is_at_rest else _DRAINING)
        states = {link.state for link in one.links if link.is_held}
        if one.bound_count == one.link_count and "no_credit" not in states:
            return self._badge(_LINKS["bound"])
        if one.bound_count and "no_credit" not in states:
            return self._badge(_SOME_BOUND)
        worst = next((state for state in _WORST_FIRST if state in states), None)
        if worst is not None:
            return self._badge(_LINKS[worst])
        return self._badge(_HELD_BY_NOBODY if one.links and not states else _STARTING)

    def link(self, one: HeldLink) -> Badge:
        """The state of a link."""
        if not one.is_held:
            return self._badge(_HELD_BY_NOBODY if one.state != "down" else _LINKS["down"])
        return self._badge(_LINKS.get(one.state, (one.state, "waiting")))

    def alarm(self, kind: str) -> str:
        """What an alarm is called."""
        return self._say(ALARMS[kind]) if kind in ALARMS else kind

    def rate(self, per_second: float) -> str:
        """So many a second, in tenths where it is not whole."""
        return format_decimal(per_second, format="#,##0.#", locale=self._language.value)

    def age(self, since: datetime) -> str:
        """How long ago a moment was, in one unit."""
        ago = max(self.now - since, self.now - self.now)
        locale = self._language.value
        return format_timedelta(ago, granularity="second", format="short", locale=locale)

    def _badge(self, words: tuple[str, str]) -> Badge:
        word, look = words
        return Badge(self._say(word), look)
