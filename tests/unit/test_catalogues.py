"""Every sentence that the product says to people is in every language, and none is doubtful."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import staffetta
from staffetta.domain.languages import Language

SOURCE: Final = Path(staffetta.__file__).parent
# Each package with catalogues of its own, and what marks a sentence there.
PACKAGES: Final = {
    "console": "mark",
    "api/openapi": "words",
    "api/reference": "mark",
    "api/welcome": "mark",
}
METHODS: Final = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS: Final = {
    "**/templates/**.html": {
        "extensions": "jinja2.ext.i18n",
        "trimmed": "true",
        "encoding": "utf-8",
    }
}
_LOOSE: Final = re.compile(" [:;?!»]|« ")
OTHERS: Final = [language for language in Language if language is not Language.ENGLISH]


def first(message: Any) -> str:
    """The sentence; of one with a plural, its singular."""
    return message if isinstance(message, str) else str(message[0])


def said(message: Any) -> bool:
    """Whether a message has its words, in each of its forms."""
    forms = [message.string] if isinstance(message.string, str) else message.string
    return all(forms)


def test_every_catalogue_is_looked_at() -> None:
    found = {path.parent for path in SOURCE.rglob("translations/*.po")}
    assert found == {SOURCE / package / "translations" for package in PACKAGES}


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("package", PACKAGES)
def test_every_sentence_is_translated_and_none_is_doubtful(
    package: str, language: Language
) -> None:
    keywords: dict[str, Any] = {PACKAGES[package]: None, "gettext": None, "ngettext": (1, 2)}
    extracted = extract_from_dir(SOURCE / package, METHODS, OPTIONS, keywords=keywords)
    sentences = {first(message) for _, _, message, _, _ in extracted}
    octets = (SOURCE / package / "translations" / f"{language.value}.po").read_bytes()
    catalogue = read_po(BytesIO(octets), locale=language.value)
    known = {first(message.id): message for message in catalogue if message.id}
    assert len(sentences) > 10
    assert sentences - known.keys() == set(), "run `make messages`, and translate"
    assert known.keys() - sentences == set(), "run `make messages`"
    doubtful = [one for one, message in known.items() if message.fuzzy or not said(message)]
    assert doubtful == []


@pytest.mark.parametrize("package", PACKAGES)
def test_french_punctuation_never_begins_a_line(package: str) -> None:
    octets = (SOURCE / package / "translations" / "fr.po").read_bytes()
    catalogue = read_po(BytesIO(octets), locale="fr")
    loose = [
        message.id for message in catalogue if message.id and _LOOSE.search(str(message.string))
    ]
    assert loose == [], "a space before : ; ? ! and inside « » is one that does not break"
