"""Row 5 as a gateway runs it: the link keeps what went over it last, and samples PDUs."""

from bench.rows.row_5_link import link_benchmark

BENCHMARK = link_benchmark(
    "link-recorded",
    "One link with a report each, window 500, with the flight recorder",
    "--recorded",
)
