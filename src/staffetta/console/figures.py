"""Figures as a reader's language writes them: shares, durations, countries."""

from dataclasses import dataclass
from typing import Final

from babel import Locale
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from staffetta.console.languages import Language, mark, say_in

_NO_COUNTRY: Final = "001"
_NOWHERE: Final = mark("International numbers")
_NEARLY: Final = 0.001
_MINUTE_SECONDS: Final = 60
_HOUR_SECONDS: Final = 3600
_PRECISE_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """Writes figures in one language."""

    language: Language

    def share(self, share: float) -> str:
        """A part of the whole, 0 to 1: never all or nothing where some are left."""
        if 0 < share < _NEARLY:
            return f"< {self._percent(_NEARLY)}"
        if 1 - _NEARLY < share < 1:
            return f"> {self._percent(1 - _NEARLY)}"
        return self._percent(share)

    def seconds(self, seconds: float) -> str:
        """A duration: two digits that matter."""
        if seconds < _MINUTE_SECONDS:
            number = round(seconds, 1 if seconds < _PRECISE_SECONDS else 0)
            return self._unit(number, "second")
        if seconds < _HOUR_SECONDS:
            return self._unit(round(seconds / _MINUTE_SECONDS, 1), "minute")
        return self._unit(round(seconds / _HOUR_SECONDS, 1), "hour")

    def country(self, code: str) -> str:
        """A country's name, by its ISO 3166 code."""
        if code == _NO_COUNTRY:
            return say_in(self.language)(_NOWHERE)
        return Locale(self.language.value).territories.get(code) or code

    def _percent(self, share: float) -> str:
        return str(format_percent(share, self._percent_pattern, locale=self.language.value))

    @property
    def _percent_pattern(self) -> str:
        pattern: str = Locale(self.language.value).percent_formats[None].pattern
        return pattern.replace("0", "0.#")  # the language's own, with one decimal

    def _unit(self, number: float, unit: str) -> str:
        shown = format_decimal(number, locale=self.language.value)
        return str(format_unit(shown, unit, length="short", locale=self.language.value))
