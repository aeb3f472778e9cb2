"""A link of two connections: a transmitter and a receiver, one bind in all that matters."""

import pytest
from scripted_esme import until
from scripted_smsc import Say
from structlog.testing import capture_logs

from staffetta.connectors.smpp.link_states import LinkState
from staffetta.messaging.connector import Accepted, Uncertain
from staffetta.smpp import events, pdus
from staffetta.smpp.bind_states import BindState


@pytest.fixture
async def rig(make_rig):
    rig = make_rig(bind="pair")
    await rig.bound()
    return rig


async def ends(smsc, first=1):
    """The transmitter and the receiver of one bind."""
    both = [await smsc.bound(first), await smsc.bound(first + 1)]
    return sorted(both, key=lambda one: one.session.state, reverse=True)


async def test_both_connections_are_bound(rig, smsc):
    transmitter, receiver = await ends(smsc)
    states = transmitter.session.state, receiver.session.state
    assert states == (BindState.BOUND_TX, BindState.BOUND_RX)
    assert rig.states == [LinkState.CONNECTING, LinkState.BINDING, LinkState.BOUND]


async def test_nothing_goes_before_both_are_bound(make_rig, smsc):
    smsc.bind_statuses = [0, None]
    rig = make_rig(bind="pair")
    await until(lambda: len(smsc.connections) == 2)
    await smsc.bound()
    assert rig.connector.room() == 0
    assert LinkState.BOUND not in rig.states


async def test_segments_go_over_one_and_reports_come_over_the_other(rig, smsc, make_claim):
    transmitter, receiver = await ends(smsc)
    rig.submit(*make_claim.many(3))
    await rig.settled(3)
    assert (len(transmitter.submits), len(receiver.submits)) == (3, 0)
    receiver.report("1")
    await until(lambda: len(rig.inbox.reports) == 1)
    rig.inbox.reports[0][1](True)
    await until(lambda: receiver.report_answers == [0])
    assert transmitter.report_answers == []


@pytest.mark.parametrize("lost", [0, 1])
async def test_one_that_is_lost_ends_both_and_both_are_bound_anew(rig, smsc, make_claim, lost):
    both = await ends(smsc)
    both[lost].reset()
    await rig.bound(2)
    assert all(connection.is_lost for connection in both)
    transmitter, _ = await ends(smsc, 3)
    rig.submit(make_claim())
    (settlement,) = await rig.settled(1)
    assert isinstance(settlement.outcomes[0], Accepted)
    assert len(transmitter.submits) == 1


async def test_the_answers_that_the_transmitter_owes_are_awaited_when_the_receiver_goes(
    rig, smsc, make_claim
):
    transmitter, receiver = await ends(smsc)
    smsc.answering = lambda _pdu: None
    rig.submit(make_claim())
    (pdu,) = await transmitter.submitted(1)
    receiver.unbind()
    await until(lambda: LinkState.DRAINING in rig.states)
    transmitter.answer(pdu, Say("late"))
    (settlement,) = await rig.settled(1)
    assert isinstance(settlement.outcomes[0], Accepted)
    await until(lambda: transmitter.of(events.Unbound) == [events.Unbound(by_peer=True)])


async def test_what_the_transmitter_loses_is_uncertain(rig, smsc, make_claim):
    transmitter, _ = await ends(smsc)
    smsc.answering = lambda _pdu: None
    rig.submit(make_claim())
    await transmitter.submitted(1)
    transmitter.reset()
    (settlement,) = await rig.settled(1)
    assert isinstance(settlement.outcomes[0], Uncertain)


async def test_both_are_drained_together(rig, smsc):
    both = await ends(smsc)
    both[1].report("1")
    await until(lambda: len(rig.inbox.reports) == 1)
    rig.stop.set()
    await until(lambda: LinkState.DRAINING in rig.states)
    rig.inbox.reports[0][1](True)
    await rig.task
    assert both[1].report_answers == [0]
    for connection in both:
        await until(lambda one=connection: one.of(events.Unbound) == [events.Unbound(by_peer=True)])


@pytest.mark.parametrize("statuses", [[0x0E], [0, 0x0E]])
async def test_one_that_is_refused_ends_both(make_rig, smsc, statuses):
    smsc.bind_statuses = statuses
    rig = make_rig(bind="pair")
    await until(lambda: LinkState.REFUSED in rig.states)
    await until(lambda: all(connection.is_lost for connection in smsc.connections))
    assert LinkState.DRAINING not in rig.states
    binds = [event for one in smsc.connections for event in one.of(events.BindRequested)]
    assert {type(event.pdu) for event in binds} <= {pdus.BindTransmitter, pdus.BindReceiver}


async def test_one_that_ends_before_the_other_is_made_ends_both_and_both_are_made_anew(
    make_rig, smsc
):
    smsc.hangs_up_on = frozenset({1, 2, 4, 6})
    rig = make_rig(bind="pair")
    await rig.bound()
    waits = [change.detail for change in rig.changes if change.state is LinkState.WAITING]
    assert waits
    assert not rig.task.done()


async def test_a_fault_of_ours_ends_one_bind_and_not_the_others(make_rig, smsc, make_claim):
    told = []

    def fail_once(change):
        told.append(change.state)
        if told.count(LinkState.BOUND) == 1 and change.state is LinkState.BOUND:
            raise ValueError("nobody thought of this")

    smsc.answering = lambda _pdu: None
    with capture_logs() as logs:
        rig = make_rig(hears=fail_once, link_count=2)
        await until(lambda: told.count(LinkState.BOUND) == 3)
    assert [one["log_level"] for one in logs if one["event"] == "link_failed"] == ["error"]
    assert not rig.task.done()
    assert rig.connector.room() == 20
