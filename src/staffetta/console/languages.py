"""The console's languages: which one a visitor reads, and the words of it.

Owns the catalogues (gettext, made by `make messages`). English is what stands in the code.
"""

from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Final

from babel import negotiate_locale

from staffetta.domain.languages import Language, Say, read_catalogue

__all__ = ["Language", "Say", "choose_language", "mark", "say_in", "words_of"]

_TRANSLATIONS: Final = Path(__file__).with_name("translations")
_ACCEPTED_CHARACTERS_MAX: Final = 400


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
    return read_catalogue((_TRANSLATIONS / f"{language.value}.po").read_bytes(), language)


def mark(sentence: str) -> str:
    """Mark a sentence for the catalogues; it is translated when it is shown."""
    return sentence


def say_in(language: Language) -> Say:
    """Says a sentence of the code in a language."""
    return words_of(language).gettext
