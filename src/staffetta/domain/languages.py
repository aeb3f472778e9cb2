"""The languages that this product speaks to people: who reads which, and their catalogues. Pure.

A catalogue is gettext's, as text (.po). English is what stands in the code. Each package that says
something owns its catalogues: this reads the octets it is given.
"""

from collections.abc import Callable
from enum import StrEnum
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from typing import Final

from babel import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

_ACCEPTED_CHARACTERS_MAX: Final = 400
Say = Callable[[str], str]
"""Says a sentence of the code in a language."""


class Language(StrEnum):
    """A language that pages are written in."""

    ENGLISH = "en"
    ITALIAN = "it"
    FRENCH = "fr"

    @property
    def own_name(self) -> str:
        """As those call it who speak it."""
        return _OWN_NAMES[self]


_OWN_NAMES: Final = {
    Language.ENGLISH: "English",
    Language.ITALIAN: "Italiano",
    Language.FRENCH: "Français",
}


def choose_language(chosen: str | None, accepted: str) -> Language:
    """The language that was chosen before, else the first that a browser asks for and we have."""
    if chosen in set(Language):
        return Language(chosen)
    found = negotiate_locale(_preferred(accepted), [one.value for one in Language], sep="-")
    return Language(found) if found else Language.ENGLISH


def _preferred(accepted: str) -> list[str]:
    """The tags of an Accept-Language header, the most wanted first (RFC 9110 section 12.5.4)."""
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted[:_ACCEPTED_CHARACTERS_MAX].split(",")):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0.0
        if tag.strip() and quality > 0:
            weighed.append((-quality, place, tag.strip()))
    return [tag for _, _, tag in sorted(weighed)]


def read_catalogue(octets: bytes, language: Language) -> NullTranslations:
    """The words of a catalogue."""
    catalogue = read_po(BytesIO(octets), locale=language.value)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def mark(sentence: str) -> str:
    """Mark a sentence for the catalogues; it is translated when it is shown."""
    return sentence
