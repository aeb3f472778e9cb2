"""The languages that this product speaks to people, and how a catalogue of one is read. Pure.

A catalogue is gettext's, as text (.po). English is what stands in the code. Each package that says
something owns its catalogues: this reads the octets it is given.
"""

from collections.abc import Callable
from enum import StrEnum
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

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


def read_catalogue(octets: bytes, language: Language) -> NullTranslations:
    """The words of a catalogue."""
    catalogue = read_po(BytesIO(octets), locale=language.value)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
