"""The dates of counters."""

from datetime import date

import pytest

from staffetta.api.oauth.v1.errors import WrongDate
from staffetta.api.oauth.v1.periods import days_of


@pytest.mark.parametrize(
    ("period", "text", "first", "last"),
    [
        ("day", "2026-03-14", date(2026, 3, 14), date(2026, 3, 14)),
        ("month", "2026-03", date(2026, 3, 1), date(2026, 3, 31)),
        ("month", "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("year", "2026", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_date_means_its_days(period: str, text: str, first: date, last: date) -> None:
    assert days_of(period, text) == (first, last)


@pytest.mark.parametrize(
    ("period", "text"),
    [
        *(("day", one) for one in ("", "2026-02-30", "2026-3-1", "2026-03", "14-03-2026", "x")),
        *(("month", one) for one in ("", "2026-13", "2026-00", "2026", "2026-03-14", "2026-3")),
        *(("year", one) for one in ("", "0000", "26", "2026-03", "20266", "٢٠٢٦")),
    ],
)
def test_a_wrong_date_is_told_how_to_be_written(period: str, text: str) -> None:
    with pytest.raises(WrongDate, match=f"wrong date: write a {period} as YYYY"):
        days_of(period, text)
