"""node-smpp as a carrier that is certified: what is found is what it was told to do."""

from collections.abc import Iterator

import pytest
from peer_carrier import PASSWORD, PeerCarrier, running_node_carrier

from staffetta.connectors.smpp.certification.certify import Plan, certify
from staffetta.connectors.smpp.certification.conclude import conclude
from staffetta.connectors.smpp.certification.findings import AlphabetFinding, Findings
from staffetta.connectors.smpp.options import settings_of
from staffetta.domain.clock import SystemClock
from staffetta.smpp.message_ids import Source, Spelling

NUMBER = "+393331234567"


@pytest.fixture(scope="module")
def carrier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeerCarrier]:
    with running_node_carrier(tmp_path_factory.mktemp("node")) as node:
        yield node


async def certified(carrier: PeerCarrier, reports: str, **settings: object) -> Findings:
    carrier.order(f"reports {reports}")
    row = {
        "id": 1,
        "name": "node",
        "host": "127.0.0.1",
        "port": carrier.port,
        "system_id": "checker",
        "window_max": 10,
        "rate_per_second": 0,
        "link_count": 1,
        "settings": settings,
    }
    connector = settings_of(row, PASSWORD)
    clock = SystemClock()
    plan = Plan.of(connector, "ACME", (NUMBER,), 0, 60.0)
    observed = await certify(plan, clock, lambda _progress: None)
    return conclude(observed, connector, clock.now())


@pytest.mark.parametrize(
    ("reports", "spelling", "place"),
    [
        ("text", Spelling.SAME, Source.TEXT),
        ("tlv", Spelling.SAME, Source.TLV),
        ("data_sm", Spelling.SAME, Source.TLV),
        ("early", Spelling.SAME, Source.TEXT),
        ("ucs2", Spelling.SAME, Source.TEXT),
        ("decimal", Spelling.DECIMAL, Source.TEXT),
    ],
)
async def test_every_report_finds_its_answer(
    carrier: PeerCarrier, reports: str, spelling: Spelling, place: Source
) -> None:
    findings = await certified(carrier, reports)
    assert findings.observed.greeting.obstacle is None
    assert findings.observed.greeting.binds[0].smsc_system_id == "NODE-SMPP"
    assert all(one.answer.is_accepted for one in findings.observed.sent)
    assert findings.ids is not None
    assert findings.ids.matched_count == findings.ids.report_count == 12
    assert findings.ids.way is not None
    assert (findings.ids.way.spelling, findings.ids.way.source) == (spelling, place)
    spelled = {"submit_ids": "hexadecimal", "report_ids": "decimal"}
    expected = spelled if spelling is Spelling.DECIMAL else {}
    assert dict(findings.settings) == expected


async def test_its_quotes_prove_that_it_reads_our_alphabet(carrier: PeerCarrier) -> None:
    findings = await certified(carrier, "ucs2")
    assert findings.alphabet is AlphabetFinding.AS_SENT


async def test_a_pair_of_binds_is_certified_too(carrier: PeerCarrier) -> None:
    findings = await certified(carrier, "text", bind="pair")
    kinds = [one.kind for one in findings.observed.greeting.binds]
    assert kinds == ["transmitter", "receiver"]
    assert findings.ids is not None
    assert findings.ids.matched_count == 12


async def test_a_wrong_password_is_told(carrier: PeerCarrier) -> None:
    row = {
        "id": 1, "name": "node", "host": "127.0.0.1", "port": carrier.port, "system_id": "checker",
        "window_max": 10, "rate_per_second": 0, "link_count": 1, "settings": {},
    }  # fmt: skip
    plan = Plan.of(settings_of(row, "wrong"), "ACME", (), 0, 0.0)
    observed = await certify(plan, SystemClock(), lambda _progress: None)
    assert observed.greeting.obstacle is not None
    assert "ESME_RINVPASWD" in observed.greeting.obstacle.what
