"""`python -m bench`: runs the benchmarks named, or all, and shows and keeps what they gave."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from bench.benchmark import Benchmark, Options
from bench.cpu import wait_until_quiet
from bench.machine import Machine, describe_machine
from bench.profiling import Hot, NoProfiler, Profiler
from bench.report import Result, show, write
from bench.rows import all_benchmarks
from bench.system import System, SystemFailed, running_system

_WARM_UP_SECONDS = 3.0
_REQUESTS_MAX = 500_000
_WIDTH = 120  # of tables that go into a file


def main() -> int:
    """Run what the command line names; answers the exit status."""
    benchmarks = all_benchmarks()
    names, options = _parse(benchmarks)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    results: list[Result] = []
    machine: Machine | None = None
    for name in names:
        try:
            result, machine = asyncio.run(_measure(benchmarks[name], options, console))
        except SystemFailed as failure:
            console.print(f"{name}: {failure}", style="red", markup=False)
            return 1
        show(console, result)
        results.append(result)
    assert machine is not None, "at least one benchmark was run"
    console.print(f"written: {write(results, machine, datetime.now(UTC))}")
    return 0 if all(result.ledger["exact"] for result in results) else 1


def _parse(benchmarks: dict[str, Benchmark]) -> tuple[list[str], Options]:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(benchmarks)}")
    parser.add_argument("--runs", type=int, default=3, help="runs of each; medians are shown")
    parser.add_argument("--seconds", type=float, default=12.0, help="of load in each run")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--profile", action="store_true", help="one more run, sampled by py-spy")
    parser.add_argument("--keep", action="store_true", help="leave the data directory behind")
    parser.add_argument(
        "--patience", type=float, default=0.0, help="seconds to wait for a quiet machine, each run"
    )
    given = parser.parse_args()
    unknown = set(given.names) - set(benchmarks)
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    options = Options(
        runs=given.runs,
        seconds=given.seconds,
        warm_up_seconds=_WARM_UP_SECONDS,
        connections=given.connections,
        requests_max=_REQUESTS_MAX,
        profile=given.profile,
        keep=given.keep,
        patience_seconds=given.patience,
    )
    return given.names or list(benchmarks), options


async def _measure(
    benchmark: Benchmark, options: Options, console: Console
) -> tuple[Result, Machine]:
    """Run one benchmark on a system of its own."""
    console.print(f"[bold]{benchmark.name}[/bold]: starting a system")
    async with running_system(benchmark.plan, keep=options.keep) as system:
        if options.keep:
            console.print(f"its directory: {system.directory}")
        machine = describe_machine(
            await system.database.fetchval("SHOW server_version"), system.directory
        )
        await benchmark.run(system, options, options.warm_up_seconds, 0)
        samples = []
        for number in range(1, options.runs + 1):
            if options.patience_seconds and not await wait_until_quiet(options.patience_seconds):
                console.print("the machine does not become quiet: measured all the same")
            samples.append(await benchmark.run(system, options, options.seconds, number))
            first = benchmark.figures[0]
            console.print(
                f"run {number} of {options.runs}: {first.title} "
                f"{samples[-1].figures[first.key]:,.0f} {first.unit}"
            )
        profile = await _profile(benchmark, system, options, console) if options.profile else {}
        ledger = await system.command("ledger", "verify")
    return Result(benchmark, samples, ledger, profile), machine


async def _profile(
    benchmark: Benchmark, system: System, options: Options, console: Console
) -> dict[str, Sequence[Hot]]:
    """One more run under the sampler, which slows it down: its figures are not kept."""
    profiler = Profiler(system)
    try:
        await profiler.start()
        try:
            await benchmark.run(system, options, options.seconds, options.runs + 1)
        finally:
            found = await profiler.stop()
    except NoProfiler as absent:
        console.print(f"no profile: {absent}", style="yellow", markup=False)
        return {}
    return dict(found)


if __name__ == "__main__":
    sys.exit(main())
