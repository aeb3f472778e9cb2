"""Results as tables for people and as JSON for programs. Medians, and how far runs lie apart."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.benchmark import Benchmark, Figure, Sample
from bench.machine import Machine
from bench.profiling import Hot

RESULTS = Path(__file__).parent / "results"
_PROFILE_ROWS = 25


@dataclass(frozen=True, slots=True)
class Result:
    """What one benchmark gave."""

    benchmark: Benchmark
    samples: Sequence[Sample]
    ledger: Mapping[str, Any]  # as `staffetta ledger verify` says
    profile: Mapping[str, Sequence[Hot]] = field(default_factory=dict)


def show(console: Console, result: Result) -> None:
    """Print everything about one benchmark."""
    console.print(_figures(result))
    console.print(_cpu(result.samples))
    console.print(f"ledger exact: {result.ledger['exact']}, {result.ledger['entries']} entries")
    for sample in result.samples:
        for refusal in sample.notes.get("refusals", ()):
            console.print(f"refused: {refusal}", style="red", markup=False)
    for name, functions in result.profile.items():
        console.print(_profile(name, functions))


def write(results: Sequence[Result], machine: Machine, now: datetime) -> Path:
    """Write a file of JSON; answers which."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{now.astimezone(UTC):%Y-%m-%dT%H-%M-%SZ}.json"
    content = {
        "at": now.isoformat(),
        "machine": asdict(machine),
        "benchmarks": {result.benchmark.name: _as_json(result) for result in results},
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
    return path


def _as_json(result: Result) -> dict[str, Any]:
    return {
        "title": result.benchmark.title,
        "medians": {
            figure.key: _median(result.samples, figure.key) for figure in result.benchmark.figures
        },
        "cpu_us_a_message": _median_cpu(result.samples),
        "runs": [asdict(sample) for sample in result.samples],
        "ledger": result.ledger,
        "profile": {
            name: [asdict(hot) for hot in functions] for name, functions in result.profile.items()
        },
    }


def _median(samples: Sequence[Sample], key: str) -> float:
    return round(median(sample.figures[key] for sample in samples), 2)


def _median_cpu(samples: Sequence[Sample]) -> dict[str, float]:
    names = dict.fromkeys(name for sample in samples for name in sample.cpu_us)
    return {
        name: round(median(sample.cpu_us.get(name, 0.0) for sample in samples), 1) for name in names
    }


def _figures(result: Result) -> Table:
    table = Table(title=result.benchmark.title, title_justify="left")
    for column in ("", "median", "runs", "goal", ""):
        table.add_column(column, justify="left" if column == "" else "right")
    for figure in result.benchmark.figures:
        middle = _median(result.samples, figure.key)
        runs = "  ".join(_number(sample.figures[figure.key]) for sample in result.samples)
        shown = f"{_number(middle)} {figure.unit}".strip()
        table.add_row(figure.title, shown, runs, _goal(figure), _verdict(figure, middle))
    return table


def _goal(figure: Figure) -> str:
    if figure.at_least is not None:
        return f"≥ {_number(figure.at_least)}"
    return f"< {_number(figure.below)}" if figure.below is not None else ""


def _verdict(figure: Figure, value: float) -> str:
    if figure.at_least is not None:
        return "reached" if value >= figure.at_least else f"{value / figure.at_least:.0%}"
    if figure.below is not None:
        return "reached" if value < figure.below else "missed"
    return ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.1f}"


def _cpu(samples: Sequence[Sample]) -> Table:
    table = Table(title="CPU time a message", title_justify="left")
    for column in ("part", "µs, median", "µs, runs", "of the machine"):
        table.add_column(column, justify="left" if column == "part" else "right")
    used = _median_cpu(samples)
    whole = sum(used.values()) or 1.0
    for name, microseconds in sorted(used.items(), key=lambda item: -item[1]):
        runs = "  ".join(f"{sample.cpu_us.get(name, 0.0):.0f}" for sample in samples)
        table.add_row(name, f"{microseconds:.1f}", runs, f"{microseconds / whole:.0%}")
    return table


def _profile(name: str, functions: Sequence[Hot]) -> Table:
    table = Table(title=f"Where {name}'s time goes", title_justify="left")
    table.add_column("function")
    table.add_column("own %", justify="right")
    table.add_column("with callees %", justify="right")
    for hot in functions[:_PROFILE_ROWS]:
        table.add_row(hot.function, f"{hot.own_percent:.1f}", f"{hot.total_percent:.1f}")
    return table
