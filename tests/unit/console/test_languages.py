"""The console's languages: every sentence in each of them, and whoever asks gets theirs."""

import pytest

from staffetta.console.languages import Language, choose_language, say_in, words_of


def test_there_is_something_to_translate() -> None:
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
