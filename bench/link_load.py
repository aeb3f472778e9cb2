"""One link under load, by itself: a connector of ours, claims without end, an inbox that counts.

Run as `python -m bench.link_load PORT WINDOW SECONDS [--recorded]`: prints what it measured, as
JSON. It is a process of its own, so that what it costs is the link's alone. With `--recorded` it
keeps and samples PDUs as a gateway does unless its settings say otherwise.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
import uvloop
from prometheus_client import CollectorRegistry

from staffetta.app.recording import recording_policy
from staffetta.config import read_settings
from staffetta.connectors.metrics import ConnectorMetrics
from staffetta.connectors.smpp.connector import SmppConnector
from staffetta.connectors.smpp.link_states import LinkChange, LinkState
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.domain.clock import SystemClock
from staffetta.domain.encodings import Encoding
from staffetta.messaging.connector import Claim, Report, Segment, Settlement
from staffetta.messaging.recordings import RecordingPolicy, Recordings

_WARM_UP_SECONDS = 1.0
_LAST_REPORTS_SECONDS_MAX = 10.0
_COLLECTION_THRESHOLDS = (50_000, 50, 100)  # as in `app`
_SPREAD = 0x9E3779B1  # prime to 2^32: ends of ids are as even as random ones
_TEXT = "Gentile cliente, il tuo ordine e' stato spedito oggi: consegna prevista domani."


class _Inbox:
    """Counts, and says of every report that it is stored, all of a turn together."""

    def __init__(self) -> None:
        self.settled_count = 0
        self.reported_count = 0
        self.refill: Callable[[], None] = lambda: None
        self._loop = asyncio.get_running_loop()
        self._stored: list[Callable[[bool], None]] = []

    def ready(self, _connector_id: int) -> None:
        self.refill()

    def settled(self, _settlement: Settlement) -> None:
        self.settled_count += 1

    def reported(self, _report: Report, stored: Callable[[bool], None]) -> bool:
        if not self._stored:
            self._loop.call_soon(self._store)
        self._stored.append(stored)
        return True

    def _store(self) -> None:
        stored, self._stored = self._stored, []
        for tell in stored:
            tell(True)
        self.reported_count += len(stored)


def _claims(count: int) -> list[Claim]:
    """As many different claims; making them is dispatch's work, not the link's."""
    expires_at = datetime.now(UTC) + timedelta(days=2)
    return [
        Claim(
            space_id=1,
            recipient_id=(number * _SPREAD % (1 << 32)).to_bytes(12, "big"),
            attempt=1,
            sender="ACME",
            number=f"+39333{number:07d}",
            encoding=Encoding.GSM_7,
            segments=(Segment(1, _TEXT),),
            segment_total=1,
            reference=1,
            flash=False,
            expires_at=expires_at,
            accepted_before=False,
            failure_count=0,
            resend_count=0,
            capture_micro=None,
        )
        for number in range(count)
    ]


async def _measure(
    port: int, window: int, seconds: float, policy: RecordingPolicy
) -> dict[str, float]:
    inbox, bound, clock = _Inbox(), asyncio.Event(), SystemClock()
    recordings = Recordings(policy, clock)

    def changed(change: LinkChange) -> None:
        if change.state is LinkState.BOUND:
            bound.set()

    settings = SmppSettings(
        connector_id=1,
        name="bench",
        host="127.0.0.1",
        port=port,
        system_id="bench",
        password="bench",
        window_max=window,
        rate_per_second=0,
    )
    connector = SmppConnector(
        settings,
        inbox,
        clock,
        ConnectorMetrics(CollectorRegistry()),
        may_write=lambda: True,
        changed=changed,
        recordings=recordings,
    )
    claims, at = _claims(10_000), 0
    stopping = False

    def refill() -> None:
        nonlocal at
        if stopping:
            return
        for _ in range(connector.room()):
            connector.submit(claims[at % len(claims)])
            at += 1

    inbox.refill = refill
    # As the roles of a gateway do when they are ready.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTION_THRESHOLDS)
    stop = asyncio.Event()
    running = asyncio.create_task(connector.run(stop))
    await bound.wait()
    refill()
    await asyncio.sleep(_WARM_UP_SECONDS)
    began, began_cpu, began_at = time.monotonic(), time.process_time(), inbox.reported_count
    await asyncio.sleep(seconds)
    took, took_cpu = time.monotonic() - began, time.process_time() - began_cpu
    count = inbox.reported_count - began_at
    stopping = True
    async with asyncio.timeout(_LAST_REPORTS_SECONDS_MAX):
        while inbox.reported_count < at:  # noqa: ASYNC110 - the end is not measured
            await asyncio.sleep(0.01)
    stop.set()
    await running
    return {
        "per_second": count / took,
        "cpu_us": took_cpu / count * 1e6,
        "submitted": float(at),
        "settled": float(inbox.settled_count),
        "reported": float(inbox.reported_count),
        "recorded": float(len(recordings.waiting)),
    }


def _main(port: str, window: str, seconds: str, *options: str) -> None:
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(sys.stderr))
    policy = recording_policy(read_settings({})) if options else RecordingPolicy()
    measured = uvloop.run(_measure(int(port), int(window), float(seconds), policy))
    print(json.dumps(measured))


if __name__ == "__main__":
    _main(*sys.argv[1:])
