"""The documents' languages: every text in each of them, with everything that the English has."""

import re
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

import staffetta.api.openapi
from staffetta.api.openapi.document import document
from staffetta.api.openapi.languages import TRANSLATIONS
from staffetta.api.openapi.services import SERVICES
from staffetta.domain.languages import Language

PACKAGE = Path(staffetta.api.openapi.__file__).parent
OTHERS = [language for language in Language if language is not Language.ENGLISH]
NAMES = re.compile(r"`[^`]*`|\{\w+\}")  # of fields and calls, and the places of values
READ = frozenset({"description", "summary", "title"})


def catalogue(language: Language) -> dict[str, Any]:
    octets = (TRANSLATIONS / f"{language.value}.po").read_bytes()
    return {one.id: one for one in read_po(BytesIO(octets), locale=language.value) if one.id}


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_names_and_places_of_its_english(language: Language) -> None:
    for key, one in catalogue(language).items():
        assert Counter(NAMES.findall(one.string)) == Counter(NAMES.findall(key)), one.string


def shape(value: Any) -> Any:
    """A document without what is written for readers."""
    match value:
        case dict():
            return {
                key: None if key in READ and isinstance(one, str) else shape(one)
                for key, one in value.items()
            }
        case list():
            return [shape(one) for one in value]
    return value


@pytest.mark.parametrize("service", list(SERVICES))
@pytest.mark.parametrize("language", OTHERS)
def test_languages_differ_in_words_alone(service: str, language: Language) -> None:
    english, other = document(service, Language.ENGLISH), document(service, language)
    assert english["info"]["description"] != other["info"]["description"]
    for told in (english, other):  # their names are words, too
        told["tags"] = []
        for operations in [*told["paths"].values(), *callbacks(told)]:
            for call in operations.values():
                call["tags"] = []
    assert shape(english) == shape(other)


def callbacks(told: dict[str, Any]) -> list[Any]:
    named = told["components"].get("callbacks", {}).values()
    return [operations for one in named for operations in one.values()]
