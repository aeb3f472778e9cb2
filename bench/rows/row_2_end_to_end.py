"""Row 2: the same all the way, until every message's delivery report is matched and stored.

A run lasts from the first request to the moment at which a query finds no message that is not
delivered. The steady part is the load without its first quarter, by the times of the reports.
"""

import asyncio
import time
from dataclasses import dataclass

from bench.benchmark import Benchmark, Figure, Options, Sample
from bench.posting import Posted, by_second, cpu_us_a_message, post, read_cpu
from bench.system import System, SystemFailed

_DRAIN_SECONDS_MAX = 120.0
_POLL_SECONDS = 0.1
_STEADY_FROM = 0.25

_COUNT_OPEN = """
SELECT (SELECT count(*) FROM recipient
         WHERE state IN ('scheduled', 'queued', 'submitted', 'uncertain'))
     + (SELECT count(*) FROM recipient WHERE state = 'submitting')
"""

_READ_ENDS = """
SELECT state::text AS state, extract(epoch FROM delivered_at)::float8 AS delivered_at,
       possibly_duplicate
  FROM unnest($1::bytea[]) AS accepted (id)
  JOIN recipient USING (id)
"""


@dataclass(frozen=True, slots=True)
class _Ends:
    """What became of the accepted messages; offsets are seconds since the first request."""

    delivered_offsets: list[float]
    duplicates: int

    def between(self, start: float, end: float) -> int:
        return sum(start <= offset < end for offset in self.delivered_offsets)


async def _run(system: System, options: Options, seconds: float, serial: int) -> Sample:
    before = read_cpu(system)
    posted = await post(system, options, seconds, serial)
    all_stored_at = await _until_all_delivered(system)
    after = read_cpu(system)
    report = posted.report
    ends = await _read_ends(system, posted)
    delivered = len(ends.delivered_offsets)
    steady_start = posted.seconds * _STEADY_FROM
    steady = ends.between(steady_start, posted.seconds) / (posted.seconds - steady_start)
    return Sample(
        figures={
            "stored_per_second": round(delivered / (all_stored_at - report.started_at), 1),
            "steady_per_second": round(steady, 1),
            "accepted_per_second": round(report.accepted / posted.seconds, 1),
            "p50_ms": posted.latency_ms(0.50),
            "p99_ms": posted.latency_ms(0.99),
            "backlog": report.accepted - ends.between(0, posted.seconds),
            "refused": report.sent - report.accepted,
            "lost": report.accepted - delivered,
            "duplicates": ends.duplicates,
        },
        cpu_us=cpu_us_a_message(before, after, report.cpu_seconds, report.accepted),
        notes={**posted.notes(), "stored_by_second": by_second(ends.delivered_offsets)},
    )


async def _until_all_delivered(system: System) -> float:
    """Wait until no message is open; answers when that was."""
    try:
        async with asyncio.timeout(_DRAIN_SECONDS_MAX):
            while await system.database.fetchval(_COUNT_OPEN):  # noqa: ASYNC110 - PostgreSQL
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        states = await system.database.fetch("SELECT state, count(*) FROM recipient GROUP BY state")
        raise SystemFailed(
            f"messages stay open: {[tuple(row) for row in states]}\n{system.log('serve')}"
        ) from None
    return time.time()


async def _read_ends(system: System, posted: Posted) -> _Ends:
    ids = [posted.ids[at : at + 12] for at in range(0, len(posted.ids), 12)]
    rows = await system.database.fetch(_READ_ENDS, ids)
    started_at = posted.report.started_at
    return _Ends(
        delivered_offsets=[
            row["delivered_at"] - started_at for row in rows if row["state"] == "delivered"
        ],
        duplicates=sum(row["possibly_duplicate"] for row in rows),
    )


BENCHMARK = Benchmark(
    name="end-to-end",
    title="The same all the way: submitted over SMPP, delivery report matched and stored",
    figures=(
        Figure("stored_per_second", "reports stored, the whole run", "/s", at_least=5_000),
        Figure("steady_per_second", "reports stored, the steady part", "/s", at_least=5_000),
        Figure("accepted_per_second", "accepted", "/s"),
        Figure("p50_ms", "201 within, half of them", "ms"),
        Figure("p99_ms", "201 within, 99 of 100", "ms", below=60),
        Figure("backlog", "not stored when the load ended"),
        Figure("refused", "answers other than 201", below=1),
        Figure("lost", "accepted and not delivered", below=1),
        Figure("duplicates", "flagged possibly duplicate"),
    ),
    run=_run,
)
