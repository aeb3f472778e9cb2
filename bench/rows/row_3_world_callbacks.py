"""Row 3: the same with `/WW-messages` (hold, capture) and two callbacks a message delivered.

Requests are offered at a rate above the goal, not as many as are taken: a newer state supersedes an
older one that is unsent, so a system that is behind sends fewer callbacks. The carrier reports a
moment after its answer, as carriers do, which leaves time to tell both states. A run lasts from
the first request until the last callback's result is durable.
"""

import asyncio

from bench.benchmark import Benchmark, Figure, Options, Sample
from bench.peer_processes import running_peer
from bench.posting import Posted, cpu_us_a_message, post, read_cpu
from bench.system import HOST, System, SystemFailed, SystemPlan

_OFFERED = 2_000.0  # requests a second
_REPORT_SECONDS = "1.5"
_DRAIN_SECONDS_MAX = 180.0
_POLL_SECONDS = 0.2

_IS_OPEN = """
SELECT EXISTS (SELECT FROM recipient
                WHERE state IN ('scheduled', 'queued', 'submitted', 'uncertain'))
    OR EXISTS (SELECT FROM recipient WHERE state = 'submitting')
    OR EXISTS (SELECT FROM callback WHERE status IN ('owed', 'delivering'))
"""
_READ_ENDS = """
SELECT count(*) FILTER (WHERE callback.status = 'delivered') AS told,
       count(*) FILTER (WHERE callback.status = 'delivered' AND callback.step = 2) AS ends_told,
       count(*) FILTER (WHERE callback.status = 'superseded') AS superseded,
       extract(epoch FROM max(callback.settled_at))::float8 AS ended_at
  FROM callback
  JOIN unnest($1::bytea[]) AS accepted (id) ON callback.message_id = accepted.id
"""


async def _run(system: System, options: Options, seconds: float, serial: int) -> Sample:
    async with running_peer("bench.fast_receiver") as port:
        before = read_cpu(system)
        posted = await post(
            *(system, options, seconds, serial),
            path="/v2/WW-messages",
            callback_url=f"http://{HOST}:{port}/sms",
            requests_per_second=_OFFERED,
        )
        await _until_told(system)
        after = read_cpu(system)
    report = posted.report
    ends = await system.database.fetchrow(_READ_ENDS, _ids(posted))
    assert ends is not None
    return Sample(
        figures={
            "told_per_second": round(ends["ends_told"] / (ends["ended_at"] - report.started_at), 1),
            "callbacks_a_message": round(ends["told"] / max(report.accepted, 1), 3),
            "accepted_per_second": round(report.accepted / posted.seconds, 1),
            "p99_ms": posted.latency_ms(0.99),
            "superseded": ends["superseded"],
            "refused": report.sent - report.accepted,
            "lost": report.accepted - ends["ends_told"],
        },
        cpu_us=cpu_us_a_message(before, after, report.cpu_seconds, report.accepted),
        notes={**posted.notes(), "seconds": round(ends["ended_at"] - report.started_at, 2)},
    )


def _ids(posted: Posted) -> list[bytes]:
    return [posted.ids[at : at + 12] for at in range(0, len(posted.ids), 12)]


async def _until_told(system: System) -> None:
    """Wait until no message is open and no callback owed."""
    try:
        async with asyncio.timeout(_DRAIN_SECONDS_MAX):
            while await system.database.fetchval(_IS_OPEN):  # noqa: ASYNC110 - PostgreSQL
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        raise SystemFailed(f"callbacks stay owed:\n{system.log('serve')}") from None


BENCHMARK = Benchmark(
    name="world-callbacks",
    title="The same with /WW-messages (hold, capture) and two callbacks a message delivered",
    figures=(
        Figure("told_per_second", "ends told, the whole run", "/s", at_least=1_500),
        Figure("callbacks_a_message", "callbacks delivered a message"),
        Figure("accepted_per_second", f"accepted of the {_OFFERED:,.0f} offered", "/s"),
        Figure("p99_ms", "201 within, 99 of 100", "ms"),
        Figure("superseded", "callbacks superseded by a newer state"),
        Figure("refused", "answers other than 201", below=1),
        Figure("lost", "accepted, and no end told", below=1),
    ),
    run=_run,
    plan=SystemPlan(report_seconds=_REPORT_SECONDS),
)
