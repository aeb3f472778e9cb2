"""The table of magic numbers: complete, documented, and usable with real numbers."""

from pathlib import Path

import pytest

from staffetta.connectors.simulated.behaviours import BEHAVIOURS, ORDINARY, behaviour_of
from staffetta.connectors.simulated.settings import NetworkSettings
from staffetta.domain.phones import parse_mobile

DOCUMENT = Path(__file__).parents[3] / "docs" / "reference" / "simulated-network.md"
STEMS = {"IT": "+39 333 123 990", "ES": "+34 612 34 990", "FR": "+33 6 12 34 99 0"}


def table_after(marker: str) -> list[tuple[str, ...]]:
    """The rows of the first table behind a marker in the document, without its head."""
    lines = DOCUMENT.read_text().partition(marker)[2].splitlines()
    rows = [line for line in lines[: lines.index("", 2)] if line.startswith("|")]
    return [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows[2:]]


def test_the_document_has_the_table_of_the_code():
    expected = [(row.digits, row.outcome, row.what_happens) for row in BEHAVIOURS]
    expected.append(("all others", ORDINARY.outcome, ORDINARY.what_happens))
    assert table_after("<!-- behaviours:") == expected


def test_the_sentences_name_the_shipped_durations():
    assert NetworkSettings().throttle_seconds == 3
    assert NetworkSettings().late_report_seconds == 60


def test_there_are_nine_numbers():
    assert [row.digits for row in BEHAVIOURS] == [f"990{digit}" for digit in range(1, 10)]


@pytest.mark.parametrize("row", BEHAVIOURS, ids=lambda row: row.digits)
def test_the_last_four_digits_decide(row):
    for number in (f"39333123{row.digits}", f"+34{row.digits}", row.digits):
        assert behaviour_of(number.encode()) is row


@pytest.mark.parametrize("number", [b"", b"9", b"393339901000", b"393331239900", b"39333123991"])
def test_all_others_are_ordinary(number):
    assert behaviour_of(number) is ORDINARY


@pytest.mark.parametrize("country", STEMS)
@pytest.mark.parametrize("digit", range(1, 10))
def test_the_documented_examples_are_valid_mobile_numbers(country, digit):
    assert f"| {STEMS[country]}n |" in DOCUMENT.read_text()
    phone = parse_mobile(f"{STEMS[country]}{digit}".replace(" ", ""))
    assert phone.country == country
    assert behaviour_of(phone.e164.encode()).digits == f"990{digit}"
