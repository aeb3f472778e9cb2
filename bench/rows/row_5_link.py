"""Row 5: one link by itself, window 500, each submit_sm answered and reported at once.

The SMSC and the link are processes of their own, beside each other on the machine. CPU time is the
link's process alone: what could be reached with a core for itself is a million divided by it.
"""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from functools import partial

from bench.benchmark import Benchmark, Figure, Options, Sample
from bench.peer_processes import running_peer
from bench.system import System, SystemFailed, SystemPlan

_WINDOW = 500
_END_SECONDS_MAX = 60.0


async def _run(
    _system: System, _options: Options, seconds: float, _serial: int, *, given: Sequence[str]
) -> Sample:
    async with running_peer("bench.fast_smsc") as port:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.link_load", str(port), str(_WINDOW), str(seconds)),
            *given,
            stdout=PIPE,
            stderr=PIPE,
        )
        async with asyncio.timeout(seconds + _END_SECONDS_MAX):
            answer, error = await process.communicate()
    if process.returncode:
        raise SystemFailed(f"the link ended with {process.returncode}: {error.decode()[-500:]}")
    measured = json.loads(answer)
    if not measured["submitted"] == measured["settled"] == measured["reported"]:
        raise SystemFailed(f"not every segment was answered and reported once: {measured}")
    return Sample(
        figures={"per_second": round(measured["per_second"])},
        cpu_us={"link": round(measured["cpu_us"], 2)},
    )


def link_benchmark(name: str, title: str, *given: str) -> Benchmark:
    """One link by itself; `given` are options of `bench.link_load`."""
    return Benchmark(
        name=name,
        title=title,
        figures=(Figure("per_second", "submits with their reports", "a second", at_least=30_000),),
        run=partial(_run, given=given),
        plan=SystemPlan(smsc_answers=False),
    )


BENCHMARK = link_benchmark("link", "One link with a report each, window 500")
