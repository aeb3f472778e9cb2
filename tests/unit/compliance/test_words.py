"""What a list finds, where, and what it says of it."""

import time
import timeit
from collections.abc import Callable

import pytest

from staffetta.compliance.entries import Entry, make_entry
from staffetta.compliance.patterns import pattern_characters
from staffetta.compliance.words import ForbiddenList

LISTED = ForbiddenList.of(
    [
        make_entry("word", "Viagra"),
        make_entry("word", "lotto", "IT"),
        make_entry("phrase", "hai vinto", "IT"),
        make_entry("phrase", "hai vinto un premio", "ES"),
        make_entry("pattern", r"bit\.ly/\w+"),
        make_entry("pattern", r"\bcasino[0-9]+", "ES"),
        make_entry("word", "flat"),
        make_entry("word", "fiat", "ES"),
    ]
)


@pytest.mark.parametrize(
    ("text", "sender", "country", "matched", "reason"),
    [
        ("buy V-I-A-G-R-A", "Shop", "FR", "V-I-A-G-R-A", 'forbidden word "Viagra" in the message'),
        ("ciao", "V1AGRA", "FR", "V1AGRA", 'forbidden word "Viagra" in the sender'),
        ("il LOTTO", "Shop", "IT", "LOTTO", 'forbidden word "lotto" in the message'),
        ("Hai  vinto!", "x", "IT", "Hai  vinto", 'forbidden phrase "hai vinto" in the message'),
        (
            *("hai vinto un premio", "x", "ES", "hai vinto un premio"),
            'forbidden phrase "hai vinto un premio" in the message',
        ),
        (
            *("su BİT.LY/xy7 ora", "x", "FR", "BİT.LY/xy7"),
            r'forbidden pattern "bit\.ly/\w+" in the message',
        ),
        (
            *("casino77.es", "x", "ES", "casino77"),
            r'forbidden pattern "\bcasino[0-9]+" in the message',
        ),
        ("f1at", "x", "FR", "f1at", 'forbidden word "flat" in the message'),
        ("lotto lotto bit.ly/a", "viagra", "ES", "bit.ly/a", r'forbidden pattern "bit\.ly/\w+"'),
    ],
)
def test_a_finding_says_what_where_and_why(
    text: str, sender: str, country: str, matched: str, reason: str
) -> None:
    finding = LISTED.find(text, sender, country)
    assert finding is not None
    assert finding.matched == matched
    assert finding.reason.startswith(reason)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("il lotto", "ES"),
        ("hai vinto un premio", "FR"),
        ("casino77.es", "IT"),
        ("la fiat", "IT"),
        ("il bit. ly/a", "IT"),
        ("", "IT"),
        ("...", "IT"),
    ],
)
def test_what_is_forbidden_elsewhere_or_not_at_all_is_not_found(text: str, country: str) -> None:
    assert LISTED.find(text, "Openapi", country) is None


def test_an_empty_list_finds_nothing() -> None:
    empty = ForbiddenList()
    assert len(empty) == 0
    assert empty.find("viagra", "viagra", "IT") is None


def test_among_words_that_look_alike_the_one_that_is_meant_is_found() -> None:
    listed = ForbiddenList.of([Entry("word", "flat"), Entry("word", "fiat")])
    found = {text: listed.find(text, "", "IT") for text in ("fiat", "flat", "f1at")}
    assert found["fiat"] is not None
    assert found["fiat"].entry.text == "fiat"
    assert found["flat"] is not None
    assert found["flat"].entry.text == "flat"
    assert found["f1at"] is not None, "it may be either"


def test_as_many_patterns_as_a_list_may_have_are_one_search() -> None:
    listed = ForbiddenList.of(
        make_entry("pattern", f"(?P<g>zz{n}[a-z]{{1,20}}q)+") for n in range(500)
    )
    assert listed.find("una frase qualunque", "Openapi", "IT") is None
    finding = listed.find("due zz499abcq tre", "Openapi", "IT")
    assert finding is not None
    assert finding.matched == "zz499abcq"


def test_however_many_patterns_find_something_a_text_is_read_a_few_times() -> None:
    text = "il pacco arriva oggi alle 9 " * 140
    found = ForbiddenList.of([make_entry("pattern", f"pacco(x{n})?") for n in range(300)])

    def seconds(work: Callable[[], object]) -> float:
        return min(timeit.repeat(work, timer=time.process_time, number=1, repeat=3))

    assert len(found.find_each(text, "IT")) == 300
    assert seconds(lambda: found.find_each(text, "IT")) < 100 * seconds(
        lambda: pattern_characters(text)
    )


def test_who_tries_a_text_is_shown_every_place_of_it() -> None:
    text = "V.1.A.G.R.A: hai vinto il lotto, su bit.ly/a viagra"
    found = [(text[one.start : one.end], one.entry.kind) for one in LISTED.find_each(text, "IT")]
    assert found == [
        ("V.1.A.G.R.A", "word"),
        ("hai vinto", "phrase"),
        ("lotto", "word"),
        ("bit.ly/a", "pattern"),
        ("viagra", "word"),
    ]
    assert LISTED.find_each("il pacco arriva oggi", "IT") == []
    assert ForbiddenList().find_each(text, "IT") == []
