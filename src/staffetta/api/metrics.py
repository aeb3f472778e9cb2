"""What this package counts: requests by call and status, and how long acceptance takes.

With PROMETHEUS_MULTIPROC_DIR set, the values of all processes are gathered from that directory.
"""

import os
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from staffetta.api.asgi import Answer

_ACCEPT_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class ApiMetrics:
    """The series of the API, in the registry they are given."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "staffetta_http_requests",
            "Requests answered, by call and HTTP status.",
            ["call", "status"],
            registry=registry,
        )
        self._accept_seconds = Histogram(
            "staffetta_accept_seconds",
            "From a checked body to a durable message.",
            buckets=_ACCEPT_SECONDS,
            registry=registry,
        )
        # Finding a series by its labels costs more than counting in it. Calls and statuses are few.
        self._series: dict[tuple[str, int], Counter] = {}

    def count(self, call: str, status: int) -> None:
        """One request of `call` was answered with `status`."""
        series = self._series.get((call, status))
        if series is None:
            series = self._series[call, status] = self._requests.labels(call, str(status))
        series.inc()

    def accepted(self, seconds: float) -> None:
        """One message became durable after so many seconds."""
        self._accept_seconds.observe(seconds)


def metrics_answer(registry: CollectorRegistry) -> Answer:
    """All series of this process, or of all processes, as Prometheus reads them."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        # prometheus_client leaves this constructor without types.
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    content_type = (b"content-type", CONTENT_TYPE_LATEST.encode())
    return Answer(200, generate_latest(registry), content_type=content_type)
