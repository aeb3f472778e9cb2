"""What connectors count for Prometheus.

Per message a plain number is raised; once in a turn of the loop the numbers go to their series,
because raising a series costs as much as encoding a PDU.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"
BUSY: Final = "busy"
NOT_SENT: Final = "not_sent"
UNCERTAIN: Final = "uncertain"
REPORT_STORED: Final = "stored"
REPORT_PUT_OFF: Final = "put_off"


class ConnectorMetrics:
    """The series of all connectors of a process, in the registry they are given."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.submits = Counter(
            "staffetta_connector_submits",
            "Segments handed to a connector, by what became of them.",
            ["connector", "outcome"],
            registry=registry,
        )
        self.reports = Counter(
            "staffetta_connector_reports",
            "Delivery reports of carriers, by whether they were stored or put off.",
            ["connector", "answer"],
            registry=registry,
        )
        self.oddities = Counter(
            "staffetta_connector_oddities",
            "What carriers sent that the protocol does not foresee, by kind.",
            ["connector", "kind"],
            registry=registry,
        )
        self.bound = Gauge(
            "staffetta_link_bound",
            "1 while the link is bound.",
            ["connector", "link"],
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.alarms = Gauge(
            "staffetta_connector_alarm",
            "1 while a person should look at the carrier, by kind.",
            ["connector", "kind"],
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.window_used = Gauge(
            "staffetta_link_window_used",
            "Segments written and not answered yet.",
            ["connector", "link"],
            registry=registry,
            multiprocess_mode="livesum",
        )

    def alarm_open(self, connector: str, kind: str, is_open: bool) -> None:
        """An alarm of a connector is open, or over."""
        self.alarms.labels(connector, kind).set(int(is_open))


class ConnectorCounts:
    """The counts of one connector since the last `publish`."""

    def __init__(self, metrics: ConnectorMetrics, connector: str) -> None:
        self._metrics = metrics
        self._connector = connector
        self.submits: dict[str, int] = {}  # by outcome; raised by whoever settles
        self.reports: dict[str, int] = {}  # by answer

    def reported(self, answer: str) -> None:
        """A report was answered."""
        self.reports[answer] = self.reports.get(answer, 0) + 1

    def odd(self, kind: str) -> None:
        """A carrier sent something odd. Rare, so it is published at once."""
        self._metrics.oddities.labels(self._connector, kind).inc()

    def publish(self) -> None:
        """Raise the series by what gathered."""
        for series, counts in (
            (self._metrics.submits, self.submits),
            (self._metrics.reports, self.reports),
        ):
            if counts:
                for label, count in counts.items():
                    series.labels(self._connector, label).inc(count)
                counts.clear()

    def link_bound(self, number: int, is_bound: bool) -> None:
        """A link is bound now, or not."""
        self._metrics.bound.labels(self._connector, str(number)).set(int(is_bound))

    def window_used(self, number: int, count: int) -> None:
        """So many segments wait for an answer on a link."""
        self._metrics.window_used.labels(self._connector, str(number)).set(count)
