"""Our two ends together: a connector and the simulated network, over real SMPP."""

from collections.abc import AsyncIterator

import pytest
from scripted_esme import until

from staffetta.connectors.simulated.server import SimulatedNetwork
from staffetta.connectors.simulated.settings import NetworkSettings
from staffetta.messaging.connector import Accepted, Busy, Refused, ReportMeaning, Uncertain


@pytest.fixture
async def network() -> AsyncIterator[SimulatedNetwork]:
    network = SimulatedNetwork(NetworkSettings(delivery_seconds=0.02, throttle_seconds=0.2))
    await network.start()
    yield network
    await network.stop()


@pytest.fixture
async def rig(make_rig, network):
    rig = make_rig(port=network.port, window_max=100)
    await rig.bound()
    return rig


OUTCOMES = {
    "0000": (Accepted, [ReportMeaning.DELIVERED]),
    "9901": (Accepted, [ReportMeaning.UNDELIVERABLE]),
    "9902": (Refused, []),
    "9903": (Accepted, [ReportMeaning.EXPIRED]),
    "9904": (Accepted, []),
    "9905": (Busy, []),
    "9907": (Accepted, [ReportMeaning.DELIVERED]),
    "9908": (Accepted, [ReportMeaning.DELIVERED] * 2),
    "9909": (Uncertain, []),
}


@pytest.mark.parametrize("digits", OUTCOMES)
async def test_each_number_has_its_outcome_and_reports(make_rig, network, make_claim, digits):
    outcome, meanings = OUTCOMES[digits]
    rig = make_rig(port=network.port, response_seconds=0.5, window_max=100)
    await rig.bound()
    rig.submit(make_claim(number=f"+39333456{digits}"))
    (settlement,) = await rig.settled(1)
    (said,) = settlement.outcomes
    assert isinstance(said, outcome)
    await until(lambda: len(rig.inbox.reports) >= len(meanings))
    assert [report.meaning for report, _stored in rig.inbox.reports] == meanings
    if meanings:
        assert {report.smsc_key for report, _stored in rig.inbox.reports} == {said.smsc_key}
    if digits == "9907":
        assert rig.inbox.heard == [f"reported {said.smsc_id}", f"accepted {said.smsc_id}"]


async def test_a_throttled_number_is_taken_when_it_goes_again(rig, make_claim):
    outcomes: list[object] = []
    while not any(isinstance(one, Accepted) for one in outcomes):
        rig.submit(make_claim(number="+393334569905"))
        settlements = await rig.settled(len(outcomes) + 1)
        outcomes = [one.outcomes[0] for one in settlements]
        assert len(outcomes) < 10
    assert isinstance(outcomes[0], Busy)


async def test_a_long_message_is_reported_segment_by_segment(rig, make_claim):
    claim = make_claim("a" * 153, "b" * 153, "c")
    rig.submit(claim)
    await rig.settled(1)
    await until(lambda: len(rig.inbox.reports) == 3)
    reported = {report.smsc_key for report, _stored in rig.inbox.reports}
    assert reported == {one.smsc_key for one in rig.inbox.outcomes_of(claim)}


async def test_a_thousand_go_through_and_draining_leaves_nothing(rig, make_claim, network):
    for _ in range(20):
        await until(lambda: rig.connector.room() >= 50)
        rig.submit(*make_claim.many(50))
    await rig.settled(1000)
    assert all(isinstance(one.outcomes[0], Accepted) for one in rig.inbox.settlements)
    answered = 0
    while answered < 1000:  # the network sends no more than 500 without an answer
        await until(lambda: len(rig.inbox.reports) > answered)  # noqa: B023 - awaited at once
        for _report, stored in rig.inbox.reports[answered:]:
            stored(True)
            answered += 1
    rig.stop.set()
    await rig.task
    assert network.pending_count == 0
