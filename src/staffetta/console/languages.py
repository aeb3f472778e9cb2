"""The console's languages: which one a visitor reads, and the words of it.

Owns the catalogues (gettext, made by `make messages`). English is what stands in the code.
"""

from collections.abc import Callable
from enum import StrEnum
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

_TRANSLATIONS: Final = Path(__file__).with_name("translations")
_ACCEPTED_CHARACTERS_MAX: Final = 400


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


@cache
def words_of(language: Language) -> NullTranslations:
    """The catalogue of a language."""
    if language is Language.ENGLISH:
        return NullTranslations()
    with (_TRANSLATIONS / f"{language.value}.po").open("rb") as file:
        catalogue = read_po(file, locale=language.value, domain="console")
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def mark(sentence: str) -> str:
    """Mark a sentence for the catalogues; it is translated when it is shown."""
    return sentence


Say = Callable[[str], str]


def say_in(language: Language) -> Say:
    """Says a sentence of the code in a language."""
    return words_of(language).gettext
