"""The words of the documents in each language: their catalogues (gettext, by `make messages`)."""

from functools import cache
from pathlib import Path
from typing import Final

from staffetta.domain.languages import Language, Say, read_catalogue

TRANSLATIONS: Final = Path(__file__).with_name("translations")


@cache
def say_in(language: Language) -> Say:
    """Says a sentence of the tables in a language."""
    if language is Language.ENGLISH:
        return str
    octets = (TRANSLATIONS / f"{language.value}.po").read_bytes()
    return read_catalogue(octets, language).gettext
