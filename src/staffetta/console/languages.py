"""The console's languages: the words of each, and which one a visitor reads.

Owns the catalogues (gettext, made by `make messages`). English is what stands in the code.
"""

from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Final

from staffetta.domain.languages import Language, Say, choose_language, mark, read_catalogue

__all__ = ["Language", "Say", "choose_language", "mark", "say_in", "words_of"]

_TRANSLATIONS: Final = Path(__file__).with_name("translations")


@cache
def words_of(language: Language) -> NullTranslations:
    """The catalogue of a language."""
    if language is Language.ENGLISH:
        return NullTranslations()
    return read_catalogue((_TRANSLATIONS / f"{language.value}.po").read_bytes(), language)


def say_in(language: Language) -> Say:
    """Says a sentence of the code in a language."""
    return words_of(language).gettext
