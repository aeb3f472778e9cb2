"""A connector of ours, linked over real sockets to an SMSC that the test plays."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from patient_loop import PatientLoop
from prometheus_client import CollectorRegistry
from scripted_esme import until
from scripted_smsc import ScriptedSmsc

from staffetta.connectors.metrics import ConnectorMetrics
from staffetta.connectors.smpp.connector import SmppConnector
from staffetta.connectors.smpp.link_states import LinkChange, LinkState
from staffetta.connectors.smpp.options import settings_of
from staffetta.domain.clock import SystemClock
from staffetta.domain.encodings import Encoding
from staffetta.messaging.connector import Claim, Outcome, Report, Segment, Settlement
from staffetta.routing.alarms import AlarmChange, AlarmKind

EXPIRES_AT = datetime(2030, 3, 16, 9, 26, 53, tzinfo=UTC)


def pytest_asyncio_loop_factories() -> dict[str, type[PatientLoop]]:
    """Timers of tenths of a second are for carriers that are silent, not for machines that are."""
    return {"patient": PatientLoop}


@dataclass
class HandInbox:
    """An inbox whose storing is the test's."""

    settlements: list[Settlement] = field(default_factory=list)
    reports: list[tuple[Report, Callable[[bool], None]]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)  # ids of acceptances and reports, as they came
    ready_count: int = 0
    is_full: bool = False

    def ready(self, connector_id: int) -> None:
        self.ready_count += 1

    def settled(self, settlement: Settlement) -> None:
        self.settlements.append(settlement)
        self.heard += [f"accepted {getattr(one, 'smsc_id', '')}" for one in settlement.outcomes]

    def reported(self, report: Report, stored: Callable[[bool], None]) -> bool:
        if self.is_full:
            return False
        self.reports.append((report, stored))
        self.heard.append(f"reported {report.smsc_id}")
        return True

    def outcomes_of(self, claim: Claim) -> tuple[Outcome, ...]:
        (outcomes,) = [one.outcomes for one in self.settlements if one.claim is claim]
        return outcomes


@dataclass
class Rig:
    """A running connector and what it said."""

    connector: SmppConnector
    inbox: HandInbox
    changes: list[LinkChange]
    registry: CollectorRegistry
    stop: asyncio.Event
    task: "asyncio.Task[None]"
    alarms: list[AlarmChange] = field(default_factory=list)
    may_write: bool = True

    @property
    def states(self) -> list[LinkState]:
        return [change.state for change in self.changes]

    async def bound(self, count: int = 1) -> None:
        """Wait until the link was bound so many times in all."""
        await until(lambda: self.states.count(LinkState.BOUND) >= count)

    async def settled(self, count: int) -> list[Settlement]:
        await until(lambda: len(self.inbox.settlements) >= count)
        assert len(self.inbox.settlements) == count
        return self.inbox.settlements

    def open_alarms(self) -> dict[AlarmKind, str]:
        """What a person should look at now."""
        newest = {change.kind: change.detail for change in self.alarms}
        return {kind: detail for kind, detail in newest.items() if detail is not None}

    def submit(self, *claims: Claim) -> None:
        for claim in claims:
            self.connector.submit(claim)

    def counted(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, {"connector": "carrier", **labels}) or 0.0


MakeRig = Callable[..., Rig]


@pytest.fixture
async def smsc() -> AsyncIterator[ScriptedSmsc]:
    smsc = ScriptedSmsc()
    await smsc.start()
    yield smsc
    await smsc.stop()


@pytest.fixture
async def make_rig(smsc: ScriptedSmsc) -> AsyncIterator[MakeRig]:
    """Start a connector to the SMSC; keyword arguments are columns or settings of its row."""
    rigs: list[Rig] = []

    def make(**changes: Any) -> Rig:
        row: dict[str, Any] = {
            "id": 7,
            "name": "carrier",
            "host": "127.0.0.1",
            "port": smsc.port,
            "system_id": "esme",
            "window_max": 10,
            "rate_per_second": 0,
            "link_count": 1,
        }
        settings: dict[str, Any] = {
            "response_seconds": 5,
            "reconnect_seconds_min": 0.02,
            "reconnect_seconds_max": 0.1,
            "unbind_seconds": 2,
        }
        for key, value in changes.items():
            (row if key in row else settings)[key] = value
        secrets: dict[str, Any] = {"password": settings.pop("password", "secret")}
        secrets["tls_key"] = settings.pop("tls_key", "")
        secrets["defaults"] = settings.pop("timings", None)
        recordings, keeps_text = settings.pop("recordings", None), settings.pop("keeps_text", False)
        not_bound_seconds = settings.pop("not_bound_seconds", 600.0)
        inbox = HandInbox()
        link_changes: list[LinkChange] = []
        hears = settings.pop("hears", link_changes.append)
        alarms: list[AlarmChange] = []
        alarmed = settings.pop("alarmed", alarms.append)
        registry = CollectorRegistry()
        read = settings_of({**row, "settings": settings}, **secrets)
        pauses = replace(read.pauses, not_bound_seconds=not_bound_seconds)
        connector = SmppConnector(
            replace(read, pauses=pauses),
            inbox,
            SystemClock(),
            ConnectorMetrics(registry),
            may_write=lambda: rig.may_write,
            changed=hears,
            alarmed=alarmed,
            recordings=recordings,
            keeps_text=keeps_text,
        )
        stop = asyncio.Event()
        task = asyncio.create_task(connector.run(stop))
        rig = Rig(connector, inbox, link_changes, registry, stop, task, alarms)
        rigs.append(rig)
        return rig

    yield make
    for rig in rigs:
        rig.task.cancel()
        with suppress(asyncio.CancelledError):
            await rig.task


@pytest.fixture
async def rig(make_rig: MakeRig) -> Rig:
    """A connector with a window of 10 and no rate, bound."""
    rig = make_rig()
    await rig.bound()
    return rig


class ClaimMaker:
    """Makes claims, each of another recipient."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, *texts: str, **changes: Any) -> Claim:
        self._count += 1
        segments = tuple(Segment(number, text) for number, text in enumerate(texts or ("hi",), 1))
        fields: dict[str, Any] = {
            "space_id": 1,
            "recipient_id": self._count.to_bytes(12, "big"),
            "attempt": 1,
            "sender": "ACME",
            "number": f"+39333{self._count:07d}",
            "encoding": Encoding.GSM_7,
            "segments": segments,
            "segment_total": len(segments),
            "reference": 42,
            "flash": False,
            "expires_at": EXPIRES_AT,
            "accepted_before": False,
            "failure_count": 0,
            "resend_count": 0,
            "capture_micro": 0,
        }
        return Claim(**{**fields, **changes})

    def many(self, count: int) -> list[Claim]:
        return [self() for _ in range(count)]


@pytest.fixture
def make_claim() -> ClaimMaker:
    return ClaimMaker()
