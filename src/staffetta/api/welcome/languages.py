"""The page's words in each language: its catalogues (gettext, by `make messages`)."""

from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Final

from staffetta.domain.languages import Language, read_catalogue

_TRANSLATIONS: Final = Path(__file__).with_name("translations")


@cache
def words_of(language: Language) -> NullTranslations:
    """The catalogue of a language."""
    if language is Language.ENGLISH:
        return NullTranslations()
    return read_catalogue((_TRANSLATIONS / f"{language.value}.po").read_bytes(), language)
