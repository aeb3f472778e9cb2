"""The rows of the goals, one a file: each module holds a `BENCHMARK`.

A new file here is a new benchmark; nothing else names it.
"""

import pkgutil
from importlib import import_module

from bench.benchmark import Benchmark


def all_benchmarks() -> dict[str, Benchmark]:
    """Every benchmark, in the order of their files' names."""
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [import_module(f"{__name__}.{name}").BENCHMARK for name in modules]
    return {benchmark.name: benchmark for benchmark in found}
