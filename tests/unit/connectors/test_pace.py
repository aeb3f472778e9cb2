"""What a link did of late: looked at once a second, told of the last seconds and of a minute."""

from staffetta.connectors.smpp.pace import LinkTotals, Pace, RecentWork


def test_a_steady_link_has_the_rate_that_it_writes_at() -> None:
    pace, totals = Pace(0.0), LinkTotals()
    for second in range(1, 11):
        totals.written_count += 40
        recent = pace.look(totals, float(second))
    assert recent.per_second == 40.0
    assert recent.written_count == 400


def test_a_link_that_stopped_has_no_rate_and_keeps_its_minute() -> None:
    pace, totals = Pace(0.0), LinkTotals(written_count=90, report_count=80, throttle_count=2)
    pace.look(totals, 1.0)
    for second in range(2, 10):
        recent = pace.look(totals, float(second))
    assert recent == RecentWork(0.0, 90, 80, 2)


def test_what_is_older_than_a_minute_is_forgotten() -> None:
    pace, totals = Pace(0.0), LinkTotals(written_count=90, report_count=80, throttle_count=2)
    for second in range(1, 70):
        recent = pace.look(totals, float(second))
    assert recent == RecentWork(0.0, 0, 0, 0)


def test_two_looks_at_once_divide_by_nothing() -> None:
    pace = Pace(5.0)
    assert pace.look(LinkTotals(written_count=7), 5.0) == RecentWork(0.0, 7, 0, 0)


def test_somebody_who_looks_all_the_time_costs_a_bounded_memory() -> None:
    pace, totals = Pace(0.0), LinkTotals()
    for step in range(10_000):
        totals.written_count += 1
        recent = pace.look(totals, step / 100)
    assert recent.written_count < 200
