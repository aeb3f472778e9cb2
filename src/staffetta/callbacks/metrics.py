"""What callbacks count for Prometheus.

Per callback a plain number is raised; once a second the numbers go to their series.
"""

from collections import Counter as Tally

from prometheus_client import CollectorRegistry, Counter, Gauge

from staffetta.callbacks.outcomes import Dead, Delivered, Ended, TryAgain
from staffetta.callbacks.results import Result, Tried

_OUTCOMES = {Delivered: "delivered", Ended: "ended", Dead: "dead", TryAgain: "failed"}
_GIVEN_BACK = "given_back"


class CallbackMetrics:
    """The series of a process that delivers, in the registry they are given."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._attempts = Counter(
            "staffetta_callback_attempts",
            "Claims of callbacks, by what became of them.",
            ["outcome"],
            registry=registry,
        )
        self._under_way = Gauge(
            "staffetta_callbacks_under_way",
            "Callbacks claimed and not settled yet.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._hosts_down = Gauge(
            "staffetta_callback_hosts_down",
            "Hosts of accounts that are left alone because they did not answer.",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._oldest_seconds = Gauge(
            "staffetta_callback_oldest_due_seconds",
            "How long the callback that waits longest has been due; hosts that are down count too.",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._tally: Tally[str] = Tally()

    def count(self, result: Result) -> None:
        """The result of one claim is durable."""
        outcome = _OUTCOMES[type(result.decision)] if isinstance(result, Tried) else _GIVEN_BACK
        self._tally[outcome] += 1

    def publish(self, *, under_way: int, hosts_down: int) -> None:
        """Bring what was counted to its series."""
        tally, self._tally = self._tally, Tally()
        for outcome, count in tally.items():
            self._attempts.labels(outcome).inc(count)
        self._under_way.set(under_way)
        self._hosts_down.set(hosts_down)

    def oldest_due(self, seconds: float) -> None:
        """All lanes were looked at, and this is how long the oldest has waited."""
        self._oldest_seconds.set(seconds)
