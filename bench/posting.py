"""One load on a running system, with what it cost every part of it."""

import asyncio
import json
import sys
from array import array
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.benchmark import Options
from bench.cpu import MachineTime, machine_time
from bench.load import LoadPlan, LoadReport
from bench.system import HOST, System, SystemFailed

_NUMBERS_APART = 2_000_000  # messages of one load; the next begins with other numbers
_LATE_SECONDS_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Posted:
    """What a load brought."""

    report: LoadReport
    latencies: Sequence[float]  # seconds, sorted
    answers_by_second: Sequence[int]  # 201s in each second since the start
    ids: bytes  # 12 for each message

    @property
    def seconds(self) -> float:
        """From the first request to the last answer."""
        return self.report.ended_at - self.report.started_at

    def latency_ms(self, share: float) -> float:
        """The latency that `share` of the 201s stay within."""
        if not self.latencies:
            return 0.0
        index = min(int(len(self.latencies) * share), len(self.latencies) - 1)
        return round(self.latencies[index] * 1000, 2)

    def notes(self) -> dict[str, Any]:
        """What a reader of the results may ask about."""
        return {
            "sent": self.report.sent,
            "accepted": self.report.accepted,
            "statuses": self.report.statuses,
            "refusals": self.report.refusals,
            "broken_connections": self.report.broken,
            "accepted_by_second": list(self.answers_by_second),
        }


@dataclass(frozen=True, slots=True)
class CpuReading:
    """CPU time so far, of our parts and of the whole machine."""

    parts: dict[str, float]
    machine: MachineTime


def read_cpu(system: System) -> CpuReading:
    """Read all counters now."""
    return CpuReading(system.cpu_seconds(), machine_time())


def cpu_us_a_message(
    before: CpuReading, after: CpuReading, load_seconds: float, messages: int
) -> dict[str, float]:
    """What each part used between two readings, in microseconds a message.

    `others` is what everything else on the machine used: in a quiet run, kernel threads alone.
    """
    used = {name: after.parts[name] - before.parts.get(name, 0.0) for name in after.parts}
    used["load generator"] = load_seconds
    busy = after.machine.busy - before.machine.busy
    used["others"] = max(0.0, busy - sum(used.values()))
    used["idle"] = after.machine.idle - before.machine.idle
    return {name: round(seconds / max(messages, 1) * 1e6, 2) for name, seconds in used.items()}


async def post(
    system: System,
    options: Options,
    seconds: float,
    serial: int,
    *,
    path: str = "/v2/IT-messages",
    callback_url: str = "",
    requests_per_second: float = 0.0,
) -> Posted:
    """Run a load of requests, of `/IT-messages` unless another path is given.

    Raises SystemFailed.
    """
    latencies_file = system.directory / f"latencies-{serial}"
    ids_file = system.directory / f"ids-{serial}"
    plan = LoadPlan(
        host=HOST,
        port=system.port,
        path=path,
        token=system.token,
        connections=options.connections,
        seconds=seconds,
        requests_max=min(options.requests_max, _NUMBERS_APART),
        first_number=serial * _NUMBERS_APART,
        latencies_file=str(latencies_file),
        ids_file=str(ids_file),
        callback_url=callback_url,
        requests_per_second=requests_per_second,
    )
    report = await _run(plan)
    pairs = array("d", latencies_file.read_bytes())
    ids = ids_file.read_bytes()
    latencies_file.unlink()
    ids_file.unlink()
    return Posted(report, sorted(pairs[1::2]), by_second(pairs[0::2]), ids)


def by_second(offsets: Sequence[float]) -> list[int]:
    """How many of these moments fall into each second."""
    counts = Counter(int(offset) for offset in offsets)
    return [counts[second] for second in range(max(counts, default=-1) + 1)]


async def _run(plan: LoadPlan) -> LoadReport:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load", stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        async with asyncio.timeout(plan.seconds + _LATE_SECONDS_MAX):
            out, error = await process.communicate(json.dumps(asdict(plan)).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise SystemFailed(f"the load generator failed: {error.decode()[-2000:]}")
    given: Mapping[str, Any] = json.loads(out)
    return LoadReport(**given)
