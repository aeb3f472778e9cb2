"""The console's languages: every sentence in each of them, and whoever asks gets theirs."""

from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import staffetta.console
from staffetta.console.languages import Language, choose_language, say_in, words_of

CONSOLE = Path(staffetta.console.__file__).parent
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {
    "**/templates/**.html": {
        "extensions": "jinja2.ext.i18n",
        "trimmed": "true",
        "encoding": "utf-8",
    }
}


def sentences() -> set[str]:
    found = extract_from_dir(
        CONSOLE, METHODS, OPTIONS, keywords={"mark": None, "gettext": None, "ngettext": (1, 2)}
    )
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


@pytest.mark.parametrize("language", [Language.ITALIAN, Language.FRENCH])
def test_every_sentence_is_translated_and_none_is_doubtful(language: Language) -> None:
    octets = (CONSOLE / "translations" / f"{language.value}.po").read_bytes()
    catalogue = read_po(BytesIO(octets), locale=language.value)
    known = {
        message.id if isinstance(message.id, str) else message.id[0]: message
        for message in catalogue
        if message.id
    }
    assert sentences() - known.keys() == set(), "run `make messages`, and translate"
    assert known.keys() - sentences() == set(), "run `make messages`"
    assert [one for one, message in known.items() if message.fuzzy or not message.string] == []


def test_there_is_something_to_translate() -> None:
    assert "Sign in" in sentences()
    assert say_in(Language.ITALIAN)("Sign in") == "Accedi"
    assert words_of(Language.ENGLISH).gettext("Sign in") == "Sign in"


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        (None, "it-IT,it;q=0.9,en;q=0.8", Language.ITALIAN),
        (None, "de-DE,de;q=0.9,fr;q=0.5,en;q=0.4", Language.FRENCH),
        (None, "en;q=0.1,fr-CH;q=0.9", Language.FRENCH),
        (None, "de", Language.ENGLISH),
        (None, "", Language.ENGLISH),
        (None, "fr;q=x, ;;;=,it;q=0", Language.ENGLISH),
        ("fr", "it", Language.FRENCH),
        ("xx", "it", Language.ITALIAN),
    ],
)
def test_a_visitor_reads_the_language_asked_for(
    chosen: str | None, accepted: str, language: Language
) -> None:
    assert choose_language(chosen, accepted) is language
