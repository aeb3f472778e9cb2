"""Row 1: one `/IT-messages` request a message, accepted durably.

The route's carrier is away, so what is measured is acceptance alone: every 201 stands for a message
that is on the disk and waits.
"""

from bench.benchmark import Benchmark, Figure, Options, Sample
from bench.posting import Posted, cpu_us_a_message, post, read_cpu
from bench.system import System, SystemPlan


async def _run(system: System, options: Options, seconds: float, serial: int) -> Sample:
    before = read_cpu(system)
    posted = await post(system, options, seconds, serial)
    after = read_cpu(system)
    report = posted.report
    return Sample(
        figures={
            "accepted_per_second": round(report.accepted / posted.seconds, 1),
            "p50_ms": posted.latency_ms(0.50),
            "p99_ms": posted.latency_ms(0.99),
            "refused": report.sent - report.accepted,
            "lost": await _missing_count(system, posted),
        },
        cpu_us=cpu_us_a_message(before, after, report.cpu_seconds, report.accepted),
        notes=posted.notes(),
    )


_COUNT_STORED = """
SELECT count(*)
  FROM unnest($1::bytea[]) AS accepted (id)
  JOIN recipient USING (id)
"""


async def _missing_count(system: System, posted: Posted) -> int:
    ids = [posted.ids[at : at + 12] for at in range(0, len(posted.ids), 12)]
    stored: int = await system.database.fetchval(_COUNT_STORED, ids)
    return len(ids) - stored


BENCHMARK = Benchmark(
    name="accept",
    title="One /IT-messages request a message, accepted durably",
    figures=(
        Figure("accepted_per_second", "accepted", "/s", at_least=6_000),
        Figure("p50_ms", "201 within, half of them", "ms"),
        Figure("p99_ms", "201 within, 99 of 100", "ms", below=60),
        Figure("refused", "answers other than 201", below=1),
        Figure("lost", "accepted and not stored", below=1),
    ),
    run=_run,
    plan=SystemPlan(smsc_answers=False),
)
