"""docs/reference/carrier-statuses.md says what the code does, whole tables at a time."""

from pathlib import Path

from staffetta.messaging.match import Disposition
from staffetta.smpp.network_errors import NETWORK_ERRORS, REASONS
from staffetta.smpp.report_text import STATE_WORDS
from staffetta.smpp.reports import Meaning, meaning_of_word
from staffetta.smpp.statuses import STATUSES, StatusClass

PAGE = (Path(__file__).parents[3] / "docs/reference/carrier-statuses.md").read_text()
FOR_GOOD = {True: "yes", False: "no"}


def table(first_heading: str) -> list[tuple[str, ...]]:
    """The rows of the table whose first column has this heading."""
    _, _, rest = PAGE.partition(f"\n| {first_heading} |")
    assert rest, f"there is no table of {first_heading}"
    lines = rest.splitlines()[2:]
    end = next((place for place, line in enumerate(lines) if not line.startswith("|")), len(lines))
    return [
        tuple(cell.strip().strip("`") for cell in line.strip("|").split("|"))
        for line in lines[:end]
    ]


def test_every_status_is_on_the_page_with_its_meaning_and_class() -> None:
    assert table("code") == [
        (f"0x{code:02X}", str(code), one.name, one.sentence, one.status_class)
        for code, one in sorted(STATUSES.items())
    ]


def test_every_class_of_statuses_has_its_row() -> None:
    named = [name.strip("` ") for row in table("class") for name in row[0].split(",")]
    assert named == list(StatusClass)


def test_every_word_of_a_report_is_on_the_page_with_its_meaning() -> None:
    rows = table("word")
    assert {(row[0], row[1]) for row in rows} == {
        (word, str(meaning_of_word(word))) for word in STATE_WORDS
    }
    assert {row[1] for row in rows} == set(Meaning)


def test_every_reason_of_an_error_is_on_the_page() -> None:
    assert table("reason") == [
        (reason, one.words, one.fault, FOR_GOOD[one.is_permanent])
        for reason, one in REASONS.items()
    ]


def test_every_error_of_networks_is_on_the_page() -> None:
    assert table("error") == [
        (str(code), one.name, one.words, one.reason, FOR_GOOD[one.is_permanent])
        for code, one in sorted(NETWORK_ERRORS.items())
    ]


def test_everything_that_may_become_of_a_report_is_on_the_page() -> None:
    named = {value for name, value in vars(Disposition).items() if name.isupper()}
    assert {row[0] for row in table("what became of a report")} == named
