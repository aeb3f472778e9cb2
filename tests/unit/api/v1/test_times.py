"""When a v1 message goes: every form of `timestamp_send`."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.api.v1.times import milliseconds, parse_time


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        # Midnight in Rome: an hour before UTC's in winter, two in summer.
        ("2026-12-25", "2026-12-24T23:00"),
        ("25-12-2026", "2026-12-24T23:00"),
        ("2026-07-01", "2026-06-30T22:00"),
        ("1-7-2026", "2026-06-30T22:00"),
        (" 2026-07-01 ", "2026-06-30T22:00"),
        # Clocks go forward on 29 March 2026 at two: its midnight is in winter, the next in summer.
        ("2026-03-28", "2026-03-27T23:00"),
        ("2026-03-29", "2026-03-28T23:00"),
        ("29-03-2026", "2026-03-28T23:00"),
        ("2026-03-30", "2026-03-29T22:00"),
        # And back on 25 October 2026 at three.
        ("2026-10-25", "2026-10-24T22:00"),
        ("2026-10-26", "2026-10-25T23:00"),
        ("26-10-2026", "2026-10-25T23:00"),
        ("2028-02-29", "2028-02-28T23:00"),
        # Milliseconds since 1970, as text or number.
        ("1798153200000", "2026-12-24T23:00"),
        (1798153200000, "2026-12-24T23:00"),
        (1798153200000.0, "2026-12-24T23:00"),
        ("0", "1970-01-01T00:00"),
        ("326152800000", "1980-05-02T22:00"),
        # ISO 8601 with an offset.
        ("2026-12-25T00:00:00+01:00", "2026-12-24T23:00"),
        ("2026-12-24T23:00:00Z", "2026-12-24T23:00"),
        ("2026-12-24T18:30:00.000-04:30", "2026-12-24T23:00"),
        # The hour that comes twice: the offset says which.
        ("2026-10-25T02:30:00+02:00", "2026-10-25T00:30"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30"),
    ],
)
def test_a_moment_is_read_in_each_of_its_forms(written: object, moment: str) -> None:
    assert parse_time(written) == utc(moment)


@pytest.mark.parametrize(
    "written",
    [
        *("", " ", "tomorrow", "2026-13-01", "2026-02-30", "31-04-2026", "29-02-2027", "-5", "1e3"),
        *(
            "2026-12-25T10:00:00",
            "10:00",
            "2026/12/25",
            "25.12.2026",
            "2026-12",
            "1234567890123456",
        ),
        *("999999999999999", "٢٠٢٦-١٢-٢٥", "0001-01-01", "0000-01-01"),
        *(None, True, False, 1.5, -1, 10**20, float("inf"), float("nan"), [], {}, ["2026-12-25"]),
    ],
    ids=ascii,
)
def test_what_names_no_moment_is_none(written: object) -> None:
    assert parse_time(written) is None


@given(st.integers(0, 10**14))
def test_milliseconds_come_back_as_they_were_given(count: int) -> None:
    moment = parse_time(str(count))
    assert moment is not None
    assert milliseconds(moment) == str(count)
    assert milliseconds(moment + timedelta(microseconds=999)) == str(count)
