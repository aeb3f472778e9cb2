"""What a benchmark is: the shapes shared by the rows, the runner and the report."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.system import System, SystemPlan


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    runs: int
    seconds: float  # of load in each run
    warm_up_seconds: float
    connections: int
    requests_max: int  # in each run
    profile: bool
    keep: bool
    patience_seconds: float  # for others on the machine to become quiet, before each run


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that a benchmark gives for every run."""

    key: str
    title: str
    unit: str = ""
    at_least: float | None = None  # the design's goal
    below: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One run. CPU time is in microseconds a message, by part of the system."""

    figures: Mapping[str, float]
    cpu_us: Mapping[str, float]
    notes: Mapping[str, Any] = field(default_factory=dict)  # for whoever reads the JSON


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One row of the goals."""

    name: str
    title: str
    figures: tuple[Figure, ...]
    # Run the load once; the int is a serial number, from 0 for the warm-up.
    run: Callable[[System, Options, float, int], Awaitable[Sample]]
    plan: SystemPlan = field(default_factory=SystemPlan)
